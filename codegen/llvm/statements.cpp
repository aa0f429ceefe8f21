// Statements: loops of every kind, conditions as branches or masks, declarations, requirements.
//
//   for k in 768 { acc[0] = fma(a[k], b[k], acc[0]) }
//   ->   k:   %k = phi [0, %before], [%next, %k.body]     %acc = phi [%zero, %before], [%fma, %k.body] ...
#include "codegen/llvm/kernel_emitter.h"
#include "codegen/llvm/pipeline.h"
#include "ir/expr/text.h"
#include "ir/loop/emission.h"
#include "ir/loop/register_group.h"
#include "runtime/model_tables.h"

namespace tenon::codegen {
namespace {

constexpr int64_t kMaxLanes = 256;
constexpr int64_t kMaxStackBytes = 8192;  // a run may use 16 KiB in all

bool writes(const loop::Stmt& body, const std::string& buffer) {
  bool found = false;
  loop::for_each_stmt(body, [&](const loop::Stmt& stmt) {
    const auto* store = stmt.as<loop::Store>();
    found = found || (store && store->buffer == buffer);
  });
  return found;
}

// The nodes that a statement computes for; of what only leads to others, none.
Location location_of(const loop::Stmt& stmt) {
  if (const auto* store = stmt.as<loop::Store>()) return store->location;
  if (const auto* require = stmt.as<loop::Require>()) return require->location;
  return {};
}

// Generated loops are as their schedule says. Those that carry register buffers are marked as tiles.
llvm::MDNode* loop_metadata(llvm::LLVMContext& context, bool is_tile) {
  auto flag = [&](const char* name) {
    return llvm::MDNode::get(context, llvm::MDString::get(context, name));
  };
  auto* off = llvm::ConstantAsMetadata::get(llvm::ConstantInt::getFalse(context));
  llvm::Metadata* vectorize[] = {llvm::MDString::get(context, "llvm.loop.vectorize.enable"), off};
  std::vector<llvm::Metadata*> operands = {nullptr, flag("llvm.loop.unroll.disable"),
                                           llvm::MDNode::get(context, vectorize)};
  if (is_tile) operands.push_back(flag(kTileLoop));
  llvm::MDNode* node = llvm::MDNode::getDistinct(context, operands);
  node->replaceOperandWith(0, node);
  return node;
}

}  // namespace

void KernelEmitter::emit_stmt(const loop::Stmt& stmt) {
  if (failure_) return;
  memo_.clear();
  if (debug_) debug_->enter(b_, location_of(stmt));
  switch (stmt.kind()) {
    case loop::StmtKind::Block: return emit_block(*stmt.as<loop::Block>());
    case loop::StmtKind::For: return emit_loop(*stmt.as<loop::For>());
    case loop::StmtKind::Store:
      // Counting walks the block, so not after each.
      if (++stores_ % 64 == 0) check_block_size(*b_.GetInsertBlock());
      return emit_store(*stmt.as<loop::Store>());
    case loop::StmtKind::If: return emit_if(*stmt.as<loop::If>());
    case loop::StmtKind::Alloc: return emit_alloc(*stmt.as<loop::Alloc>());
    case loop::StmtKind::Require: return emit_require(*stmt.as<loop::Require>());
    case loop::StmtKind::Prefetch: return emit_prefetch(*stmt.as<loop::Prefetch>());
    case loop::StmtKind::Barrier: return;  // bound loops run in order
    case loop::StmtKind::Leaf:
    case loop::StmtKind::Call: break;
  }
  fail(stmt.kind() == loop::StmtKind::Leaf ? "a stage is left: flatten_stages has not run"
                                           : "a kernel cannot call another");
}

void KernelEmitter::emit_block(const loop::Block& block) {
  for (const loop::Stmt& stmt : block.stmts) {
    emit_stmt(stmt);
    if (failure_) return;
  }
  for (const loop::Stmt& stmt : block.stmts)
    if (const auto* alloc = stmt.as<loop::Alloc>()) {
      registers_.forget(alloc->buffer.name);
      memory_.erase(alloc->buffer.name);
    }
}

// A vectorized loop becomes vectors unless something in it needs the lane as a number.
bool KernelEmitter::is_vector_loop(const loop::For& loop) const {
  const int64_t* lanes = as_int(loop.extent);
  if (loop.kind != loop::LoopKind::Vectorized || !lanes || *lanes < 2 || *lanes > kMaxLanes)
    return false;
  bool possible = true;
  loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
    if (const auto* inner = stmt.as<loop::For>())
      possible = possible && inner->kind != loop::LoopKind::Vectorized &&
                 !uses_var(inner->extent, loop.var);
    if (const auto* alloc = stmt.as<loop::Alloc>())
      possible = possible && alloc->buffer.scope == loop::Scope::Register;
  });
  return possible;
}

