// Loop functions compiled for a processor that runs here, and called with pointers: how constants
// are computed while a model is compiled, and how tests hold the backend against the interpreter.
//
//   auto code = HostCode::compile({&pack}, symbols, baseline);
//   (*code)->run(0, {w, packed}, {});
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "codegen/llvm/compile_kernel.h"
#include "codegen/llvm/jit.h"

namespace tenon::codegen {

/// Kernels of any target behind functions of one kind, in objects for a linker:
///   call<i>(buffers, symbols, begin, end, scratch, status)   calls the i-th
struct CallableKernels {
  std::vector<CompiledKernel> kernels;
  std::vector<std::string> objects;
};
/// Fails where a function does not compile.
Result<CallableKernels> compile_callable(const std::vector<const loop::Function*>& functions,
                                         const Ranges& symbols, const target::Target& target);

class HostCode {
 public:
  /// Fails where a function does not compile, or where this processor lacks what the target
  /// demands.
  static Result<std::unique_ptr<HostCode>> compile(
      const std::vector<const loop::Function*>& functions, const Ranges& symbols,
      const target::Target& target);

  const CompiledKernel& kernel(size_t function) const { return kernels_[function]; }

  /// Runs the whole function on this thread, with a pointer for each parameter. Gives the status
  /// word.
  int32_t run(size_t function, const std::vector<void*>& buffers,
              const std::map<std::string, int64_t>& symbols) const;
  /// Runs iterations begin .. end-1 of its parallel loop.
  int32_t run_part(size_t function, const std::vector<void*>& buffers,
                   const std::map<std::string, int64_t>& symbols, int64_t begin, int64_t end) const;

 private:
  std::vector<CompiledKernel> kernels_;
  std::unique_ptr<JitLibrary> library_;
};

}  // namespace tenon::codegen
