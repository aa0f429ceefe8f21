// What a model declares, without reading its nodes.
//
//   input_ids : i64[batch, seq]   ->   {"input_ids", I64, {"batch", "seq"}}
#include "frontend/declared.h"

namespace tenon::frontend {
namespace {

DeclaredTensor tensor_of(const DeclaredValue& value, const Place& place) {
  const onnx::TypeProto& type = value.proto->type();
  std::optional<DType> element =
      type.has_tensor_type() ? dtype_from_onnx(type.tensor_type().elem_type()) : std::nullopt;
  if (!element)
    user_error(place,
               tenon::quoted(value.proto->name()) + " is no tensor of a type that is supported",
               "inputs and outputs must be dense tensors");
  DeclaredTensor tensor{value.proto->name(), *element, {}};
  for (const DeclaredDim& dim : value.dims)
    tensor.shape.push_back(dim.symbol.empty() ? std::to_string(dim.extent) : dim.symbol);
  return tensor;
}

}  // namespace

DeclaredInterface declared_interface(const std::string& path) {
  OnnxFile file(path);
  Place place{file.base_name, "", 0, 0};
  Declarations declarations = declarations_of(file.model.graph());
  DeclaredInterface result;
  for (const DeclaredValue& input : declarations.inputs)
    result.inputs.push_back(tensor_of(input, place));
  for (const DeclaredValue& output : declarations.outputs)
    result.outputs.push_back(tensor_of(output, place));
  return result;
}

}  // namespace tenon::frontend
