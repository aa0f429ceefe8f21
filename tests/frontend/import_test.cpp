// Importing, showing and running models of tests.
#include "tests/frontend/import_test.h"

#include <onnx/defs/parser.h>
#include <stdlib.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "ir/expr/element.h"
#include "ir/high/lower_to_module.h"
#include "ir/high/passes.h"
#include "ir/high/text.h"
#include "ir/high/verify.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/verify.h"
#include "ir/tensor/verify.h"

namespace tenon::frontend {

std::string node_model(int opset, const std::string& inputs, const std::string& nodes,
                       const std::string& initializers, const std::string& outputs) {
  return "<ir_version: 8, opset_import: [\"\" : " + std::to_string(opset) + "]>\ng (" + inputs +
         ") => (" + outputs + ") <" + initializers + "> {\n" + nodes + "\n}\n";
}

onnx::ModelProto parse_onnx(const std::string& text) {
  onnx::ModelProto model;
  onnx::Common::Status status = onnx::OnnxParser::Parse(model, text);
  EXPECT_TRUE(status.IsOK()) << status.ErrorMessage() << "\n" << text;
  return model;
}

ImportTest::ImportTest() {
  std::string pattern = std::filesystem::temp_directory_path() / "tenon_import_XXXXXX";
  folder_ = mkdtemp(pattern.data());
}

ImportTest::~ImportTest() { std::filesystem::remove_all(folder_); }

std::string ImportTest::write(const std::string& file_name, const std::string& bytes) const {
  std::filesystem::create_directories(std::filesystem::path(path_of(file_name)).parent_path());
  std::ofstream(path_of(file_name), std::ios::binary) << bytes;
  return path_of(file_name);
}

std::string ImportTest::write(const onnx::ModelProto& model) const {
  return write("model.onnx", model.SerializeAsString());
}

Imported ImportTest::import(const onnx::ModelProto& model) const {
  Diagnostics diagnostics;
  return import_model(write(model), options_, diagnostics);
}

std::string ImportTest::faults_of(const onnx::ModelProto& model) const {
  try {
    import(model);
  } catch (const UserErrors& errors) {
    std::string text;
    for (const Diagnostic& fault : errors.diagnostics()) text += to_string(fault) + "\n";
    return text;
  }
  return "";
}

std::string ImportTest::nodes_of(const std::string& model_text) const {
  high::Graph graph = high::eliminate_dead_nodes(import(model_text).graph, {});
  high::verify(graph);
  std::string text = high::to_string(graph);
  EXPECT_EQ(high::to_string(high::parse_graph(text, "graph")), text);
  std::istringstream lines(std::regex_replace(text, std::regex(" loc\\([^\n]*\\)"), ""));
  std::string nodes;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  const ") || line.starts_with("  %")) nodes += line.substr(2) + "\n";
  return nodes;
}

Values ImportTest::run(const Imported& imported, const std::vector<Values>& inputs,
                       const std::map<std::string, int64_t>& symbols) const {
  high::verify(imported.graph);
  tensor::Program program = high::lower_to_tensor(imported.graph);
  EXPECT_THAT(tensor::verify(program), testing::IsEmpty());
  loop::Module module = high::lower_to_module(imported.graph, program);
  EXPECT_THAT(loop::verify(module), testing::IsEmpty());
  std::vector<std::vector<uint8_t>> bytes;
  for (size_t i = 0; i < module.inputs.size(); ++i) {
    DType type = module.inputs[i].type;
    const Values& values = inputs.at(i);
    bytes.emplace_back(static_cast<size_t>(bytes_of(type, static_cast<int64_t>(values.size()))));
    for (size_t j = 0; j < values.size(); ++j)
      store_element(
          type, bytes.back().data(), static_cast<int64_t>(j),
          is_float(type) ? Scalar{.f = values[j]} : Scalar{.i = static_cast<int64_t>(values[j])});
  }
  auto initializers = [&](const loop::Constant& constant) {
    std::span<const uint8_t> data = imported.file->initializer(constant.initializer);
    return std::vector<uint8_t>(data.begin(), data.end());
  };
  loop::SymbolValues sizes;
  for (const auto& [name, value] : symbols) sizes[name] = value;
  loop::ModuleOutcome outcome = loop::run_module(module, initializers, bytes, sizes);
  if (outcome.outcome.fault) ADD_FAILURE() << outcome.outcome.fault->message;
  EXPECT_FALSE(outcome.outcome.failed_require);
  Values result;
  for (size_t i = 0; i < outcome.outputs.size(); ++i) {
    DType type = module.outputs[i].type;
    int64_t count = static_cast<int64_t>(outcome.outputs[i].size()) / bytes_of(type, 1);
    for (int64_t j = 0; j < count; ++j) {
      Scalar value = load_element(type, outcome.outputs[i].data(), j);
      result.push_back(is_float(type) ? value.f : static_cast<double>(value.i));
    }
  }
  return result;
}

}  // namespace tenon::frontend
