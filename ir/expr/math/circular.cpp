// sin, cos and tan. The argument is reduced by multiples of pi/2 in f64, then one of two
// polynomials is chosen by the quadrant.
#include <vector>

#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

// pi/2 in parts, all positive (else a zero would lose its sign). The first have 33 bits (those of
// fdlibm), so that small multiples are exact even where fma is split into a product and a sum.
constexpr double kHalfPi1 = 0x1.921fb544p+0, kHalfPi2 = 0x1.0b4611a6p-34;
constexpr double kHalfPi2Tail = 0x1.3198a2e037073p-69;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
// Adding it rounds to an integer, which is in the low bits of the sum.
constexpr double kShifter = 0x1.8p52;
// 1/(2 pi) in parts of 26 bits and a last one of 53: an f32 times one of 26 is exact.
constexpr double kTurns[] = {0x1.45f3068000000p-3,  0x1.7272208000000p-29,  0x1.4a7f090000000p-56,
                             0x1.abe8fa8000000p-81, 0x1.a6ee060000000p-109, 0x1.b629590000000p-134,
                             0x1.278872083fca3p-159};
constexpr int kLargeTurns = 5;  // an f32 times the parts after these is below 1/2
constexpr double kTwoPi = 0x1.921fb54442d18p+2;

struct Reduced {
  Expr quadrant_bits;  // of the type of the bits of x; the low two count
  Expr r;              // |r| <= pi/4, of the type of x
};

// For every value of an f32, here as f64. Of x/(2 pi) only what is behind the point counts, so of
// each partial product too (the idea of Payne and Hanek, 1983, with products for their bits): the
// integers go first, which is exact; then the quarter turns, from the first part that counts. That
// part and the next are multiples of 2^-52 below 1 together, so nothing is lost where they cancel;
// those after them are small.
Reduced reduce_single(Expr x) {
  std::vector<Expr> parts;
  for (double turn : kTurns) {
    Expr product = x * turn;
    bool large = parts.size() < kLargeTurns;
    parts.push_back(large ? product - call(Op::RoundEven, product) : product);
  }
  Expr rough = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) rough = rough + parts[i];
  Expr sum = fma(rough, number(x, 4), number(x, kShifter));
  Expr rest = fma(sum - kShifter, number(x, -0.25), parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) rest = rest + parts[i];
  return {to_bits(sum), rest * kTwoPi};
}

// For |x| up to 2^30. Beyond, the remainder is meaningless; it is kept where the polynomials are
// within [-1, 1].
Reduced reduce_double(Expr x) {
  Expr sum = fma(x, number(x, kTwoOverPi), number(x, kShifter));
  Expr n = sum - kShifter;
  auto less = [&](Expr r, double part) { return fma(n, number(x, -part), r); };
  Expr r = less(less(less(x, kHalfPi1), kHalfPi2), kHalfPi2Tail);
  return {to_bits(sum), max(min(r, number(x, 0.8)), number(x, -0.8))};
}

Reduced reduce_by_half_pi(Expr x) {
  if (!is_single(x)) return reduce_double(x);
  Reduced wide = reduce_single(cast(DType::F64, x));
  return {cast(DType::U32, wide.quadrant_bits), cast(DType::F32, wide.r)};
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
Expr tangent(Expr x, bool single_values) {
  auto [quadrant_bits, r] = single_values ? reduce_single(x) : reduce_double(x);
  Expr odd = ne(quadrant_bits & integer_like(quadrant_bits, 1), integer_like(quadrant_bits, 0));
  Expr s = sine_polynomial(r), c = cosine_polynomial(r);
  return keep_zero(x, select(odd, -c, s) / select(odd, s, c));
}

}  // namespace tenon::math
