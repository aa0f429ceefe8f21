// What tests of the importer share: models in ONNX's own text form, imported, shown and run.
//
//   EXPECT_EQ(nodes_of(node_model(13, "float[2, 3] x", "y = Softmax <axis = 1> (x)")),
//             "%y = softmax %x {axis=1} : f32[2, 3]\n");
//
// In ONNX's text `float y` is a scalar, `float[] y` a tensor of unknown rank, and an output may
// stand without a type.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>
#include <vector>

#include "frontend/import.h"

namespace tenon::frontend {

using Values = std::vector<double>;

/// A model of one graph: its inputs, the nodes, which give `outputs`, and initializers.
std::string node_model(int opset, const std::string& inputs, const std::string& nodes,
                       const std::string& initializers = "", const std::string& outputs = "y");

onnx::ModelProto parse_onnx(const std::string& text);

class ImportTest : public testing::Test {
 protected:
  ImportTest();
  ~ImportTest() override;

  /// The path of a file of this name in the test's folder, which goes when the test ends.
  std::string path_of(const std::string& file_name) const { return folder_ / file_name; }
  std::string write(const std::string& file_name, const std::string& bytes) const;
  std::string write(const onnx::ModelProto& model) const;

  Imported import(const onnx::ModelProto& model) const;
  Imported import(const std::string& model_text) const { return import(parse_onnx(model_text)); }

  /// Constants and nodes as text, without locations and without what nobody uses. Fails the test
  /// where the graph's verifier or its text form does not agree.
  std::string nodes_of(const std::string& model_text) const;

  /// Elements of the outputs, one after another, by the interpreter.
  Values run(const Imported& imported, const std::vector<Values>& inputs,
             const std::map<std::string, int64_t>& symbols = {}) const;
  Values run(const std::string& model_text, const std::vector<Values>& inputs) const {
    return run(import(model_text), inputs);
  }

  /// Everything that the user reads of a model that is refused; "" where it is not.
  std::string faults_of(const onnx::ModelProto& model) const;
  std::string faults_of(const std::string& model_text) const {
    return faults_of(parse_onnx(model_text));
  }

  ImportOptions options_;

 private:
  std::filesystem::path folder_;
};

}  // namespace tenon::frontend
