// The functions of runtime/model_tables.h for a loop module.
#include "codegen/llvm/module.h"

#include "ir/expr/text.h"

#include <cstddef>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/llvm/size_function.h"
#include "codegen/program/size_table.h"
#include "runtime/model_tables.h"
#include "support/parallel.h"

namespace tenon::codegen {

ModuleCode::ModuleCode() = default;
ModuleCode::ModuleCode(ModuleCode&&) noexcept = default;
ModuleCode& ModuleCode::operator=(ModuleCode&&) noexcept = default;
ModuleCode::~ModuleCode() = default;

namespace {

class ModuleEmitter {
 public:
  ModuleEmitter(const loop::Module& module, const target::Target& target,
                const ModuleOptions& options)
      : module_(module), target_(target), options_(options), ranges_(module.symbol_ranges()) {
    code_.context = std::make_unique<llvm::LLVMContext>();
    code_.main = std::make_unique<llvm::Module>(options.prefix, *code_.context);
    b_ = std::make_unique<llvm::IRBuilder<>>(*code_.context);
    prepare_module(*code_.main, target);
  }

  Result<ModuleCode> emit() {
    Result<MainProgram> main = read_main(module_);
    if (!main) return main.error();
    main_ = std::move(*main);
    if (Status status = compile_kernels(); !status) return status.error();
    number_sizes();
    code_.buffer_bytes_most =
        module_.arena_bytes ? static_cast<uint64_t>(module_.at_upper_bounds(module_.arena_bytes))
                            : 0;
    for (const CompiledKernel& kernel : code_.kernels)
      code_.scratch_bytes_most =
          std::max(code_.scratch_bytes_most, upper_bound(kernel.kernel.scratch_bytes, ranges_));
    emit_entry();
    emit_sizes();
    if (Status status = emit_run_group(); !status) return status.error();
    std::string fault;
    llvm::raw_string_ostream stream(fault);
    TENON_CHECK(!llvm::verifyModule(*code_.main, &stream), "the functions of main: " + fault);
    return std::move(code_);
  }

 private:
  // ---- kernels ----------------------------------------------------------------------------------

  Status compile_kernels() {
    const std::vector<ProgramKernel>& kernels = main_.kernels;
    std::vector<std::optional<Result<CompiledKernel>>> results(kernels.size());
    for_each_parallel(kernels.size(), options_.threads, [&](size_t i) {
      KernelOptions options = {options_.prefix + "_" + kernels[i].word, options_.node_number,
                               options_.debug_file};
      results[i] = compile_kernel(*kernels[i].function, ranges_, target_, options, options_.kind);
    });
    for (auto& result : results) {
      if (!*result) return result->error();
      code_.kernels.push_back(std::move(**result));
    }
    for (const ProgramCall& call : main_.calls)
      code_.groups.push_back({call.kernel, call.call->location});
    return Done{};
  }

  // ---- sizes ------------------------------------------------------------------------------------

  void number_sizes() {
    sizes_ = SizeTable(code_.groups.size());
    for (const Group& group : code_.groups)
      if (Expr extent = code_.kernels[group.kernel].kernel.extent) sizes_.add(extent);
    sizes_.add_places(module_, main_);
    code_.size_count = sizes_.count();
  }

  llvm::Value* load_i64(llvm::Value* array, uint64_t index) {
    return b_->CreateLoad(b_->getInt64Ty(), b_->CreateConstGEP1_64(b_->getInt64Ty(), array, index));
  }
  void store_i64(llvm::Value* value, llvm::Value* array, uint64_t index) {
    b_->CreateStore(value, b_->CreateConstGEP1_64(b_->getInt64Ty(), array, index));
  }

  llvm::Function* begin_function(const char* name, std::vector<llvm::Type*> types) {
    auto* function = llvm::Function::Create(llvm::FunctionType::get(b_->getVoidTy(), types, false),
                                            llvm::GlobalValue::ExternalLinkage, name, *code_.main);
    set_target_attributes(*function, target_);
    b_->SetInsertPoint(llvm::BasicBlock::Create(*code_.context, "", function));
    return function;
  }

  void declare_dims(SizeFunction& sizes, llvm::Value* dims) {
    for (const loop::Symbol& symbol : module_.symbols)
      sizes.declare(symbol.name, symbol_value(symbol.name, dims));
  }

