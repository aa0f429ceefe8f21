// asin, acos and atan in f64.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0, kHalfPiLow = 0x1.1a62633145c07p-54;

// (asin(z) - z) / z for |z| <= 1/2, from t = z^2
Expr arc_sine_ratio(Expr t) {
  return t * polynomial(t, {0.1666666666666609, 0.07500000000208917, 0.04464285691057673,
                            0.030381956569652944, 0.022371802765478153, 0.017359247387554178,
                            0.013887917754086213, 0.012161955793894837, 0.006520737720451755,
                            0.019639522401798504, -0.016523439848108164, 0.03219174509906534});
}

// Where |x| > 1/2: asin(x) = pi/2 - 2*asin(z) with z = sqrt((1 - |x|)/2); below, z = |x|.
struct Reduced {
  Expr large;  // |x| > 1/2
  Expr t;      // z^2, exact where large
  Expr z;
  Expr lost;  // what z lacks of the root
};

Reduced reduce(Expr x) {
  Expr a = absolute(x), large = lt(number(x, 0.5), a);
  Expr t = select(large, (1 - a) * 0.5, a * a);
  Expr root = call(Op::Sqrt, t);
  // One Newton step for the root's rounding; at t = 0 there is nothing to correct.
  Expr lost =
      select(large & lt(number(x, 0), t), fma(-root, root, t) / (root + root), number(x, 0));
  return {large, t, select(large, root, a), lost};
}

}  // namespace

Expr arc_sine(Expr x) {
  auto [large, t, z, lost] = reduce(x);
  Expr small_part = fma(z, arc_sine_ratio(t), lost);  // asin(z) = z + small_part
  Expr from_half_pi = (kHalfPiHigh - (z + z)) - ((small_part + small_part) - kHalfPiLow);
  return with_sign_of(select(large, from_half_pi, z + small_part), x);
}

Expr arc_cosine(Expr x) {
  auto [large, t, z, lost] = reduce(x);
  Expr small_part = fma(z, arc_sine_ratio(t), lost);
  Expr negative = lt(x, number(x, 0)), twice = (z + small_part) * 2;
  // |x| <= 1/2: pi/2 - asin(x);   x > 1/2: 2*asin(z);   x < -1/2: pi - 2*asin(z)
  Expr signed_z = select(negative, -z, z), signed_part = select(negative, -small_part, small_part);
  Expr middle = kHalfPiHigh - (signed_z - (kHalfPiLow - signed_part));
  Expr near_pi = 2 * kHalfPiHigh - (twice - 2 * kHalfPiLow);
  return select(large, select(negative, near_pi, twice), middle);
}

// atan(x) = pi/4 + atan((x - 1)/(x + 1)) = pi/2 - atan(1/x): the argument of the polynomial stays
// below tan(pi/8).
Expr arc_tangent(Expr x) {
  Expr a = absolute(x);
  Expr middle = lt(number(x, 0x1.a827999fcef34p-2), a),
       large = lt(number(x, 0x1.3504f333f9de6p+1), a);
  Expr one = number(x, 1), zero = number(x, 0);
  Expr numerator = select(large, -one, select(middle, a - 1, a));
  Expr denominator = select(large, a, select(middle, a + 1, one));
  Expr base =
      select(large, number(x, kHalfPiHigh), select(middle, number(x, kHalfPiHigh / 2), zero));
  Expr base_low =
      select(large, number(x, kHalfPiLow), select(middle, number(x, kHalfPiLow / 2), zero));
  Expr z = numerator / denominator, t = z * z;
  Expr p = polynomial(
      t, {-0.333333333333332, 0.19999999999953663, -0.14285714280204162, 0.11111110783820638,
          -0.09090897767238643, 0.0769206036436545, -0.066631054825162, 0.058478975714638566,
          -0.050393315705336575, 0.03806497216915144, -0.017907361018655893});
  return with_sign_of(base + (z + fma(z * t, p, base_low)), x);
}

}  // namespace tenon::math
