// cuda_tables.h: the data of a bundle for CUDA, in the rows of runtime/cuda/cuda_tables.h.
// codegen/cuda makes it of launch plans and images; a library and a source tree hold it as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/bundle/interface.h"
#include "runtime/cuda/cuda_tables.h"

namespace tenon::codegen {

struct CudaTables {
  std::vector<int64_t> code;           // programs
  std::vector<uint32_t> tensor_bytes;  // program of each tensor of the interface
  std::vector<uint32_t> requirements;  // program of each requirement of the interface
  std::vector<tnc_variant> variants;
  std::vector<tnc_image> image_places;
  std::vector<tnc_kernel> kernels;  // names are offsets in `names`
  std::vector<tnc_launch> launches;
  std::vector<tnc_argument> arguments;
  std::string names;  // each with its final 0
  std::string holds;  // "sm_80, sm_90 and PTX of compute_80"
  std::vector<uint8_t> images;
  std::vector<std::string> image_names;  // of the file for each image: "sm_80/mlp_fc1.cubin"
  uint64_t buffer_bytes_most = 0;        // of any variant's arena, without the control bytes
};

/// Where the members of N_io for CUDA lie: those of io_layout, then the pointer to N_result.
struct CudaIoLayout {
  std::vector<uint32_t> dims, tensors;
  uint32_t result = 0, bytes = 0;
};
CudaIoLayout cuda_io_layout(const BundleInterface& interface);

/// N_ARENA_BYTES.
uint64_t cuda_arena_bytes_most(const CudaTables& tables);

/// N_SELFTEST_BYTES: the tensors of the self-test, and an arena.
uint64_t cuda_selftest_bytes(const SelfTest& selftest, const CudaTables& tables);

/// What the interface adds to the tables: one row of each kind, and all texts.
struct CudaModelRows {
  tnc_model model;
  std::vector<tnr_dim> dims;
  std::vector<tnr_tensor> tensors;
  std::vector<tnr_status_text> status_texts;
  std::vector<tnc_kernel> kernels;  // with names in `strings`
  std::string strings;
  std::vector<tnr_golden> golden;  // of the self-test, if there is one
  std::vector<int64_t> golden_dims;
  std::vector<uint8_t> golden_bytes;
};
CudaModelRows cuda_model_rows(const BundleInterface& interface, const CudaTables& tables);

}  // namespace tenon::codegen
