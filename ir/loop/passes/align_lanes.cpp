// A condition that holds for all lanes of a vectorized loop or for none loses the lane, so that it
// can move out of the loop.
//
//   for vectorized v in 4 { if t*4 + v < 56 { y[t*4 + v] = ... } }
//   ->
//   for vectorized v in 4 { if t < 14 { y[t*4 + v] = ... } }
//
// The distance to the bound is a multiple of the lanes, less the lane: it is positive for all of them
// as soon as it is for the first.
#include "ir/expr/linear_form.h"
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class AlignLanes final : public RangedRewriter {
 public:
  using RangedRewriter::RangedRewriter;

 private:
  Stmt visit(const Stmt& old) override {
    const For* loop = old.as<For>();
    if (!loop || loop->kind != LoopKind::Vectorized) return rewrite_children(old);
    const For* outer = lanes_;
    lanes_ = loop;
    Stmt result = rewrite_children(old);
    lanes_ = outer;
    return result;
  }

 public:
  Stmt rewrite(const Stmt& stmt) override {
    const If* branch = stmt.as<If>();
    if (!branch || !lanes_ || branch->else_body) return RangedRewriter::rewrite(stmt);
    std::vector<Expr> parts;
    bool changed = false;
    for (Expr part : conjuncts(branch->condition)) {
      parts.push_back(aligned(part));
      changed = changed || !(parts.back() == part);
    }
    return changed ? Stmt(If{conjunction(parts), branch->then_body, {}}) : stmt;
  }

 private:
  // first + lane < bound, where bound - first is a multiple of the lanes.
  Expr aligned(Expr condition) {
    const Apply* less = condition.as_op(Op::Lt);
    Expr lane = pool().var(lanes_->var);
    if (!less || less->operand(0).type() != DType::Index || !uses_var(condition, lanes_->var))
      return condition;
    LinearForm distance =
        add(linear_form(less->operand(1)), linear_form(less->operand(0)), /*scale=*/-1);
    Split split = split_by(distance, lane);
    bool falls =
        split.linear && split.coefficient.is_constant() && split.coefficient.constant == -1;
    if (!falls || !split.rest.valid) return condition;
    Expr rest = build(pool(), split.rest);
    if (uses_var(rest, lanes_->var) ||
        !prove(eq(floor_mod(rest, *as_int(lanes_->extent)), pool().index(0)), ranges()))
      return condition;
    return simplify(lt(pool().index(0), rest), ranges());
  }

  const For* lanes_ = nullptr;
};

}  // namespace

Function align_lanes(const Function& function, const Ranges& symbols, ExprPool& pool) {
  if (!has_bound_loops(function.body)) return function;
  Function result = function;
  result.body = AlignLanes(pool, symbols).rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
