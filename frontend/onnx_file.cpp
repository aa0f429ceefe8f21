// Reading an ONNX file and the bytes of its tensors.
#include "frontend/onnx_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ir/high/graph.h"
#include "support/sha256.h"

namespace tenon::frontend {
namespace {

constexpr int kMostNesting = 100;  // of messages: about 33 nested subgraphs

std::vector<uint8_t> read_model(const std::string& path, const Place& place) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    user_error(place, "there is no such file", "check the name of the model");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) user_error(place, "the file cannot be read", "check the permissions");
  std::streamoff size = file.tellg();
  if (size == 0) user_error(place, "the file is empty", "export the model again");
  if (size > INT32_MAX)
    user_error(place, "the file is larger than 2 GiB, the most that a protobuf message may be",
               "save the model with external data");
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size))
    user_error(place, "the file cannot be read to its end");
  return bytes;
}

}  // namespace

OnnxFile::OnnxFile(const std::string& file_path)
    : bytes_(std::filesystem::absolute(file_path).parent_path().string()) {
  path = file_path;
  base_name = std::filesystem::path(file_path).filename().string();
  Place place{base_name, "", 0, 0};
  std::vector<uint8_t> bytes = read_model(file_path, place);
  sha256 = sha256_hex(bytes);
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(INT32_MAX);
  coded.SetRecursionLimit(kMostNesting);
  bool parsed = model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
  if (!parsed || !model.has_graph())
    user_error(place,
               parsed ? "this file holds no model: it has no graph"
                      : "this is not an ONNX model, or it is cut off",
               "export the model again; an ONNX file is one protobuf message of onnx.ModelProto");
  for (const onnx::OperatorSetIdProto& import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      opset = static_cast<int>(std::min<int64_t>(import.version(), INT32_MAX));
  add_tensors(model.graph(), "");
  for (const onnx::FunctionProto& function : model.functions()) {
    std::string prefix = function.domain() + "." + function.name() + ":";
    for (const onnx::AttributeProto& attribute : function.attribute_proto())
      add_attribute(prefix + attribute.name(), attribute);
    for (const onnx::NodeProto& node : function.node()) add_attributes(node, prefix);
  }
}

// The first tensor of a name keeps it; others get a number.
void OnnxFile::add_tensor(const std::string& base, const onnx::TensorProto& tensor) {
  std::string name = base;
  while (!tensors_.emplace(name, &tensor).second)
    name = base + ":" + std::to_string(++namesakes_[base] + 1);
  names_[&tensor] = name;
  if (Result<int64_t> count = element_count_of(tensor.dims()))
    if (std::optional<DType> type = dtype_from_onnx(tensor.data_type()))
      initializer_bytes += bytes_of(*type, *count);
}

void OnnxFile::add_tensors(const onnx::GraphProto& graph, const std::string& prefix) {
  for (const onnx::TensorProto& tensor : graph.initializer())
    add_tensor(prefix + tensor.name(), tensor);
  for (const onnx::NodeProto& node : graph.node()) add_attributes(node, prefix);
}

void OnnxFile::add_attributes(const onnx::NodeProto& node, const std::string& prefix) {
  std::string name = prefix + (node.output_size() > 0 ? node.output(0) : node.name());
  for (const onnx::AttributeProto& attribute : node.attribute()) add_attribute(name, attribute);
}

void OnnxFile::add_attribute(const std::string& name, const onnx::AttributeProto& attribute) {
  if (attribute.has_t()) add_tensor(name, attribute.t());
  if (attribute.has_g()) add_tensors(attribute.g(), name + ":");
  if (std::max(attribute.ints_size(), attribute.floats_size()) > high::kInlineElements)
    add_tensor(name, lists_[&attribute] = vector_of(attribute));
}

const std::string* OnnxFile::name_of(const onnx::TensorProto& tensor) const {
  auto found = names_.find(&tensor);
  return found != names_.end() ? &found->second : nullptr;
}

onnx::TensorProto vector_of(const onnx::AttributeProto& list) {
  onnx::TensorProto tensor;
  bool floats = list.type() == onnx::AttributeProto::FLOATS;
  tensor.set_data_type(floats ? onnx::TensorProto::FLOAT : onnx::TensorProto::INT64);
  tensor.add_dims(floats ? list.floats_size() : list.ints_size());
  if (floats)
    *tensor.mutable_float_data() = list.floats();
  else
    *tensor.mutable_int64_data() = list.ints();
  return tensor;
}

const onnx::TensorProto* OnnxFile::tensor_of_list(const onnx::AttributeProto& attribute) const {
  auto found = lists_.find(&attribute);
  return found != lists_.end() ? &found->second : nullptr;
}

std::span<const uint8_t> OnnxFile::initializer(const std::string& name) const {
  auto found = tensors_.find(name);
  TENON_CHECK(found != tensors_.end(), "no initializer " + name);
  Result<std::span<const uint8_t>> bytes = bytes_of_tensor(*found->second);
  TENON_CHECK(bytes, name + ": " + bytes.reason());
  return *bytes;
}

}  // namespace tenon::frontend
