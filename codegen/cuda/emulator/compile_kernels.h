// Kernel text to a library that the emulator runs, by the host's C++ compiler.
//
//   compile_emulated_kernels({{"scale", 256, "TN_KERNEL(256) scale(...) {...}"}}, options)
//   ->   DIR/libkernels.so, opened
#pragma once

#include <string>
#include <vector>

#include "codegen/cuda/emulator/emulator.h"
#include "support/result.h"

namespace tenon::codegen {

struct KernelText {
  std::string name;  // of the kernel that the text defines
  int64_t threads = 1;
  std::string text;  // a .cu file; the prelude is included before it
};

struct EmulationOptions {
  // For the files, which may be deleted once the library is open; empty: a temporary folder, which
  // is.
  std::string directory;
  bool check = false;     // for EmulatorOptions::check: needs clang; slower
  std::string compiler;   // empty: $CXX, or the first of clang++, clang++-19 ... and g++ in $PATH
};

/// Fails where there is no compiler, with what to install, or where the text does not compile, with
/// the compiler's words.
Result<EmulatedLibrary> compile_emulated_kernels(const std::vector<KernelText>& kernels,
                                                 const EmulationOptions& options);

}  // namespace tenon::codegen
