// The LLVM function of a kernel: signature, attributes, buffers.
#include "codegen/llvm/kernel.h"

#include <algorithm>
#include <set>

#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/llvm/kernel_emitter.h"
#include "ir/loop/emission.h"
#include "ir/loop/index_width.h"

namespace tenon::codegen {
namespace {

// More than this in one block and the code generator's time grows with the square of it.
constexpr size_t kMaxInstructionsPerBlock = 4000;

// Which buffers are read and written.
struct Uses {
  std::set<std::string> read, written;
};

Uses uses_of(const loop::Stmt& body) {
  Uses uses;
  loop::for_each_stmt(body, [&](const loop::Stmt& stmt) {
    if (const auto* store = stmt.as<loop::Store>()) uses.written.insert(store->buffer);
  });
  loop::for_each_expr(body, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) uses.read.insert(read->tensor);
    });
  });
  return uses;
}

}  // namespace

void set_target_attributes(llvm::Function& function, const target::Target& target) {
  function.addFnAttr(llvm::Attribute::NoUnwind);
  // For debuggers and profilers, as the ABIs ask. ARM's 32-bit one asks for none of functions that
  // do not unwind, and its tables would need a routine of the C++ runtime.
  if (target.architecture != target::Architecture::armv7)
    function.setUWTableKind(llvm::UWTableKind::Async);
  function.addFnAttr("target-cpu", target.base_cpu);
  function.addFnAttr("tune-cpu", target.tune_cpu);
  function.addFnAttr("target-features", target.llvm_features());
  if (target.prefer_vector_width > 0) {
    std::string width = std::to_string(target.prefer_vector_width);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
  }
}

Result<Kernel> emit_kernel(const loop::Function& function, const Ranges& symbols,
                           const target::Target& target, llvm::Module& module,
                           const KernelOptions& options) {
  return KernelEmitter(function, symbols, target, module, options).emit();
}

KernelEmitter::KernelEmitter(const loop::Function& function, const Ranges& symbols,
                             const target::Target& target, llvm::Module& module,
                             const KernelOptions& options)
    : function_(function),
      target_(target),
      options_(options),
      module_(module),
      context_(module.getContext()),
      b_(context_),
      values_(b_, target_),
      registers_(b_, values_),
      indices_(b_, values_, [this](Expr e) { return emit_node(e); }),
      ranges_(symbols) {
  loop::OwnCopy copy = loop::own_copy(function, *pool_);
  body_ = std::move(copy.body);
  params_ = std::move(copy.params);
  scratch_end_ = pool_->index(0);
  if (target.index_bits == 32) values_.use_index_bits(loop::index_bits(body_, symbols));
}

llvm::Value* KernelEmitter::fail(const std::string& reason, llvm::Type* type) {
  if (!failure_) failure_ = Failure{"kernel " + function_.name + ": " + reason};
  return type ? llvm::PoisonValue::get(type) : nullptr;
}

// Variables that no loop of the function declares, sorted by name.
void KernelEmitter::collect_symbols() {
  std::set<std::string> loops, used;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    if (const auto* loop = stmt.as<loop::For>()) loops.insert(loop->var);
  });
  auto look = [&](Expr e) {
    for (const std::string& name : variables_of(e))
      if (!loops.count(name)) used.insert(name);
  };
  loop::for_each_expr(body_, look);
  for (const loop::Param& param : params_) {
    for (Expr extent : param.buffer.extents) look(extent);
    for (Expr stride : param.buffer.strides) look(stride);
  }
  kernel_.symbols.assign(used.begin(), used.end());
}

void KernelEmitter::make_function() {
  llvm::Type* pointer = b_.getPtrTy();
  std::vector<llvm::Type*> types(params_.size(), pointer);
  types.insert(types.end(), kernel_.symbols.size() + 2, b_.getInt64Ty());
  types.insert(types.end(), 2, pointer);
  auto* function = llvm::Function::Create(
      llvm::FunctionType::get(b_.getVoidTy(), types, false), llvm::GlobalValue::InternalLinkage,
      options_.symbol.empty() ? function_.name : options_.symbol, module_);
  kernel_.function = function;
  set_target_attributes(*function, target_);

  Uses uses = uses_of(body_);
  for (llvm::Argument& argument : function->args()) {
    if (!argument.getType()->isPointerTy()) continue;
    argument.addAttr(llvm::Attribute::NoAlias);
    argument.addAttr(llvm::Attribute::NoCapture);
  }
  for (size_t i = 0; i < params_.size(); ++i) {
    llvm::Argument* argument = function->getArg(static_cast<unsigned>(i));
    const std::string& name = params_[i].buffer.name;
    argument->setName(name);
    if (!uses.written.count(name))
      argument->addAttr(llvm::Attribute::ReadOnly);
    else if (!uses.read.count(name))
      argument->addAttr(llvm::Attribute::WriteOnly);
  }
  unsigned next = static_cast<unsigned>(params_.size());
  for (const std::string& symbol : kernel_.symbols) function->getArg(next++)->setName(symbol);
  function->getArg(next)->setName("begin");
  function->getArg(next + 1)->setName("end");
  scratch_ = function->getArg(next + 2);
  scratch_->setName("scratch");
  status_ = function->getArg(next + 3);
  status_->setName("status");

  auto* entry = llvm::BasicBlock::Create(context_, "entry", function);
  auto* body = llvm::BasicBlock::Create(context_, "body", function);
  setup_end_ = llvm::BranchInst::Create(body, entry);
  b_.SetInsertPoint(body);
  if (!options_.debug_file.empty()) {
    debug_.emplace(module_, *function, options_.debug_file, function_.location);
    debug_->enter(b_, {});
  }
  indices_.enter(setup_end_);
  next = static_cast<unsigned>(params_.size());
  for (const std::string& symbol : kernel_.symbols)
    indices_.declare(symbol, index_argument(next++));
}

