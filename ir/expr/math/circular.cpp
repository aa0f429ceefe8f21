// sin, cos and tan. The argument is reduced by multiples of pi/2 in f64 (also for f32, where that
// is exact enough for every argument in reach), then one of two polynomials is chosen by the
// quadrant.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

// pi/2 in parts, all positive (else a zero would lose its sign). The first have 33 bits (those of
// fdlibm), so that small multiples are exact even where fma is split into a product and a sum.
constexpr double kHalfPi1 = 0x1.921fb544p+0, kHalfPi1Tail = 0x1.0b4611a626331p-34;
constexpr double kHalfPi2 = 0x1.0b4611a6p-34, kHalfPi2Tail = 0x1.3198a2e037073p-69;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
// Adding it rounds to an integer, which is in the low bits of the sum.
constexpr double kShifter = 0x1.8p52;
// Beyond the promised range the remainder is meaningless; this keeps the polynomials within [-1,
// 1].
constexpr double kMostRemainder = 0.8;

struct Reduced {
  Expr quadrant_bits;  // of the type of the bits of x; the low two count
  Expr r;              // |r| <= pi/4, of the type of x
};

Reduced reduce_by_half_pi(Expr x) {
  Expr wide = cast(DType::F64, x);
  Expr sum = fma(wide, number(wide, kTwoOverPi), number(wide, kShifter));
  Expr n = sum - kShifter;
  auto less = [&](Expr r, double part) { return fma(n, number(wide, -part), r); };
  Expr r = less(wide, kHalfPi1);
  r = is_single(x) ? less(r, kHalfPi1Tail) : less(less(r, kHalfPi2), kHalfPi2Tail);
  r = cast(x.type(), r);
  r = max(min(r, number(x, kMostRemainder)), number(x, -kMostRemainder));
  return {cast(format_of(x).bits, to_bits(sum)), r};
}

// sin(r) = r + r^3 * p(r^2)
Expr sine_polynomial(Expr r) {
  Expr t = r * r;
  Expr p = polynomial(t, {-0.166666552424, 0.00833216868341, -0.000195160115254},
                      {-0.16666666666666632, 0.008333333333322316, -0.00019841269829725224,
                       2.7557313662063997e-06, -2.5050753265458658e-08, 1.5896504994906177e-10});
  return fma(r * t, p, r);
}

// cos(r) = 1 - r^2/2 + r^4 * p(r^2)
Expr cosine_polynomial(Expr r) {
  Expr t = r * r;
  Expr p = polynomial(t, {0.0416666455567, -0.00138873036485, 2.44316670432e-05},
                      {0.041666666666666595, -0.0013888888888872895, 2.4801587288748203e-05,
                       -2.755731414862806e-07, 2.0875696573169187e-09, -1.1358310518056867e-11});
  if (is_single(r)) return fma(t * t, p, fma(t, number(r, -0.5), number(r, 1)));
  // What 1 - t/2 loses by rounding goes back in.
  Pair leading = fast_sum(number(r, 1), t * -0.5);
  return leading.high + fma(t * t, p, leading.low);
}

// Quadrants 0 and 2 take +-sin(r), 1 and 3 take +-cos(r).
Expr from_quadrant(Expr quadrant_bits, Expr r) {
  Expr odd = ne(quadrant_bits & integer_like(quadrant_bits, 1), integer_like(quadrant_bits, 0));
  Expr value = select(odd, cosine_polynomial(r), sine_polynomial(r));
  int sign_bit = bits_of(r.type()) - 1;
  Expr sign = shift_left(shift_right(quadrant_bits, 1), sign_bit);
  return from_bits(r.pool().apply(Op::Xor, {to_bits(value), sign}));
}

// The polynomials make +0 of -0.
Expr keep_zero(Expr x, Expr value) { return select(eq(x, number(x, 0)), x, value); }

}  // namespace

Expr sine(Expr x) {
  auto [quadrant_bits, r] = reduce_by_half_pi(x);
  return keep_zero(x, from_quadrant(quadrant_bits, r));
}

Expr cosine(Expr x) {
  auto [quadrant_bits, r] = reduce_by_half_pi(x);
  return from_quadrant(quadrant_bits + integer_like(quadrant_bits, 1), r);
}

// sin/cos, or -cos/sin in odd quadrants.
Expr tangent(Expr x) {
  auto [quadrant_bits, r] = reduce_by_half_pi(x);
  Expr odd = ne(quadrant_bits & integer_like(quadrant_bits, 1), integer_like(quadrant_bits, 0));
  Expr s = sine_polynomial(r), c = cosine_polynomial(r);
  return keep_zero(x, select(odd, -c, s) / select(odd, s, c));
}

}  // namespace tenon::math
