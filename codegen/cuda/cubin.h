// What a cubin says of its kernels: it is an ELF file, read without NVIDIA's tools.
//
//   read_cubin(bytes)   ->   {{.name = "mlp_fc1", .registers = 64, .stack_bytes = 0, .shared_bytes = 8448}}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace tenon::codegen {

struct CubinKernel {
  std::string name;
  int64_t registers = 0;     // of a thread
  int64_t stack_bytes = 0;   // of a thread: spilled registers, and arrays that are none
  int64_t shared_bytes = 0;  // of a block, declared in the kernel
};

/// The kernels in the order of their sections. Fails where the bytes are no cubin.
Result<std::vector<CubinKernel>> read_cubin(std::string_view bytes);

}  // namespace tenon::codegen
