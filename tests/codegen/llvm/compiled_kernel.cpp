#include "compiled_kernel.h"

#include <cstdlib>

#include <llvm/IR/IRBuilder.h>

#include "ir/loop/text.h"

namespace tenon::codegen {

Result<std::unique_ptr<CompiledKernel>> CompiledKernel::compile(const loop::Function& function, const Ranges& symbols,
                                                                const target::Target& target, Scheduling scheduling) {
  auto compiled = std::make_unique<CompiledKernel>();
  llvm::Module module("test", compiled->context_);
  prepare_module(module, target);
  Result<Kernel> kernel = emit_kernel(function, symbols, target, module, {"", [](const Location& l) { return static_cast<int32_t>(l.size()); }});
  if (!kernel) return kernel.error();
  compiled->kernel_ = *kernel;
  compiled->name_ = kernel->function->getName().str();
  optimize_kernel(*kernel->function);

  llvm::IRBuilder<> b(compiled->context_);
  auto* pointer = b.getPtrTy();
  auto* type = llvm::FunctionType::get(b.getVoidTy(), {pointer, pointer, b.getInt64Ty(), b.getInt64Ty(), pointer, pointer}, false);
  auto* wrapper = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "test_run", module);
  b.SetInsertPoint(llvm::BasicBlock::Create(compiled->context_, "", wrapper));
  std::vector<llvm::Value*> arguments;
  for (size_t i = 0; i < function.params.size(); ++i)
    arguments.push_back(b.CreateLoad(pointer, b.CreateConstGEP1_64(pointer, wrapper->getArg(0), i)));
  for (size_t i = 0; i < kernel->symbols.size(); ++i)
    arguments.push_back(b.CreateLoad(b.getInt64Ty(), b.CreateConstGEP1_64(b.getInt64Ty(), wrapper->getArg(1), i)));
  for (unsigned i = 2; i < 6; ++i) arguments.push_back(wrapper->getArg(i));
  b.CreateCall(kernel->function, arguments);
  b.CreateRetVoid();

  compiled->text_ = to_text(module);
  compiled->object_ = emit_object(module, target, scheduling);
  return compiled;
}

std::unique_ptr<CompiledKernel> CompiledKernel::from_text(const std::string& text, const target::Target& target) {
  ExprPool pool;
  auto compiled = compile(loop::parse_function(text, "test", pool), {}, target);
  return std::move(compiled.value());
}

int32_t CompiledKernel::run(const std::vector<void*>& buffers, const std::map<std::string, int64_t>& symbols, int64_t begin,
                            int64_t end) {
  if (!library_) library_ = std::move(JitLibrary::load({object_.bytes}).value());
  auto* function = reinterpret_cast<void (*)(void* const*, const int64_t*, int64_t, int64_t, void*, int32_t*)>(
      library_->address("test_run").value());
  std::vector<int64_t> values;
  std::vector<Substitution> substitutions;
  for (const std::string& symbol : kernel_.symbols) {
    values.push_back(symbols.at(symbol));
    substitutions.push_back({symbol, kernel_.pool->index(symbols.at(symbol))});
  }
  int64_t scratch_bytes = *as_int(simplify(substitute(kernel_.scratch_bytes, substitutions), {}));
  void* scratch = std::aligned_alloc(64, static_cast<size_t>((scratch_bytes + 127) / 64 * 64));
  int32_t status = 0;
  function(buffers.data(), values.data(), begin, end, scratch, &status);
  std::free(scratch);
  return status;
}

std::vector<target::Target> runnable_targets() {
  std::vector<target::Target> targets;
  target::Target host = target::native_target().value();
  for (const char* name : {"x86-64-v2", "x86-64-v3", "x86-64-v4"}) {
    target::Target target = target::find_target(name).value();
    if (host.features.has_all(target.features)) targets.push_back(target);
  }
  targets.push_back(host);
  return targets;
}

}  // namespace tenon::codegen
