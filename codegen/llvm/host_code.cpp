// Kernels in this process, each behind a function that takes its arguments from arrays.
#include "codegen/llvm/host_code.h"

#include <cstdlib>
#include <memory>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

namespace tenon::codegen {
namespace {

using Entry = void (*)(void* const* buffers, const int64_t* symbols, int64_t begin, int64_t end,
                       void* scratch, int32_t* status);

std::string kernel_symbol(size_t number) { return "kernel" + std::to_string(number); }
std::string entry_symbol(size_t number) { return "call" + std::to_string(number); }

// call0(buffers, symbols, begin, end, scratch, status) { kernel0(buffers[0], ..., symbols[0], ...,
// begin, end, scratch, status) }
void add_entry(llvm::Module& module, size_t number, size_t buffers, size_t symbols) {
  llvm::IRBuilder<> b(module.getContext());
  llvm::Type *pointer = b.getPtrTy(), *i64 = b.getInt64Ty();
  auto* type =
      llvm::FunctionType::get(b.getVoidTy(), {pointer, pointer, i64, i64, pointer, pointer}, false);
  auto* entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                                       entry_symbol(number), module);
  b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", entry));
  std::vector<llvm::Value*> arguments;
  for (size_t i = 0; i < buffers; ++i)
    arguments.push_back(b.CreateLoad(pointer, b.CreateConstGEP1_64(pointer, entry->getArg(0), i)));
  for (size_t i = 0; i < symbols; ++i)
    arguments.push_back(b.CreateLoad(i64, b.CreateConstGEP1_64(i64, entry->getArg(1), i)));
  for (unsigned i = 2; i < 6; ++i) arguments.push_back(entry->getArg(i));
  llvm::FunctionCallee kernel = module.getOrInsertFunction(
      kernel_symbol(number), kernel_type(module.getContext(), buffers, symbols));
  llvm::cast<llvm::Function>(kernel.getCallee())
      ->setVisibility(llvm::GlobalValue::HiddenVisibility);
  b.CreateCall(kernel, arguments);
  b.CreateRetVoid();
}

int64_t value_of(Expr e, const std::map<std::string, int64_t>& symbols) {
  ExprPool pool;
  std::vector<Substitution> values;
  for (const std::string& name : variables_of(e))
    values.push_back({name, pool.index(symbols.at(name))});
  const int64_t* value = as_int(simplify(substitute(pool.import(e), values), {}));
  TENON_CHECK(value != nullptr, "a size is not fixed by the symbols");
  return *value;
}

}  // namespace

Result<CallableKernels> compile_callable(const std::vector<const loop::Function*>& functions,
                                         const Ranges& symbols, const target::Target& target) {
  CallableKernels callable;
  llvm::LLVMContext context;
  llvm::Module entries("entries", context);
  prepare_module(entries, target);
  for (size_t i = 0; i < functions.size(); ++i) {
    KernelOptions options;
    options.symbol = kernel_symbol(i);
    Result<CompiledKernel> kernel = compile_kernel(*functions[i], symbols, target, options);
    if (!kernel) return kernel.error();
    add_entry(entries, i, functions[i]->params.size(), kernel->kernel.symbols.size());
    callable.objects.push_back(kernel->object.bytes);
    callable.kernels.push_back(std::move(*kernel));
  }
  for (llvm::Function& function : entries)
    if (!function.isDeclaration()) set_target_attributes(function, target);
  callable.objects.push_back(emit_object(entries, target, Scheduling::Reorder).bytes);
  return callable;
}

Result<std::unique_ptr<HostCode>> HostCode::compile(
    const std::vector<const loop::Function*>& functions, const Ranges& symbols,
    const target::Target& target) {
  Result<target::Target> host = target::native_target();
  if (!host) return host.error();
  if (host->architecture != target.architecture)
    return Failure{"this processor does not run code for " + target.name};
  if (!host->features.has_all(target.features))
    return Failure{"this processor does not run code for " + target.name + ": it lacks " +
                   target::to_string(target.features - host->features)};
  Result<CallableKernels> callable = compile_callable(functions, symbols, target);
  if (!callable) return callable.error();
  Result<std::unique_ptr<JitLibrary>> library = JitLibrary::load(callable->objects);
  if (!library) return library.error();
  auto code = std::make_unique<HostCode>();
  code->kernels_ = std::move(callable->kernels);
  code->library_ = std::move(*library);
  return code;
}

int32_t HostCode::run(size_t function, const std::vector<void*>& buffers,
                      const std::map<std::string, int64_t>& symbols) const {
  Expr extent = kernels_[function].kernel.extent;
  return run_part(function, buffers, symbols, 0, extent ? value_of(extent, symbols) : 1);
}

int32_t HostCode::run_part(size_t function, const std::vector<void*>& buffers,
                           const std::map<std::string, int64_t>& symbols, int64_t begin,
                           int64_t end) const {
  const Kernel& kernel = kernels_[function].kernel;
  std::vector<int64_t> values;
  for (const std::string& symbol : kernel.symbols) values.push_back(symbols.at(symbol));
  auto entry = reinterpret_cast<Entry>(library_->address(entry_symbol(function)).value());
  constexpr int64_t kTail = 64;  // may be read behind the last buffer
  size_t bytes =
      static_cast<size_t>((value_of(kernel.scratch_bytes, symbols) + kTail + 63) / 64 * 64);
  std::unique_ptr<void, decltype(&std::free)> scratch(std::aligned_alloc(64, bytes), &std::free);
  TENON_CHECK(scratch != nullptr, "out of memory");
  int32_t status = 0;
  entry(buffers.data(), values.data(), begin, end, scratch.get(), &status);
  return status;
}

}  // namespace tenon::codegen
