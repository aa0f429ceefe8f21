// cuda_tables.cpp: what the interface adds to the tables of a bundle for CUDA.
//
//   {dims = {{"batch", 1, 16}}, tensors = {x, y}}   ->   tnc_model, tnr_dim, tnr_tensor, texts
#include "codegen/bundle/cuda_tables.h"

#include <algorithm>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/header.h"
#include "codegen/bundle/status_texts.h"

namespace tenon::codegen {

CudaIoLayout cuda_io_layout(const BundleInterface& interface) {
  const IoLayout layout = io_layout(interface, interface.pointer_bytes);
  return {layout.dims, layout.tensors, layout.bytes, layout.bytes + interface.pointer_bytes};
}

uint64_t cuda_arena_bytes_most(const CudaTables& tables) {
  return TNC_CONTROL_BYTES +
         (tables.buffer_bytes_most + TNC_DEVICE_ALIGN - 1) / TNC_DEVICE_ALIGN * TNC_DEVICE_ALIGN;
}

uint64_t cuda_selftest_bytes(const SelfTest& selftest, const CudaTables& tables) {
  uint64_t bytes = cuda_arena_bytes_most(tables);
  for (const GoldenTensor& tensor : selftest.tensors)
    bytes += (tensor.bytes.size() + TNC_DEVICE_ALIGN - 1) / TNC_DEVICE_ALIGN * TNC_DEVICE_ALIGN;
  return bytes;
}

CudaModelRows cuda_model_rows(const BundleInterface& interface, const CudaTables& tables) {
  const CudaIoLayout layout = cuda_io_layout(interface);
  CudaModelRows rows{};
  rows.strings = std::string(kUnknownStatusText) + '\0';
  for (const StatusText& text : cuda_status_texts(interface)) {
    rows.status_texts.push_back({text.status, static_cast<uint32_t>(rows.strings.size())});
    rows.strings += text.text + '\0';
  }
  rows.model.holds = static_cast<uint32_t>(rows.strings.size());
  rows.strings += tables.holds + '\0';
  const auto names_begin = static_cast<uint32_t>(rows.strings.size());
  rows.strings += tables.names;
  rows.kernels = tables.kernels;
  for (tnc_kernel& kernel : rows.kernels) kernel.name += names_begin;

  for (size_t i = 0; i < interface.dims.size(); ++i)
    rows.dims.push_back({layout.dims[i], 0, interface.dims[i].least, interface.dims[i].most});
  for (size_t i = 0; i < interface.tensors.size(); ++i)
    rows.tensors.push_back({layout.tensors[i], static_cast<int32_t>(interface.tensors[i].role),
                            onnx_number(interface.tensors[i].dtype), TNC_TENSOR_ALIGN});

  rows.model.abi = cuda_interface_abi(interface, tables);
  rows.model.io_bytes = layout.bytes;
  rows.model.result_offset = layout.result;
  rows.model.dim_count = static_cast<uint32_t>(interface.dims.size());
  rows.model.tensor_count = static_cast<uint32_t>(interface.tensors.size());
  rows.model.requirement_count = static_cast<uint32_t>(interface.requirements.size());
  rows.model.variant_count = static_cast<uint32_t>(tables.variants.size());
  rows.model.status_text_count = static_cast<uint32_t>(rows.status_texts.size());
  rows.model.weights_embedded = interface.weights_embedded;
  rows.model.weights_bytes = interface.weights_bytes;
  rows.model.weights_layout[0] = interface.weights_layout[0];
  rows.model.weights_layout[1] = interface.weights_layout[1];

  if (!interface.selftest) return rows;
  rows.golden_dims = interface.selftest->dims;
  for (const GoldenTensor& tensor : interface.selftest->tensors) {
    rows.golden.push_back(
        {rows.golden_bytes.size(), tensor.node, 0, tensor.absolute, tensor.relative});
    rows.golden_bytes.insert(rows.golden_bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
    rows.golden_bytes.resize(TNR_ROUND_UP(rows.golden_bytes.size()));
  }
  return rows;
}

}  // namespace tenon::codegen
