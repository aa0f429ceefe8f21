// floor, ceil, trunc and round_even of f32 and f64 by the adder: from 2^23 (2^52) on every float is
// an integer, so that adding this to a smaller one and taking it away again rounds to nearest even.
//
//   floor(x)   ->   r = round_to_even(x)   select(x < r, r - 1.0, r)
//
// All keep the sign of a zero, and infinity and NaN, which fail the comparison with the limit.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

Expr limit(Expr x) { return number(x, 0x1p23, 0x1p52); }
Expr nearest(Expr magnitude) { return magnitude + limit(magnitude) - limit(magnitude); }

// The rounded magnitude with the sign of x, or x where it is an integer already.
Expr finished(Expr magnitude, Expr x) {
  return select(lt(absolute(x), limit(x)), with_sign_of(magnitude, x), x);
}

}  // namespace

Expr round_to_even(Expr x) { return finished(nearest(absolute(x)), x); }

Expr truncate(Expr x) {
  Expr size = absolute(x), rounded = nearest(size);
  return finished(select(lt(size, rounded), rounded - 1, rounded), x);
}

Expr floor(Expr x) {
  Expr rounded = round_to_even(x);
  return select(lt(x, rounded), rounded - 1, rounded);
}

// -0.7 goes to -1 and then to -0: the sign is put back.
Expr ceiling(Expr x) {
  Expr rounded = round_to_even(x);
  return with_sign_of(absolute(select(lt(rounded, x), rounded + 1, rounded)), x);
}

}  // namespace tenon::math
