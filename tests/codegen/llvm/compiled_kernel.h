// A loop function compiled and loaded, to be called with pointers in arrays.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "codegen/llvm/jit.h"
#include "codegen/llvm/kernel.h"
#include "codegen/llvm/pipeline.h"

namespace tenon::codegen {

class CompiledKernel {
 public:
  /// Emits the function and a wrapper that takes its arguments from arrays. Fails where emit_kernel fails.
  static Result<std::unique_ptr<CompiledKernel>> compile(const loop::Function& function, const Ranges& symbols,
                                                         const target::Target& target,
                                                         Scheduling scheduling = Scheduling::Reorder);
  /// The same from text, where a failure is a fault of the test.
  static std::unique_ptr<CompiledKernel> from_text(const std::string& text, const target::Target& target);

  const Kernel& kernel() const { return kernel_; }
  const FunctionReport& report() const { return object_.report.at(name_); }
  const std::string& object_bytes() const { return object_.bytes; }
  /// The function as it went into the code generator.
  const std::string& text() const { return text_; }

  /// Runs iterations begin .. end-1 of the parallel loop, and gives the status word. Loads it on the first call.
  int32_t run(const std::vector<void*>& buffers, const std::map<std::string, int64_t>& symbols, int64_t begin, int64_t end);

 private:
  llvm::LLVMContext context_;
  Kernel kernel_;
  std::string name_, text_;
  Object object_;
  std::unique_ptr<JitLibrary> library_;
};

/// The targets of this version whose code this processor runs.
std::vector<target::Target> runnable_targets();

}  // namespace tenon::codegen
