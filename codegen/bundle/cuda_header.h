// cuda_header.h: the header of a bundle for CUDA.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/bundle/interface.h"
#include "codegen/bundle/status_texts.h"

namespace tenon::codegen {

/// <name>.h: C99 to C17 and C++11 to C++20 without a warning.
std::string write_cuda_header(const BundleInterface& interface, const CudaTables& tables);

/// N_ABI of that header.
uint32_t cuda_interface_abi(const BundleInterface& interface, const CudaTables& tables);

/// The texts of N_status_text but for those of TN_CUDA, sorted by status.
std::vector<StatusText> cuda_status_texts(const BundleInterface& interface);

}  // namespace tenon::codegen