// Arguments have 64 bits, whatever the kernel computes its indices in.
llvm::Value* KernelEmitter::index_argument(unsigned number) {
  llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(setup_end_);
  return b_.CreateTrunc(kernel_.function->getArg(number), values_.index_type());
}

// Strides of the physical dimensions as they are given, or dense ones.
std::vector<LinearForm> KernelEmitter::strides_of(const loop::Buffer& buffer) {
  std::vector<LinearForm> strides(buffer.extents.size());
  LinearForm dense = constant_form(1);
  for (size_t i = buffer.extents.size(); i-- > 0;) {
    strides[i] = buffer.strides.empty() ? dense : linear_form(pool_->import(buffer.strides[i]));
    if (buffer.strides.empty() && i > 0)
      dense = multiply(dense, linear_form(pool_->import(buffer.extents[i])));
  }
  return strides;
}

KernelEmitter::MemoryBuffer KernelEmitter::memory_buffer(const loop::Buffer& buffer,
                                                         llvm::Value* base) {
  if (!is_supported(buffer.type))
    fail("buffer " + buffer.name + " holds " + std::string(name_of(buffer.type)) +
         ", which this backend does not read or write");
  if (!buffer.layout.is_row_major() || !buffer.base.empty())
    fail("buffer " + buffer.name + " still has a layout or a base");
  return {buffer, base, strides_of(buffer), nullptr, nullptr};
}

void KernelEmitter::declare_buffers() {
  for (size_t i = 0; i < params_.size(); ++i) {
    const loop::Buffer& buffer = params_[i].buffer;
    memory_[buffer.name] =
        memory_buffer(buffer, kernel_.function->getArg(static_cast<unsigned>(i)));
  }
  collect_scratch();
}

// Scratch buffers have memory of their own for the whole kernel, so accesses to different ones
// never meet, but for those that share it.
void KernelEmitter::collect_scratch() {
  scratch_owners_ = loop::scratch_owners(body_);
  std::vector<std::string> names;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    const auto* alloc = stmt.as<loop::Alloc>();
    if (alloc && loop::is_scratch(alloc->buffer)) names.push_back(alloc->buffer.name);
  });
  if (names.size() < 2) return;
  llvm::MDBuilder metadata(context_);
  llvm::MDNode* domain = metadata.createAnonymousAliasScopeDomain(function_.name);
  for (const std::string& name : names)
    scratch_scopes_[name] = metadata.createAnonymousAliasScope(domain, name);
}

Result<Kernel> KernelEmitter::emit() {
  collect_symbols();
  make_function();
  declare_buffers();
  if (!failure_) emit_stmt(body_);
  if (!failure_) b_.CreateRetVoid();
  if (Status status = finish(); !status) {
    kernel_.function->dropAllReferences();
    kernel_.function->eraseFromParent();
    return status.error();
  }
  kernel_.pool = pool_;
  kernel_.scratch_bytes = scratch_end_;
  if (const loop::For* loop = loop::parallel_loop(function_)) {
    kernel_.extent = loop->extent;
    kernel_.chunk = loop->chunk;
  }
  return kernel_;
}

// Blocks are named after the loop that they are in.
void KernelEmitter::check_block_size(const llvm::BasicBlock& block) {
  if (block.size() <= kMaxInstructionsPerBlock) return;
  std::string name = loops_.empty() ? block.getName().split('.').first.str() : loops_.back();
  fail("the body of loop " + name + " has more than 4000 instructions; unroll less");
}

Status KernelEmitter::finish() {
  if (failure_) return *failure_;
  for (const llvm::BasicBlock& block : *kernel_.function) check_block_size(block);
  if (failure_) return *failure_;
  if (debug_) debug_->finish();
  std::string fault;
  llvm::raw_string_ostream stream(fault);
  TENON_CHECK(!llvm::verifyFunction(*kernel_.function, &stream),
              "kernel " + function_.name + ": " + fault);
  return Done{};
}

}  // namespace tenon::codegen
