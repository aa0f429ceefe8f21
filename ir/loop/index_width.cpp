// The walk over a function's index expressions, with the ranges of the loops around each.
#include "ir/loop/index_width.h"

namespace tenon::loop {
namespace {

constexpr int64_t kLimit = int64_t{1} << 29;

class Walk {
 public:
  explicit Walk(const Ranges& symbols) : ranges_(symbols) {}

  bool fits(const Stmt& stmt) {
    if (const Block* block = stmt.as<Block>()) {
      for (const Stmt& child : block->stmts)
        if (!fits(child)) return false;
      return true;
    }
    if (const For* loop = stmt.as<For>()) {
      if (!fits(loop->extent)) return false;
      ranges_.set_extent(loop->var, loop->extent);
      bool body = fits(loop->body);
      ranges_.erase(loop->var);
      return body;
    }
    if (const If* branch = stmt.as<If>())
      return fits(branch->condition) && fits(branch->then_body) &&
             (!branch->else_body || fits(branch->else_body));
    bool all = true;
    for_each_expr(stmt, [&](Expr e) { all = all && fits(e); });
    return all;
  }

 private:
  // Shifts of an index are defined by a width of 64.
  bool fits(Expr e) {
    bool all = true;
    for_each_node(e, [&](Expr node) {
      if (!all || node.type() != DType::Index) return;
      Interval bounds = bounds_of(node, ranges_);
      bool shifts = node.as_op(Op::Shl) || node.as_op(Op::Shr);
      all = !shifts && bounds.min >= -kLimit && bounds.max <= kLimit;
    });
    return all;
  }

  Ranges ranges_;
};

}  // namespace

int index_bits(const Stmt& body, const Ranges& symbols) {
  return Walk(symbols).fits(body) ? 32 : 64;
}

}  // namespace tenon::loop
