// exp, sigmoid, tanh and erf: one exponential each, no branch.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {

Expr exponential(Expr x) { return exp_core(x, {}); }

// 1 / (1 + exp(-x)), and exp(x) / (1 + exp(x)) for negative x: with e = exp(-|x|) neither
// overflows, and small results keep their relative accuracy.
Expr sigmoid(Expr x) {
  Expr e = exp_core(-absolute(x), {.clamp_high = false});
  return select(lt(x, number(x, 0)), e, number(x, 1)) / (e + 1);
}

// With x = n*log(2)/2 + r, t = tanh(r) and c = 2^n the addition formula gives
//   tanh(x) = ((c - 1) + (c + 1)*t) / ((c + 1) + (c - 1)*t),
// where n = 0 leaves t alone, so that small results are accurate too.
Expr hyperbolic_tangent(Expr x) {
  const Format& format = format_of(x);
  Expr magnitude = min(absolute(x), number(x, 10, 20));  // from here on, the result rounds to 1
  Reduced reduced = reduce_by_log2(magnitude, format.bias, 0.5);
  Expr r = reduced.r, square = r * r;
  Expr p = polynomial(
      square, {-0.333333224058, 0.133311539888, -0.0527182258666},
      {-0.3333333333333333, 0.13333333333330388, -0.053968253959837315, 0.021869487395602197,
       -0.008863152796921462, 0.003588823815141199, -0.001387114787474235});
  Expr t = fma(square * r, p, r);
  Expr c = from_bits(shift_left(reduced.integer_bits, format.fraction_bits));
  Expr less = c - 1, more = c + 1;
  return with_sign_of(fma(more, t, less) / fma(less, t, more), x);
}

// erf(x) = 1 - exp(-x - x*g(x)), where g(x) = -log(1 - erf(x))/x - 1 is smooth: one polynomial
// serves the whole range, and 1 - exp keeps the relative accuracy near 0. From the limit on, the
// result rounds to 1.
Expr error_function(Expr x) {
  Expr a = min(absolute(x), number(x, 3.95, 5.95));
  Expr g = polynomial(
      a,
      {0.128379166126, 0.636619389057, 0.102777831256, -0.0191530641168, -0.000160396186402,
       0.00166702747811, -0.000632836832665, 0.000117641262477, -9.25626318349e-06},
      {0.12837916709551256,     0.6366197723675909,      0.1027726033013155,
       -0.01912844699309606,    -0.00020919485390661353, 0.0016962076697360775,
       -0.000590132429422949,   2.590449682194154e-05,   6.442048067115392e-05,
       -2.9575686279202355e-05, 3.169701587068577e-06,   3.1329263106112275e-06,
       -2.0371551729599295e-06, 5.706081771015732e-07,   -1.1694118159789281e-08,
       -6.574007363126997e-08,  3.458725339574162e-08,   -1.0774046001445719e-08,
       2.3606706221780784e-09,  -3.760975593856932e-10,  4.302112581290992e-11,
       -3.3646277198485056e-12, 1.615016165625826e-13,   -3.592545774814518e-15});
  return with_sign_of(one_minus_exp(fma(-a, g, -a)), x);
}

}  // namespace tenon::math
