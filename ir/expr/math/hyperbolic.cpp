// sinh, cosh and the inverse hyperbolic functions in f64.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

constexpr double kLog2 = 0x1.62e42fefa39efp-1;
constexpr double kLarge = 0x1p28;  // from here on, x^2 + 1 and x^2 - 1 round to x^2

// log(1 + x) for x >= 0: the logarithm of the rounded sum, and to first order what the sum lost
// (Kahan).
Expr log1p(Expr x) {
  Expr sum = x + 1, lost = x - (sum - 1);
  Expr finite = log_core(sum, /*subnormals=*/false) + lost / sum;
  return select(lt(sum, number(x, kInfinity)), finite, sum);
}

}  // namespace

// With h = exp(|x|)/2: h - 1/(4h), and near 0, where that cancels, (m + m/(m + 1))/2 with m =
// exp(|x|) - 1.
Expr hyperbolic_sine(Expr x) {
  Expr a = absolute(x), h = exp_core(a, {.clamp_low = false, .scale = -1});
  Expr m = exp_minus_one(min(a, number(x, 1)));
  Expr near_zero = (m + m / (m + 1)) * 0.5;
  return with_sign_of(select(lt(a, number(x, 1)), near_zero, h - 0.25 / h), x);
}

Expr hyperbolic_cosine(Expr x) {
  Expr h = exp_core(absolute(x), {.clamp_low = false, .scale = -1});
  return h + 0.25 / h;
}

// asinh(x) = log1p(x + x^2/(1 + sqrt(1 + x^2))); for large x, log(x) + log(2)
Expr inverse_hyperbolic_sine(Expr x) {
  Expr a = absolute(x), large = lt(number(x, kLarge), a);
  Expr square = a * a;
  Expr argument = select(large, a - 1, a + square / (call(Op::Sqrt, square + 1) + 1));
  return with_sign_of(log1p(argument) + select(large, number(x, kLog2), number(x, 0)), x);
}

// acosh(x) = log1p(u + sqrt(2u + u^2)) with u = x - 1; for large x, log(x) + log(2)
Expr inverse_hyperbolic_cosine(Expr x) {
  Expr u = x - 1, large = lt(number(x, kLarge), x);
  Expr argument = select(large, u, u + call(Op::Sqrt, fma(u, u, u + u)));
  Expr inside = log1p(argument) + select(large, number(x, kLog2), number(x, 0));
  return select(le(number(x, 1), x), inside, number(x, kNaN));
}

// atanh(x) = log1p(2x/(1 - x)) / 2
Expr inverse_hyperbolic_tangent(Expr x) {
  Expr a = absolute(x);
  Expr inside = with_sign_of(log1p((a + a) / (1 - a)) * 0.5, x);
  return select(le(a, number(x, 1)), inside, number(x, kNaN));
}

}  // namespace tenon::math
