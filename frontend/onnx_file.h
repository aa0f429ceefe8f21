// A parsed ONNX file: the message, the bytes of its tensors, its hash. Internal to frontend/.
#pragma once

#include <onnx/onnx_pb.h>

#include "frontend/import.h"
#include "frontend/tensor_bytes.h"

namespace tenon::frontend {

class OnnxFile final : public ModelFile {
 public:
  /// Reads and parses; faults throw UserErrors.
  explicit OnnxFile(const std::string& path);

  onnx::ModelProto model;

  std::span<const uint8_t> initializer(const std::string& name) const override;
  std::vector<std::string> external_files() const override { return bytes_.external_files(); }

  /// The bytes of a tensor of the model; fails with a reason.
  Result<std::span<const uint8_t>> bytes_of_tensor(const onnx::TensorProto& tensor) const {
    return bytes_.of(tensor);
  }

  /// The name under which initializer() finds a tensor of the model: of an initializer its own, of
  /// an attribute the first output of its node. Null for a tensor that is not the model's.
  const std::string* name_of(const onnx::TensorProto& tensor) const;

  /// The vector that an attribute of the model stands for, a list of more than 64 ints or floats;
  /// null for others.
  const onnx::TensorProto* tensor_of_list(const onnx::AttributeProto& attribute) const;

 private:
  void add_tensor(const std::string& base, const onnx::TensorProto& tensor);
  void add_tensors(const onnx::GraphProto& graph, const std::string& prefix);
  void add_attributes(const onnx::NodeProto& node, const std::string& prefix);
  void add_attribute(const std::string& name, const onnx::AttributeProto& attribute);

  mutable TensorBytes bytes_;
  std::map<std::string, const onnx::TensorProto*> tensors_;
  std::map<std::string, int> namesakes_;
  std::map<const onnx::TensorProto*, std::string> names_;           // looked up, never iterated
  std::map<const onnx::AttributeProto*, onnx::TensorProto> lists_;  // likewise
};

/// A list of ints or floats as a vector.
onnx::TensorProto vector_of(const onnx::AttributeProto& list);

}  // namespace tenon::frontend
