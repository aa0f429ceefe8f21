// The rewriter that knows the ranges of the loops around it.
#include "ir/loop/passes.h"

namespace tenon::loop {

Stmt RangedRewriter::rewrite(const Stmt& stmt) {
  const For* loop = stmt.as<For>();
  if (!loop) return visit(stmt);
  ranges_.set_extent(loop->var, loop->extent);
  Stmt result = visit(stmt);
  ranges_.erase(loop->var);
  return result;
}

}  // namespace tenon::loop