  llvm::Value* symbol_value(const std::string& name, llvm::Value* dims) {
    for (size_t i = 0; i < options_.dims.size(); ++i)
      if (options_.dims[i] == name) return load_i64(dims, i);
    for (const loop::Symbol& symbol : module_.symbols)
      if (symbol.name == name) {
        TENON_CHECK(symbol.min == symbol.max,
                    "the dimension " + name + " is neither given nor fixed");
        return b_->getInt64(static_cast<uint64_t>(symbol.min));
      }
    TENON_CHECK(false, "no symbol is called " + name);
    return nullptr;
  }

  // entry: dims | arena | scratch | tensors | requirements
  void emit_entry() {
    llvm::Function* function = begin_function("tn_model_entry", {b_->getPtrTy()});
    llvm::Value* entry = function->getArg(0);
    SizeFunction sizes(*b_, target_, ranges_);
    declare_dims(sizes, entry);
    uint64_t next = options_.dims.size();
    store_i64(module_.arena_bytes ? sizes.value(module_.arena_bytes) : b_->getInt64(0), entry,
              next++);
    llvm::Value* scratch = b_->getInt64(0);
    for (const CompiledKernel& kernel : code_.kernels)
      scratch = b_->CreateBinaryIntrinsic(llvm::Intrinsic::smax, scratch,
                                          sizes.value(kernel.kernel.scratch_bytes));
    store_i64(scratch, entry, next++);
    for (const auto* list : {&module_.inputs, &module_.outputs})
      for (const loop::Buffer& buffer : *list)
        store_i64(sizes.value(loop::bytes_of(buffer, *module_.pool)), entry, next++);
    for (Expr check : module_.checks)
      store_i64(b_->CreateZExt(sizes.value(check), b_->getInt64Ty()), entry, next++);
    b_->CreateRetVoid();
  }

  void emit_sizes() {
    llvm::Function* function = begin_function("tn_model_sizes", {b_->getPtrTy(), b_->getPtrTy()});
    llvm::Value *dims = function->getArg(0), *array = function->getArg(1);
    SizeFunction sizes(*b_, target_, ranges_);
    declare_dims(sizes, dims);
    for (size_t g = 0; g < code_.groups.size(); ++g) {
      const Kernel& kernel = code_.kernels[code_.groups[g].kernel].kernel;
      llvm::Value* chunks = b_->getInt64(1);
      if (kernel.extent) {
        llvm::Value* extent = b_->CreateBinaryIntrinsic(
            llvm::Intrinsic::smax, sizes.value(kernel.extent), b_->getInt64(0));
        uint64_t chunk = static_cast<uint64_t>(kernel.chunk);
        chunks =
            b_->CreateUDiv(b_->CreateAdd(extent, b_->getInt64(chunk - 1)), b_->getInt64(chunk));
      }
      store_i64(chunks, array, g);
    }
    for (size_t i = 0; i < sizes_.computed().size(); ++i)
      store_i64(sizes.value(sizes_.computed()[i]), array, code_.groups.size() + i);
    b_->CreateRetVoid();
  }

  // ---- running ----------------------------------------------------------------------------------

  // The members of tnr_env are pointers, all of them: an offset here is one of as many there.
  llvm::Value* env_member(size_t offset) {
    static_assert(sizeof(tnr_env) == 7 * sizeof(void*));
    return b_->CreateLoad(b_->getPtrTy(),
                          b_->CreateConstGEP1_64(b_->getPtrTy(), env_, offset / sizeof(void*)));
  }

  llvm::Value* size_value(Expr e, llvm::Value* sizes) {
    if (const int64_t* number = as_int(e)) return b_->getInt64(static_cast<uint64_t>(*number));
    return load_i64(sizes, sizes_.number(e));
  }

  // The address of a buffer of main; null where there is no such buffer.
  llvm::Value* buffer_address(const std::string& buffer) {
    auto view = main_.views.find(buffer);
    if (view == main_.views.end()) return memory_address(buffer);
    llvm::Value* start = memory_address(view->second.owner);
    if (!start || is_int(view->second.offset, 0)) return start;
    return b_->CreateGEP(b_->getInt8Ty(), start,
                         size_value(view->second.offset, env_member(offsetof(tnr_env, sizes))));
  }

