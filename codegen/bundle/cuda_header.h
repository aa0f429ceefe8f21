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

/// <name>.hpp for C++17: device spans, a model and a graph that close themselves, typed status; no
/// allocation and no exception.
std::string write_cuda_cpp_header(const BundleInterface& interface);

/// The member of N_io that points to N_result: "result", where no tensor or dimension has that name.
std::string cuda_result_member(const BundleInterface& interface);

/// N_ABI of that header.
uint32_t cuda_interface_abi(const BundleInterface& interface, const CudaTables& tables);

/// The texts of N_status_text but for those of TN_CUDA, sorted by status.
std::vector<StatusText> cuda_status_texts(const BundleInterface& interface);

}  // namespace tenon::codegen
