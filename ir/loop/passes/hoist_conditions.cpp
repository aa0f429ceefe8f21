// Conditions move out of the loops whose variables they do not use.
//
//   for i in 4 { if (0 <= j) & (i < n) { y[i] = 1.0 } }   ->   if 0 <= j { for i in 4 { if i < n { y[i] = 1.0 } } }
//
// A parallel loop stays outermost, and bound loops stay right inside one another, so nothing moves
// out of one.
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class HoistConditions final : public StmtRewriter {
 public:
  Stmt rewrite(const Stmt& old) override {
    Stmt stmt = rewrite_children(old);  // inner loops first, so conditions climb all the way
    const For* loop = stmt.as<For>();
    if (!loop || loop->kind == LoopKind::Parallel || is_bound(loop->kind)) return stmt;
    const If* branch = loop->body.as<If>();
    if (!branch || branch->else_body) return stmt;
    Expr outer, inner;
    for (Expr part : conjuncts(branch->condition)) {
      Expr& side = uses_var(part, loop->var) ? inner : outer;
      side = side ? side & part : part;
    }
    if (!outer) return stmt;
    For narrowed = *loop;
    narrowed.body = inner ? Stmt(If{inner, branch->then_body, {}}) : branch->then_body;
    return If{outer, narrowed, {}};
  }
};

// A condition may read memory that its loop writes; those stay where they are.
bool reads_memory(Expr e) {
  bool found = false;
  for_each_node(e, [&](Expr node) { found = found || node.kind() == ExprKind::Read; });
  return found;
}

}  // namespace

Function hoist_conditions(const Function& function, ExprPool&) {
  bool safe = true;
  for_each_stmt(function.body, [&](const Stmt& stmt) {
    if (const If* branch = stmt.as<If>()) safe = safe && !reads_memory(branch->condition);
  });
  if (!safe) return function;
  Function result = function;
  result.body = HoistConditions().rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
