// Kernels of another architecture, linked into a program of their own and run under qemu.
//
//   run_emulated(cortex_a53, objects, 2, {{1, {&x, &y}}})   ->   y as call1 of the objects left it
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/result.h"
#include "target/target.h"

namespace tenon::codegen {

/// A call of one of the functions, with memory for each of its buffers, which it may change.
struct EmulatedCall {
  size_t function = 0;
  std::vector<std::vector<uint8_t>*> buffers;
};

/// Links objects of compile_callable (codegen/llvm/host_code.h) with emulated_main.c, runs the calls
/// in order, and puts what they left into the buffers. Needs clang, lld and Debian's C libraries for
/// the architecture (tools/common.sh). Fails with what one of the programs said.
Status run_emulated(const target::Target& target, const std::vector<std::string>& objects,
                    size_t functions, const std::vector<EmulatedCall>& calls);

}  // namespace tenon::codegen