void KernelEmitter::emit_loop(const loop::For& loop) {
  loops_.push_back(loop.var);
  Expr extent = fixed(loop.extent);
  const int64_t* count = as_int(extent);
  bool expand = loop.kind == loop::LoopKind::Unrolled || loop.kind == loop::LoopKind::Vectorized;
  if (expand && count && is_vector_loop(loop))
    emit_vectorized(loop, static_cast<unsigned>(*count));
  else if (expand && count)
    emit_expanded(loop, *count);
  else if (const loop::For* parallel = loop::parallel_loop(function_);
           parallel && loop.var == parallel->var && loops_.size() == 1) {
    unsigned first = static_cast<unsigned>(params_.size() + kernel_.symbols.size());
    emit_serial(loop, extent, index_argument(first), index_argument(first + 1), false);
  } else {
    bool never_empty = bounds_of(extent, ranges_).min >= 1;
    emit_serial(loop, extent, values_.index(0), indices_.value(extent), never_empty);
  }
  loops_.pop_back();
}

void KernelEmitter::emit_expanded(const loop::For& loop, int64_t extent) {
  for (int64_t i = 0; i < extent && !failure_; ++i) {
    expanded_.push_back({loop.var, pool_->index(i)});
    emit_stmt(loop.body);
    expanded_.pop_back();
  }
}

void KernelEmitter::emit_vectorized(const loop::For& loop, unsigned lanes) {
  lane_ = Lane{loop.var, pool_->var(loop.var), lanes};
  ranges_.set_extent(loop.var, pool_->index(lanes));
  emit_stmt(loop.body);
  ranges_.erase(loop.var);
  proved_.clear();
  lane_.reset();
}

// The loop is entered behind a test unless it always runs, and tests at its end. Its first block
// holds the phis, then what is invariant in the body.
void KernelEmitter::emit_serial(const loop::For& loop, Expr extent, llvm::Value* begin,
                                llvm::Value* end, bool never_empty) {
  llvm::Function* function = kernel_.function;
  llvm::BasicBlock* before = b_.GetInsertBlock();
  auto* setup = llvm::BasicBlock::Create(context_, loop.var, function);
  auto* body = llvm::BasicBlock::Create(context_, loop.var + ".body", function);
  auto* after = llvm::BasicBlock::Create(context_, loop.var + ".end", function);
  if (never_empty)
    b_.CreateBr(setup);
  else
    b_.CreateCondBr(b_.CreateICmpSLT(begin, end), setup, after);
  Registers::State entry_state = registers_.state();

  b_.SetInsertPoint(setup);
  llvm::PHINode* variable = b_.CreatePHI(values_.index_type(), 2, loop.var);
  variable->addIncoming(begin, before);
  struct Carried {
    std::string buffer;
    size_t slot;
    llvm::PHINode* phi;
  };
  std::vector<Carried> carried;
  Registers::State state = entry_state;
  for (auto& [name, buffer] : state) {
    if (!writes(loop.body, name)) continue;
    for (size_t slot = 0; slot < buffer.slots.size(); ++slot) {
      llvm::Type* type = registers_.slot_type(buffer);
      llvm::PHINode* phi = b_.CreatePHI(type, 2, name);
      phi->addIncoming(buffer.slots[slot] ? buffer.slots[slot] : llvm::PoisonValue::get(type),
                       before);
      buffer.slots[slot] = phi;
      carried.push_back({name, slot, phi});
    }
  }
  registers_.set_state(std::move(state));

  llvm::BranchInst* setup_end = b_.CreateBr(body);
  indices_.enter(setup_end);
  indices_.declare(loop.var, variable);
  ranges_.set_extent(loop.var, extent);
  b_.SetInsertPoint(body);
  emit_stmt(loop.body);
  ranges_.erase(loop.var);
  proved_.clear();
  indices_.leave();
  memo_.clear();

  llvm::Value* next = b_.CreateAdd(variable, values_.index(1), "", true, true);
  llvm::BasicBlock* latch = b_.GetInsertBlock();
  b_.CreateCondBr(b_.CreateICmpSLT(next, end), setup, after)
      ->setMetadata(llvm::LLVMContext::MD_loop, loop_metadata(context_, !carried.empty()));
  variable->addIncoming(next, latch);
  Registers::State last = registers_.state();
  for (const Carried& carry : carried) {
    llvm::Value* value = last.at(carry.buffer).slots[carry.slot];
    carry.phi->addIncoming(value ? value : llvm::PoisonValue::get(carry.phi->getType()), latch);
  }

  b_.SetInsertPoint(after);
  if (never_empty)
    registers_.set_state(std::move(last));
  else
    registers_.merge(entry_state, before, last, latch);
}

