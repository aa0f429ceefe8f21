// One kernel from loop function to object.
#include "codegen/llvm/compile_kernel.h"

#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

namespace tenon::codegen {

llvm::FunctionType* kernel_type(llvm::LLVMContext& context, size_t buffers, size_t symbols) {
  auto* pointer = llvm::PointerType::get(context, 0);
  std::vector<llvm::Type*> types(buffers, pointer);
  types.insert(types.end(), symbols + 2, llvm::Type::getInt64Ty(context));
  types.insert(types.end(), 2, pointer);
  return llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
}

Result<CompiledKernel> compile_kernel(const loop::Function& function, const Ranges& symbols,
                                      const target::Target& target, const KernelOptions& options,
                                      FileKind kind) {
  llvm::LLVMContext context;
  llvm::Module module(options.symbol.empty() ? function.name : options.symbol, context);
  prepare_module(module, target);
  Result<Kernel> kernel = emit_kernel(function, symbols, target, module, options);
  if (!kernel) return kernel.error();
  optimize_kernel(*kernel->function);
  kernel->function->setLinkage(llvm::GlobalValue::ExternalLinkage);
  kernel->function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  kernel->function->setDSOLocal(true);

  CompiledKernel compiled{*kernel, function.name,   kernel->function->getName().str(),
                          {},      to_text(module), Scheduling::Reorder};
  compiled.kernel.function = nullptr;
  // the code generator changes what it is given
  std::unique_ptr<llvm::Module> other = llvm::CloneModule(module);
  compiled.object = emit_object(module, target, Scheduling::Reorder, kind);
  if (compiled.report().vector_spills > 0) {
    Object as_written = emit_object(*other, target, Scheduling::AsWritten, kind);
    const FunctionReport &reordered = compiled.report(),
                         &other_way = as_written.report.at(compiled.symbol);
    if (std::pair(other_way.tile_spills, other_way.vector_spills) <
        std::pair(reordered.tile_spills, reordered.vector_spills)) {
      compiled.object = std::move(as_written);
      compiled.scheduling = Scheduling::AsWritten;
    }
  }
  return compiled;
}

}  // namespace tenon::codegen
