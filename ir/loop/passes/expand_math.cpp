// Mathematical functions become arithmetic, the same on every target.
//
//   y[i] = exp(x[i])   ->   y[i] = (polynomial in fma, scaled by bits of the exponent)
#include "ir/expr/expand_math.h"

#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class ExpandMath final : public StmtRewriter {
 public:
  Expr rewrite_expr(Expr e) override { return tenon::expand_math(e); }
};

}  // namespace

Function expand_math(const Function& function, ExprPool&) {
  Function result = function;
  result.body = ExpandMath().rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