void KernelEmitter::emit_if(const loop::If& branch) {
  llvm::Value* condition = emit(fixed(branch.condition));
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
    if (constant->isOne())
      emit_stmt(branch.then_body);
    else if (branch.else_body)
      emit_stmt(branch.else_body);
  } else if (lanes_of(condition)) {
    emit_masked(branch, condition);
  } else {
    emit_branch(branch, condition);
  }
}

void KernelEmitter::emit_branch(const loop::If& branch, llvm::Value* condition) {
  auto* then_block = llvm::BasicBlock::Create(context_, "then", kernel_.function);
  auto* else_block = llvm::BasicBlock::Create(context_, "else", kernel_.function);
  auto* after = llvm::BasicBlock::Create(context_, "after", kernel_.function);
  b_.CreateCondBr(condition, then_block, else_block);
  Registers::State before = registers_.state();
  b_.SetInsertPoint(then_block);
  emit_stmt(branch.then_body);
  llvm::BasicBlock* then_end = b_.GetInsertBlock();
  b_.CreateBr(after);
  Registers::State then_state = registers_.state();
  registers_.set_state(std::move(before));
  b_.SetInsertPoint(else_block);
  if (branch.else_body) emit_stmt(branch.else_body);
  llvm::BasicBlock* else_end = b_.GetInsertBlock();
  b_.CreateBr(after);
  Registers::State else_state = registers_.state();
  b_.SetInsertPoint(after);
  registers_.merge(then_state, then_end, else_state, else_end);
  memo_.clear();
}

void KernelEmitter::emit_masked(const loop::If& branch, llvm::Value* condition) {
  llvm::Value* outer = mask_;
  auto with = [&](llvm::Value* lanes) { return outer ? b_.CreateAnd(outer, lanes) : lanes; };
  mask_ = with(condition);
  emit_stmt(branch.then_body);
  if (branch.else_body) {
    mask_ = with(b_.CreateNot(condition));
    emit_stmt(branch.else_body);
  }
  mask_ = outer;
}

void KernelEmitter::emit_alloc(const loop::Alloc& alloc) {
  loop::Buffer buffer = alloc.buffer;
  for (Expr& extent : buffer.extents) extent = fixed(extent);
  for (Expr& stride : buffer.strides) stride = fixed(stride);
  LinearForm count = constant_form(1);
  for (Expr extent : buffer.extents) count = multiply(count, linear_form(extent));
  switch (buffer.scope) {
    case loop::Scope::Register: return emit_register_alloc(buffer, count);
    case loop::Scope::Stack: {
      int64_t bytes = count.constant * bits_of(buffer.type) / 8;
      if (!count.is_constant() || bytes > kMaxStackBytes)
        fail("stack buffer " + buffer.name + " needs a fixed size of at most " +
             std::to_string(kMaxStackBytes) + " bytes");
      else
        memory_[buffer.name] = memory_buffer(buffer, stack_memory(buffer.name, bytes));
      return;
    }
    case loop::Scope::Arena:
    case loop::Scope::Scratch: {
      auto owner_of = [&](const std::string& name) {
        auto found = scratch_owners_.find(name);
        return found == scratch_owners_.end() ? name : found->second;
      };
      std::string owner = owner_of(buffer.name);
      MemoryBuffer memory = memory_buffer(buffer, scratch_memory(owner, scratch_bytes(buffer)));
      if (!scratch_scopes_.empty()) {
        std::vector<llvm::Metadata*> others;
        for (const auto& [name, node] : scratch_scopes_)
          if (owner_of(name) != owner) others.push_back(node);
        memory.scope = llvm::MDNode::get(context_, {scratch_scopes_.at(buffer.name)});
        memory.others = llvm::MDNode::get(context_, others);
      }
      memory_[buffer.name] = std::move(memory);
      return;
    }
    case loop::Scope::Constant:
    case loop::Scope::Shared:
    case loop::Scope::Tmem: break;
  }
  fail("buffer " + buffer.name + " lies in a memory that a kernel for this target cannot declare");
}

