// pow: exp(y * log|x|), then the sign and the special cases of C's Annex F. For f32 the logarithm
// in f64 has bits to spare; for f64 it is a sum of two doubles, as y * log|x| reaches 745 and its
// absolute error counts.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

// log(2) for sums: the first part times any exponent is exact.
constexpr double kLog2High = 0x1.62e42fefa3800p-1, kLog2Low = 0x1.ef35793c76730p-45;
constexpr double kTwoThirds = 0x1.5555555555555p-1, kTwoThirdsLow = 0x1.5555555555555p-55;

// log(x) for positive finite f64 to about 2^-66: 2s + (2/3)s^3 + s^5 * p(s^2) with s = (m - 1)/(m +
// 1), the first two terms and exponent*log(2) as pairs (after Dekker; the scheme of SLEEF's pow).
Pair log_pair(Expr x) {
  auto [exponent, m] = decompose(x, /*subnormals=*/true);
  Expr f = m - 1;
  Pair d = fast_sum(m, number(x, 1));
  // m < 1 would break the order that fast_sum needs, but both sums are exact or lose less than half
  // a unit of 1.
  d.low = select(lt(m, number(x, 1)), m - (d.high - 1), d.low);
  Expr s = f / d.high;
  Expr s_low = fma(-s, d.low, fma(-s, d.high, f)) / d.high;
  Pair square = exact_product(s, s);
  square.low = fma(s + s, s_low, square.low);
  Pair cube = exact_product(square.high, s);
  cube.low = cube.low + fma(square.low, s, square.high * s_low);
  Pair third = exact_product(cube.high, number(x, kTwoThirds));
  third.low = third.low + fma(cube.low, number(x, kTwoThirds), cube.high * kTwoThirdsLow);
  Expr p = polynomial(square.high, {0.3999999999999998, 0.2857142857144522, 0.22222222217510557,
                                    0.1818181887349785, 0.1538455665352827, 0.13336325797779283,
                                    0.11674648172943092, 0.11990433870684397});
  Expr rest = square.high * cube.high * p;
  Pair sum = fast_sum(exponent * kLog2High, s + s);
  Pair with_third = fast_sum(sum.high, third.high);
  Expr low = sum.low + with_third.low +
             (fma(exponent, number(x, kLog2Low), s_low + s_low) + (third.low + rest));
  return fast_sum(with_third.high, low);
}

// log of 0 and infinity, which the cores do not know.
Expr with_limits(Expr log, Expr x) {
  Expr limited = select(eq(x, number(x, 0)), number(x, -kInfinity), log);
  return select(eq(x, number(x, kInfinity)), x, limited);
}

// |x|^y for x >= 0 but for its special cases at x = 1 and y = 0.
Expr core(Expr x, Expr y) {
  if (is_single(x)) {
    Expr wide = cast(DType::F64, x);
    Expr log = with_limits(log_core(wide, /*subnormals=*/false), wide);
    return cast(DType::F32, exp_core(cast(DType::F64, y) * log, {}));
  }
  Pair log = log_pair(x);
  Pair product = exact_product(y, log.high);
  Expr low = fma(y, log.low, product.low);
  Expr high = y * with_limits(log.high, x);
  // Where the result is 0 or infinite anyway, the low part may be garbage.
  low = select(lt(absolute(high), number(x, 1000)), low, number(x, 0));
  return exp_core(high, {.correction = low});
}

}  // namespace

Expr power(Expr x, Expr y) {
  if (const FloatImm* exponent = y.as<FloatImm>()) {
    if (exponent->value == 2) return x * x;
    if (exponent->value == 3) return x * x * x;
    if (exponent->value == 4) return (x * x) * (x * x);
  }
  Expr zero = number(x, 0), one = number(x, 1), a = absolute(x);
  Expr magnitude = select(eq(a, one) | eq(y, zero), one, core(a, y));
  // A negative base: odd integers keep its sign, other integers lose it, the rest have no result.
  Expr half = y * 0.5;
  Expr whole = eq(call(Op::Trunc, y), y), odd = whole & ne(call(Op::Trunc, half), half);
  Expr with_sign = select(odd, with_sign_of(magnitude, x), magnitude);
  Expr undefined = lt(x, zero) & lt(a, number(x, kInfinity)) & logical_not(whole);
  Expr result = select(undefined, number(x, kNaN), with_sign);
  // NaN operands: only pow(1, NaN) and pow(NaN, 0) are numbers.
  Expr unordered = ne(x, x) | (ne(y, y) & ne(x, one));
  return select(unordered & ne(y, zero), number(x, kNaN), result);
}

}  // namespace tenon::math
