// log, with its special cases.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {

Expr logarithm(Expr x) {
  Expr zero = number(x, 0), infinity = number(x, kInfinity);
  Expr outside = select(eq(x, zero), -infinity, number(x, kNaN));
  return select(lt(zero, x), select(lt(x, infinity), log_core(x, /*subnormals=*/true), infinity),
                outside);
}

}  // namespace tenon::math
