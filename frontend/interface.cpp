// What a model declares, without reading its nodes. What is no tensor, or of a type that is not
// read, is a fault that import_model tells together with all others.
//
//   input_ids : i64[batch, seq]   ->   {"input_ids", I64, {"batch", "seq"}}
#include "frontend/declared.h"

namespace tenon::frontend {
namespace {

std::vector<DeclaredTensor> tensors_of(const std::vector<DeclaredValue>& values,
                                       bool& is_supported) {
  std::vector<DeclaredTensor> tensors;
  for (const DeclaredValue& value : values) {
    std::optional<DType> type = dtype_from_onnx(value.proto->type().tensor_type().elem_type());
    is_supported = is_supported && type;
    tensors.push_back({value.proto->name(), type.value_or(DType::F32), {}});
    for (const DeclaredDim& dim : value.dims)
      tensors.back().shape.push_back(dim.symbol.empty() ? std::to_string(dim.extent) : dim.symbol);
  }
  return tensors;
}

}  // namespace

DeclaredInterface declared_interface(const std::string& path) {
  OnnxFile file(path);
  Declarations declarations = declarations_of(file.model.graph());
  DeclaredInterface declared;
  declared.inputs = tensors_of(declarations.inputs, declared.is_supported);
  declared.outputs = tensors_of(declarations.outputs, declared.is_supported);
  return declared;
}

}  // namespace tenon::frontend
