// A loop function as an object of its own: emitted, optimized, compiled, and compiled again without
// reordering where vectors spill in a loop; the better one is kept. Independent of all other
// kernels, so that many can be compiled at once.
#pragma once

#include "codegen/llvm/kernel.h"
#include "codegen/llvm/pipeline.h"

namespace llvm {
class FunctionType;
class LLVMContext;
}  // namespace llvm

namespace tenon::codegen {

struct CompiledKernel {
  Kernel kernel;         // without its function: the object holds that, external and hidden
  std::string function;  // name in the loop module
  std::string symbol;
  Object object;
  std::string text;  // LLVM IR as it went into the code generator
  Scheduling scheduling = Scheduling::Reorder;
  const FunctionReport& report() const { return object.report.at(symbol); }
};

/// Fails where emit_kernel does.
Result<CompiledKernel> compile_kernel(const loop::Function& function, const Ranges& symbols,
                                      const target::Target& target, const KernelOptions& options,
                                      FileKind kind = FileKind::Object);

/// The parameters of a kernel with this many buffers and symbols.
llvm::FunctionType* kernel_type(llvm::LLVMContext& context, size_t buffers, size_t symbols);

}  // namespace tenon::codegen
