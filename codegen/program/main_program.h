// A module's main as code generators emit it.
//
//   main { buffer a ... arena 64   call @conv(x, w, a)   call @conv(a, w, y) }
//     ->   kernels conv; calls (conv), (conv); slots a at 64; members x 0, y 1
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/loop/places.h"
#include "support/result.h"

namespace tenon::codegen {

/// A function that main calls.
struct ProgramKernel {
  const loop::Function* function = nullptr;
  std::string word;  // an identifier that no other kernel has, nor, behind a prefix, the runtime
};

struct ProgramCall {
  const loop::Call* call = nullptr;
  size_t kernel = 0;  // its number
};

struct MainProgram {
  std::vector<ProgramKernel> kernels;        // in the module's order
  std::vector<ProgramCall> calls;            // in main's
  std::map<std::string, loop::Place> views;  // buffers that lie in others
  std::map<std::string, Expr> slots;         // offsets in the arena
  std::map<std::string, size_t> members;     // inputs, then outputs: the number of each
};
/// Fails where main holds more than declarations and calls.
Result<MainProgram> read_main(const loop::Module& module);

}  // namespace tenon::codegen
