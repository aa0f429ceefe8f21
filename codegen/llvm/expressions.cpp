// Expressions: index arithmetic goes to IndexValues where no lane is in it; all else is emitted
// where it stands, each node of a statement once.
//
//   select(no*48 + lane < n, x, 0.0) in a vectorized loop of 16
//   ->   limit = clamp(n - no*48, 0, 16)     select(<0, 1, ..., 15> < splat(limit), x, splat(0.0))
#include "codegen/llvm/kernel_emitter.h"

namespace tenon::codegen {
namespace {

bool is_comparison(Op op) { return op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le; }
bool is_division(Op op) {
  return op == Op::FloorDiv || op == Op::FloorMod || op == Op::TruncDiv || op == Op::TruncRem;
}

}  // namespace

Expr KernelEmitter::fixed(Expr e) const { return expanded_.empty() ? e : substitute(e, expanded_); }

std::vector<Expr> KernelEmitter::fixed(std::span<const Expr> list) const {
  std::vector<Expr> result;
  for (Expr e : list) result.push_back(fixed(e));
  return result;
}

bool KernelEmitter::uses_lane(Expr e) const { return lane_ && uses_var(e, lane_->name); }

bool KernelEmitter::uses_lane(const LinearForm& form) const {
  for (const Term& term : form.terms)
    for (Expr factor : term.factors)
      if (uses_lane(factor)) return true;
  return false;
}

bool KernelEmitter::is_proved(Expr condition) {
  auto [known, inserted] = proved_.try_emplace(condition.node(), false);
  if (inserted) known->second = is_true(condition) || prove(condition, ranges_);
  return known->second;
}

// The value of an expression whose expanded variables are substituted.
llvm::Value* KernelEmitter::emit(Expr e) {
  bool varies = uses_lane(e);
  if (!varies && e.type() == DType::Index) {
    LinearForm form = linear_form(e);
    if (form.valid) return indices_.value(form);
  }
  if (!varies && e.type() == DType::Bool && e.kind() == ExprKind::Apply && indices_.is_hoistable(e))
    return indices_.atom(e);
  auto known = memo_.find(e.node());
  if (known != memo_.end()) return known->second;
  llvm::Value* value = varies && e.type() == DType::Index ? emit_lane_index(e) : emit_node(e);
  memo_[e.node()] = value;
  return value;
}

llvm::Value* KernelEmitter::emit_node(Expr e) {
  switch (e.kind()) {
    case ExprKind::IntImm: return values_.literal(e.type(), Scalar{.i = e.as<IntImm>()->value});
    case ExprKind::FloatImm: return values_.literal(e.type(), Scalar{.f = e.as<FloatImm>()->value});
    case ExprKind::Var: return indices_.atom(e);
    case ExprKind::Apply: return emit_apply(*e.as<Apply>());
    case ExprKind::Read: return emit_read(e);
    case ExprKind::Cast: {
      const Cast* cast = e.as<Cast>();
      DType from = cast->value().type();
      llvm::Value* value = emit(cast->value());
      llvm::Value* result = cast->bits ? values_.reinterpret(e.type(), from, value)
                                       : values_.convert(e.type(), from, value);
      if (result) return result;
      return fail("no conversion from " + std::string(name_of(from)) + " to " +
                      std::string(name_of(e.type())),
                  values_.register_type(e.type()));
    }
  }
  return nullptr;
}

llvm::Value* KernelEmitter::emit_apply(const Apply& apply) {
  DType type = apply.children[apply.op == Op::Select ? 1 : 0].type();
  if (type == DType::Index && is_comparison(apply.op) &&
      (uses_lane(apply.children[0]) || uses_lane(apply.children[1])))
    return emit_lane_comparison(apply.op, apply.children[0], apply.children[1]);
  std::vector<llvm::Value*> operands;
  for (Expr child : apply.children) operands.push_back(emit(child));
  if (type == DType::Index && is_division(apply.op))
    return values_.divide_index(apply.op, operands[0], operands[1],
                                bounds_of(apply.children[0], ranges_).min >= 0);
  if (llvm::Value* result = values_.apply(apply.op, type, operands)) return result;
  return fail("no instruction for " + std::string(text_of(apply.op)) + " on " +
                  std::string(name_of(type)) + " on " + target_.name,
              apply.type == DType::Bool ? b_.getInt1Ty() : values_.register_type(type));
}

// An index that differs from lane to lane, as a vector.
llvm::Value* KernelEmitter::emit_lane_index(Expr e) {
  Split split = split_by(linear_form(e), lane_->variable);
  if (split.linear && split.coefficient.is_constant() && !uses_lane(split.rest)) {
    auto* steps = llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(lane_->count),
                                                 values_.index(split.coefficient.constant));
    llvm::Value* offsets = b_.CreateMul(values_.iota(0, lane_->count), steps);
    return b_.CreateAdd(values_.splat(indices_.value(split.rest), lane_->count), offsets, "", false,
                        values_.index_is_exact());
  }
  return emit_node(e);
}

// With b - a = first + lane or first - lane the comparison says how far lanes must be from a limit:
// 32 bits hold that.
llvm::Value* KernelEmitter::emit_lane_comparison(Op op, Expr a, Expr b) {
  Split split = split_by(add(linear_form(b), linear_form(a), -1), lane_->variable);
  int64_t step = split.coefficient.constant;
  unsigned lanes = lane_->count;
  if (!split.linear || !split.coefficient.is_constant() || (step != 1 && step != -1) ||
      uses_lane(split.rest) || !split.rest.valid)
    return values_.apply(op, DType::Index, {emit(a), emit(b)});
  // 0 < first + lane: lane >= 1 - first.   0 <= first + lane: lane >= -first.   0 == first + lane: lane == -first.
  // 0 < first - lane: lane < first.        0 <= first - lane: lane < first + 1. 0 == first - lane: lane == first.
  LinearForm limit = scaled(split.rest, -step);
  if (op == Op::Lt && step == 1) limit.constant += 1;
  if (op == Op::Le && step == -1) limit.constant += 1;
  bool equality = op == Op::Eq || op == Op::Ne;
  int64_t least = equality ? -1 : 0;
  llvm::Value* number;
  if (limit.is_constant()) {
    number = values_.index(std::clamp<int64_t>(limit.constant, least, lanes));
  } else {
    number = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, indices_.value(limit),
                                      values_.index(lanes));
    number = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, number, values_.index(least));
  }
  llvm::Value* bound = values_.splat(b_.CreateTrunc(number, b_.getInt32Ty()), lanes);
  llvm::Value* numbers = values_.iota(32, lanes);
  if (op == Op::Eq) return b_.CreateICmpEQ(numbers, bound);
  if (op == Op::Ne) return b_.CreateICmpNE(numbers, bound);
  return step == 1 ? b_.CreateICmpSGE(numbers, bound) : b_.CreateICmpSLT(numbers, bound);
}

}  // namespace tenon::codegen
