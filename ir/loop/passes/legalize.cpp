// Operations that a target lacks become ones that it has.
//
//   fma(a, b, c)   ->   a * b + c         where the target has no fused multiply-add
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class LegalizeExpr final : public Rewriter {
 public:
  LegalizeExpr(ExprPool& pool, const LegalOperations& legal) : Rewriter(pool), legal_(legal) {}

 private:
  Expr rewrite(Expr old) override {
    Expr e = rewrite_children(old);
    const Apply* apply = e.as<Apply>();
    if (apply && apply->op == Op::Fma && !legal_.fma)
      return apply->operand(0) * apply->operand(1) + apply->operand(2);
    return e;
  }
  const LegalOperations& legal_;
};

class Legalize final : public StmtRewriter {
 public:
  Legalize(ExprPool& pool, const LegalOperations& legal) : expr_(pool, legal) {}
  Expr rewrite_expr(Expr e) override { return expr_(e); }

 private:
  LegalizeExpr expr_;
};

}  // namespace

Function legalize(const Function& function, const LegalOperations& legal, ExprPool& pool) {
  Function result = function;
  result.body = Legalize(pool, legal).rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