void KernelEmitter::emit_register_alloc(const loop::Buffer& buffer, const LinearForm& count) {
  if (!count.is_constant() || !is_supported(buffer.type)) {
    fail("register buffer " + buffer.name +
         " needs a fixed size and a type that this backend computes in");
    return;
  }
  register_strides_[buffer.name] = strides_of(buffer);
  RegisterBuffer slots;
  slots.type = buffer.type;
  slots.count = count.constant;
  if (lane_)
    slots.private_lanes = lane_->count;
  else
    slots.group = loop::register_group(
        body_, buffer.name,
        [&](const std::string& name, std::span<const Expr> indices) {
          return flat(register_strides_.at(name), indices);
        },
        [&](const loop::For& loop) { return is_vector_loop(loop); });
  registers_.declare(buffer.name, std::move(slots));
}

// An extent that depends on loop variables gets room for its largest value.
Expr KernelEmitter::scratch_bytes(const loop::Buffer& buffer) {
  Expr bytes = pool_->index(bits_of(buffer.type) / 8);
  for (Expr extent : buffer.extents) {
    bool of_symbols = true;
    for (const std::string& name : variables_of(extent))
      of_symbols = of_symbols && std::find(kernel_.symbols.begin(), kernel_.symbols.end(), name) !=
                                     kernel_.symbols.end();
    Interval bounds = bounds_of(extent, ranges_);
    if (!of_symbols && !bounds.bounded())
      fail("the extent of scratch buffer " + buffer.name + " has no bound");
    bytes = bytes * (of_symbols ? extent : pool_->index(bounds.max));
  }
  return bytes;
}

// Copies of a declaration in an expanded loop share their memory: their lives end with the copy.
llvm::Value* KernelEmitter::stack_memory(const std::string& name, int64_t bytes) {
  llvm::Value*& memory = storage_[name + " " + std::to_string(bytes)];
  if (memory) return memory;
  llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(&*kernel_.function->getEntryBlock().getFirstInsertionPt());
  llvm::AllocaInst* alloca =
      b_.CreateAlloca(b_.getInt8Ty(), b_.getInt64(static_cast<uint64_t>(bytes)), name);
  // A vector register's width: more would only cost the realignment of the frame.
  int64_t vector = target_.vector_bits / 8;
  alloca->setAlignment(llvm::Align(static_cast<uint64_t>(bytes >= vector ? vector : 16)));
  return memory = alloca;
}

llvm::Value* KernelEmitter::scratch_memory(const std::string& name, Expr bytes) {
  llvm::Value*& memory = storage_[name + " " + to_string(bytes)];
  if (memory) return memory;
  llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(setup_end_);
  memory = indices_.pointer(scratch_, linear_form(scratch_end_));
  // Each begins at a multiple of 64 and is followed by 64 bytes that may be read.
  Expr room = floor_div(bytes + pool_->index(127), 64) * pool_->index(64);
  scratch_end_ = simplify(scratch_end_ + room, ranges_);
  return memory;
}

void KernelEmitter::emit_require(const loop::Require& require) {
  llvm::Value* failed = b_.CreateNot(emit(fixed(require.condition)));
  if (mask_) failed = b_.CreateAnd(values_.widened(failed, lane_->count), mask_);
  failed = any_of(failed);
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(failed);
      constant && constant->isZero())
    return;
  auto* report = llvm::BasicBlock::Create(context_, "report", kernel_.function);
  auto* after = llvm::BasicBlock::Create(context_, "checked", kernel_.function);
  llvm::MDNode* unlikely = llvm::MDBuilder(context_).createBranchWeights(1, 2000);
  b_.CreateCondBr(failed, report, after, unlikely);
  b_.SetInsertPoint(report);
  llvm::Value* old = b_.CreateAlignedLoad(b_.getInt32Ty(), status_, llvm::Align(4));
  llvm::Value* status = b_.getInt32(
      static_cast<uint32_t>(TNR_STATUS(TN_INDEX, options_.node_number(require.location))));
  b_.CreateAlignedStore(b_.CreateSelect(b_.CreateICmpEQ(old, b_.getInt32(0)), status, old), status_,
                        llvm::Align(4));
  b_.CreateBr(after);
  b_.SetInsertPoint(after);
  memo_.clear();
}

}  // namespace tenon::codegen
