// An edited kernel against the interpreter: the loop function that it was printed from, run on
// seeded inputs.
//
//   check_kernel(conv1_relu, ...)   ->   "y[0, 3, 2, 1] is 1.25, the loop function gives 1.5 (element 225 of y)"
#pragma once

#include "codegen/bundle/manifest.h"
#include "codegen/cpp/kernel.h"
#include "driver/compare.h"
#include "driver/host_compiler.h"
#include "ir/loop/interpreter.h"
#include "target/target.h"

namespace tenon::driver {

/// A function of one type for every kernel: it hands on what the kernel takes.
using KernelCall = void (*)(void* const* buffers, const int64_t* dims, int64_t begin, int64_t end,
                            unsigned char* scratch, int32_t* status);
/// The text of such a function; the kernel is declared before it.
std::string kernel_call_text(const std::string& name, const loop::Function& function,
                             const std::string& symbol, const codegen::cpp::KernelText& text);

/// Runs the kernel and the loop function on the same seeded inputs at these sizes. The first element
/// that differs, in words; "" where all agree.
std::string difference_from_interpreter(const loop::Function& function,
                                        const codegen::cpp::KernelText& text,
                                        const loop::SymbolValues& sizes, KernelCall call,
                                        const Tolerance& tolerance);

struct CheckedKernel {
  const codegen::ManifestKernel* kernel = nullptr;
  const loop::Function* function = nullptr;
  std::string object;  // the compiled kernel's path
};

/// The first element that differs, in words; "" where all agree within the tolerance of `tenon
/// verify` (an edit may add up in another order). Runs the kernel at two sizes where the function
/// has symbols. `work` is a folder for what is compiled on the way.
std::string check_kernel(const CheckedKernel& checked, const loop::Module& module,
                         const target::Target& target, const HostCompiler& compiler,
                         const codegen::BundleInterface& interface, const std::string& folder,
                         const std::string& work);

}  // namespace tenon::driver