  // Of one that has memory of its own.
  llvm::Value* memory_address(const std::string& name) {
    auto byte = [&](llvm::Value* base, llvm::Value* offset) {
      return b_->CreateGEP(b_->getInt8Ty(), base, offset);
    };
    if (auto io = main_.members.find(name); io != main_.members.end()) {
      llvm::Value* members = env_member(offsetof(tnr_env, io));
      return b_->CreateLoad(
          b_->getPtrTy(),
          b_->CreateConstGEP1_64(b_->getInt8Ty(), members, options_.io_offsets.at(io->second)));
    }
    if (auto slot = main_.slots.find(name); slot != main_.slots.end())
      return byte(env_member(offsetof(tnr_env, arena)),
                  size_value(slot->second, env_member(offsetof(tnr_env, sizes))));
    if (auto weight = options_.weight_offsets.find(name); weight != options_.weight_offsets.end())
      return byte(env_member(offsetof(tnr_env, weights)), b_->getInt64(weight->second));
    return nullptr;
  }

  Status emit_run_group() {
    llvm::Function* function =
        begin_function("tn_model_run_group",
                       {b_->getPtrTy(), b_->getInt32Ty(), b_->getInt64Ty(), b_->getInt64Ty()});
    env_ = function->getArg(0);
    auto* done = llvm::BasicBlock::Create(*code_.context, "done", function);
    llvm::SwitchInst* choice =
        b_->CreateSwitch(function->getArg(1), done, static_cast<unsigned>(code_.groups.size()));
    for (size_t g = 0; g < code_.groups.size(); ++g) {
      auto* block = llvm::BasicBlock::Create(*code_.context, "group" + std::to_string(g), function);
      choice->addCase(b_->getInt32(static_cast<uint32_t>(g)), block);
      b_->SetInsertPoint(block);
      if (Status status = emit_call(*main_.calls[g].call, code_.kernels[code_.groups[g].kernel],
                                    function->getArg(2), function->getArg(3));
          !status)
        return status;
      b_->CreateBr(done);
    }
    b_->SetInsertPoint(done);
    b_->CreateRetVoid();
    return Done{};
  }

  Status emit_call(const loop::Call& call, const CompiledKernel& compiled, llvm::Value* begin,
                   llvm::Value* end) {
    const Kernel& kernel = compiled.kernel;
    std::vector<llvm::Value*> arguments;
    for (const std::string& name : call.arguments) {
      arguments.push_back(buffer_address(name));
      if (!arguments.back())
        return Failure{"the call of " + call.function + " uses " + name +
                       ", which has no place in memory"};
    }
    size_t buffers = arguments.size();
    llvm::Value* dims = env_member(offsetof(tnr_env, dims));
    for (const std::string& symbol : kernel.symbols)
      arguments.push_back(symbol_value(symbol, dims));
    if (kernel.extent) {
      llvm::Value* chunk = b_->getInt64(static_cast<uint64_t>(kernel.chunk));
      llvm::Value* extent = size_value(kernel.extent, env_member(offsetof(tnr_env, sizes)));
      begin = b_->CreateMul(begin, chunk, "", false, true);
      end = b_->CreateBinaryIntrinsic(llvm::Intrinsic::smin,
                                      b_->CreateMul(end, chunk, "", false, true), extent);
    }
    arguments.insert(arguments.end(), {begin, end, env_member(offsetof(tnr_env, scratch)),
                                       env_member(offsetof(tnr_env, status))});
    llvm::FunctionCallee callee = code_.main->getOrInsertFunction(
        compiled.symbol, kernel_type(*code_.context, buffers, kernel.symbols.size()));
    auto* function = llvm::cast<llvm::Function>(callee.getCallee());
    function->setVisibility(llvm::GlobalValue::HiddenVisibility);
    function->setDSOLocal(true);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    b_->CreateCall(callee, arguments);
    return Done{};
  }

  const loop::Module& module_;
  const target::Target& target_;
  const ModuleOptions& options_;
  Ranges ranges_;
  ModuleCode code_;
  std::unique_ptr<llvm::IRBuilder<>> b_;
  llvm::Value* env_ = nullptr;

  MainProgram main_;
  SizeTable sizes_;
};

}  // namespace

Result<ModuleCode> emit_module(const loop::Module& module, const target::Target& target,
                               const ModuleOptions& options) {
  return ModuleEmitter(module, target, options).emit();
}

}  // namespace tenon::codegen
