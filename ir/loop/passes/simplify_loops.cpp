// Index expressions in normal form, proved conditions decided, serial loops that run once removed.
//
//   for i in 1 { if i < 4 { y[i*2 + 0] = 1.0 } }   ->   y[0] = 1.0
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class SubstituteVars final : public StmtRewriter {
 public:
  explicit SubstituteVars(std::vector<Substitution> substitutions)
      : substitutions_(std::move(substitutions)) {}
  Expr rewrite_expr(Expr e) override { return substitute(e, substitutions_); }

 private:
  std::vector<Substitution> substitutions_;
};

// A scan's loop stays: its stages name it.
bool is_named_by_stages(const For& loop) {
  bool named = false;
  for_each_stmt(loop.body, [&](const Stmt& stmt) {
    const Leaf* leaf = stmt.as<Leaf>();
    if (!leaf || leaf->stage->find_axis(loop.var)) return;
    auto look = [&](Expr e) { named = named || (e && uses_var(e, loop.var)); };
    look(leaf->stage->value);
    look(leaf->stage->where);
    for (Expr index : leaf->stage->target) look(index);
    for (Expr requirement : leaf->stage->requirements) look(requirement);
  });
  return named;
}

class SimplifyLoops final : public RangedRewriter {
 public:
  using RangedRewriter::RangedRewriter;
  Expr rewrite_expr(Expr e) override { return simplify(e, ranges()); }

 private:
  Stmt visit(const Stmt& old) override {
    if (const For* loop = old.as<For>(); loop && runs_once(*loop) && !is_named_by_stages(*loop))
      return rewrite(SubstituteVars({{loop->var, pool().index(0)}}).rewrite(loop->body));
    Stmt stmt = rewrite_children(old);
    if (const If* branch = stmt.as<If>()) {
      if (is_true(branch->condition)) return branch->then_body;
      if (is_int(branch->condition, 0)) return branch->else_body ? branch->else_body : block({});
    }
    if (const Leaf* leaf = stmt.as<Leaf>(); leaf && leaf->guard && is_true(leaf->guard)) {
      Leaf always = *leaf;
      always.guard = {};
      return always;
    }
    if (const Require* require = stmt.as<Require>(); require && is_true(require->condition))
      return block({});
    if (const For* loop = stmt.as<For>(); loop && is_int(loop->extent, 0)) return block({});
    return stmt;
  }

  bool runs_once(const For& loop) const {
    return loop.kind == LoopKind::Serial && is_int(simplify(loop.extent, ranges()), 1);
  }
};

}  // namespace

Function simplify_loops(const Function& function, const Ranges& symbols, ExprPool& pool) {
  Function result = function;
  result.body = SimplifyLoops(pool, symbols).rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
