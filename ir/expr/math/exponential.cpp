// exp, sigmoid, tanh and erf: one exponential each, no branch.
#include <cmath>

#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {

Expr exponential(Expr x) { return exp_core(x, {}); }

// 1 / (1 + exp(-x)) with exp(-x) = c*(1 + p), c = 2^n, p = exp(r) - 1: one rounding less than by
// way of exp(-x), and it is the rounding of a sum just above a power of two, where the quotient
// just below one shows it twice. Everything is times 2^-24 (2^-53), so that the sum stays finite
// where the result is subnormal.
Expr sigmoid(Expr x) {
  const Format& format = format_of(x);
  // Beyond these the result rounds to 1 and 0.
  Expr y = min(max(-x, number(x, -18, -40)), number(x, 104, 746));
  int scale = -1 - format.fraction_bits;
  Reduced reduced = reduce_by_log2(y, format.bias + scale);
  Expr p = small_exp_minus_one(reduced.r);
  Expr c = from_bits(shift_left(reduced.integer_bits, format.fraction_bits));
  Expr one = number(x, std::ldexp(1.0, scale)), sum = c + one;
  Expr lost = one - (sum - c);  // by a c so large that the 1 falls off
  return one / (fma(c, p, lost) + sum);
}

// Below 0.6 an odd polynomial; from there on 1 - 2/(exp(2x) + 1), with exp(2x) = c*(1 + p) as in
// sigmoid. The quotient is less than 1/2 there, and so are its errors.
Expr hyperbolic_tangent(Expr x) {
  const Format& format = format_of(x);
  Expr a = absolute(x), square = a * a;
  Expr odd = polynomial(
      square,
      {-0.333332992719, 0.133319582351, -0.0537866825665, 0.0208053803137, -0.00590586272177},
      {-0.33333333333333134, 0.13333333333300903, -0.053968253949875116, 0.021869488015962501,
       -0.0088632269555000337, 0.0035920388423872375, -0.0014552230476795263,
       0.00058721425471229963, -0.00023045068925719611, 7.9377320310620367e-5,
       -1.7210876465135881e-5});
  Expr magnitude = min(a, number(x, 10, 20));  // from here on, the result rounds to 1
  Reduced reduced = reduce_by_log2(magnitude + magnitude, format.bias);
  Expr p = small_exp_minus_one(reduced.r);
  Expr c = from_bits(shift_left(reduced.integer_bits, format.fraction_bits));
  Expr large = 1 - number(x, 2) / fma(c, p, c + 1);
  return with_sign_of(select(lt(a, number(x, 0.6)), fma(a * square, odd, a), large), x);
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
