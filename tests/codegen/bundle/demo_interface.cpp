// demo_interface.cpp: x[batch, 8], indices[rows]  ->  y[batch, 8], z[rows], rows == batch.
#include "tests/codegen/bundle/demo_interface.h"

#include <cstring>

namespace tenon::codegen {
namespace {

template <class T>
std::vector<uint8_t> bytes_of_values(const std::vector<T>& values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// batch = rows = 2, worked out by hand as demo_kernels.c describes the model.
SelfTest demo_selftest() {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1};
  const std::vector<float> y = {68, 56,   45, 35,   26, 18,   11, 5,
                                40, 38.5, 36, 32.5, 28, 22.5, 16, 8.5};
  return {{2, 2},
          2 * 32 + 32,
          32,
          {{bytes_of_values(x), 0, 0, 0},
           {bytes_of_values<int64_t>({3, 7}), 0, 0, 0},
           {bytes_of_values(y), 0, 1e-6, 3},
           {bytes_of_values<float>({2, 4}), 0, 0, 1}}};
}

}  // namespace

BundleInterface demo_interface() {
  const InterfaceExtent batch{"batch", "batch", 0, 16}, rows{"rows", "rows", 0, 16},
      eight{"8", "8", 8, 8};
  BundleInterface demo;
  demo.name = "demo";
  demo.model_file = "demo.onnx";
  demo.model_sha256 = std::string(64, '0');
  demo.version = "0.1.0";
  demo.triple = "x86_64-linux-gnu";
  demo.target = "x86-64-v2";
  demo.dims = {{"batch", "batch", 0, 16}, {"rows", "rows", 0, 16}};
  demo.tensors = {{"x", "x", TensorRole::kInput, DType::F32, {batch, eight}},
                  {"indices", "indices", TensorRole::kInput, DType::I64, {rows}},
                  {"y", "y", TensorRole::kOutput, DType::F32, {batch, eight}},
                  {"z", "z", TensorRole::kOutput, DType::F32, {rows}}};
  demo.requirements = {"rows and batch differ"};
  demo.nodes = {{1, "/even/Gather"}, {2, "/odd/Gather"}, {3, "/Add"}};
  demo.group_count = 3;
  demo.size_count = 4;
  demo.buffer_bytes_most = 16 * 32 + 32;
  demo.scratch_bytes_most = 32;
  demo.stack_bytes = 1024;
  demo.weights_bytes = 32;
  demo.weights_layout = {0x6c61796f7574, 0x64656d6f};
  demo.selftest = demo_selftest();
  return demo;
}

std::vector<uint8_t> demo_weights() {
  return bytes_of_values<float>({0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4});
}

}  // namespace tenon::codegen
