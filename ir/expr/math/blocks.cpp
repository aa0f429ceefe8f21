// Building blocks of the expansions. All coefficients are minimax approximations by Remez'
// algorithm, made for this file; the arrangement of operations is that of Cephes (exp, log in f32)
// and Sun's fdlibm (log in f64), the splitting of constants is Cody and Waite's. General reference:
// Muller, "Elementary Functions", 3rd edition, chapters 3, 9 and 11.
#include "ir/expr/math/blocks.h"

#include <bit>

namespace tenon::math {
namespace {

constexpr double kLog2E = 1.4426950408889634;
// log(2) in two parts: the high one ends in zero bits, so that small multiples of it are exact.
constexpr double kLog2High32 = 0x1.62e400p-1, kLog2Low32 = 0x1.7f7d1cp-20;
constexpr double kLog2High64 = 0x1.62e42fefa0000p-1, kLog2Low64 = 0x1.cf79abc9e3b3ap-40;

Expr log2_high(Expr like) { return number(like, kLog2High32, kLog2High64); }
Expr log2_low(Expr like) { return number(like, kLog2Low32, kLog2Low64); }

}  // namespace

namespace {

// q of exp(r) - 1 = r + r^2 * q(r) on |r| <= log(2)/2.
Expr exp_polynomial(Expr r) {
  return polynomial(
      r, {0.499999970198, 0.166665419936, 0.0416672080755, 0.00836678035557, 0.00138824735768},
      {0.5000000000000006, 0.16666666666666588, 0.04166666666657612, 0.008333333333390012,
       0.0013888888931793762, 0.000198412697182308, 2.4801504979456002e-05, 2.7557407965490746e-06,
       2.762616138679212e-07, 2.505374385930043e-08});
}

}  // namespace

const Format& format_of(Expr x) {
  static const Format kSingle{DType::F32, DType::U32, 23, 127, 0x1p-126};
  static const Format kDouble{DType::F64, DType::U64, 52, 1023, 0x1p-1022};
  TENON_CHECK(x.type() == DType::F32 || x.type() == DType::F64,
              "an expansion of " + std::string(name_of(x.type())));
  return is_single(x) ? kSingle : kDouble;
}

Expr number(Expr like, double value) { return like.pool().real(like.type(), value); }
Expr number(Expr like, double single, double twice) {
  return number(like, is_single(like) ? single : twice);
}
Expr integer_like(Expr bits, int64_t value) { return bits.pool().integer(bits.type(), value); }

Expr to_bits(Expr x) { return x.pool().bitcast(format_of(x).bits, x); }
Expr from_bits(Expr bits) {
  return bits.pool().bitcast(bits.type() == DType::U32 ? DType::F32 : DType::F64, bits);
}
Expr shift_left(Expr bits, int count) {
  return bits.pool().apply(Op::Shl, {bits, integer_like(bits, count)});
}
Expr shift_right(Expr bits, int count) {
  return bits.pool().apply(Op::Shr, {bits, integer_like(bits, count)});
}
Expr absolute(Expr x) { return call(Op::Abs, x); }

Expr with_sign_of(Expr magnitude, Expr x) {
  Expr bits = to_bits(x);
  return from_bits(to_bits(magnitude) |
                   (bits & integer_like(bits, INT64_MIN >> (64 - bits_of(x.type())))));
}

Expr polynomial(Expr x, std::initializer_list<double> coefficients) {
  Expr sum;
  for (const double* c = coefficients.end(); c != coefficients.begin();) {
    Expr coefficient = number(x, *--c);
    sum = sum ? fma(sum, x, coefficient) : coefficient;
  }
  return sum;
}

Expr polynomial(Expr x, std::initializer_list<double> single, std::initializer_list<double> twice) {
  return polynomial(x, is_single(x) ? single : twice);
}

Reduced reduce_by_log2(Expr x, int64_t offset) {
  const Format& format = format_of(x);
  double shifter =
      1.5 * static_cast<double>(int64_t{1} << format.fraction_bits) + static_cast<double>(offset);
  Expr sum = fma(x, number(x, kLog2E), number(x, shifter));
  Expr n = sum - shifter;
  Expr exact = fma(n, -log2_high(x), x);
  return {to_bits(sum), exact, fma(n, -log2_low(x), exact), n};
}

Pair fast_sum(Expr a, Expr b) {
  Expr sum = a + b;
  return {sum, b - (sum - a)};
}

Pair exact_product(Expr a, Expr b) {
  Expr product = a * b;
  return {product, fma(a, b, -product)};
}

Expr exp_core(Expr x, const ExpOptions& options) {
  const Format& format = format_of(x);
  // Beyond these the result is 0 or infinite, by the last multiplication below.
  if (options.clamp_low) x = max(x, number(x, -104, -746));
  if (options.clamp_high) x = min(x, number(x, 89, 711));
  Reduced reduced = reduce_by_log2(x, 2 * format.bias + options.scale);
  Expr bits = reduced.integer_bits, r = reduced.r;
  Expr p;
  if (options.correction) {
    // 1 + r enters with the part of r that its rounding dropped.
    Pair sum = fast_sum(number(x, 1), reduced.exact);
    Expr low = fma(reduced.n, -log2_low(x), sum.low) + options.correction;
    r = r + options.correction;
    p = sum.high + fma(r * r, exp_polynomial(r), low);
  } else {
    p = small_exp_minus_one(r) + 1;
  }
  // 2^n in two factors, so that n may leave the range of exponents: the first product is exact, the
  // second rounds once.
  Expr half = shift_right(bits, 1);
  p = p * from_bits(shift_left(half, format.fraction_bits));
  return p * from_bits(shift_left(bits - half, format.fraction_bits));
}

Expr small_exp_minus_one(Expr r) { return fma(r * r, exp_polynomial(r), r); }

// With 1 + p = exp(r):   2^n * (1 + p) - 1 = 2^n * p + (2^n - 1)
Expr exp_minus_one(Expr x) {
  const Format& format = format_of(x);
  Reduced reduced = reduce_by_log2(x, format.bias);
  Expr power = from_bits(shift_left(reduced.integer_bits, format.fraction_bits));
  return fma(power, small_exp_minus_one(reduced.r), power - 1);
}

Expr one_minus_exp(Expr x) {
  const Format& format = format_of(x);
  Reduced reduced = reduce_by_log2(x, format.bias);
  Expr power = from_bits(shift_left(reduced.integer_bits, format.fraction_bits));
  return fma(-power, small_exp_minus_one(reduced.r), 1 - power);
}

Decomposed decompose(Expr x, bool subnormals) {
  const Format& format = format_of(x);
  double unit = static_cast<double>(int64_t{1} << format.fraction_bits);
  // An integer below `unit` ORed into the bits of `unit` is the float unit + integer.
  Expr exponent_offset = number(x, -(unit + static_cast<double>(format.bias)));
  if (subnormals) {
    Expr tiny = lt(x, number(x, format.least_normal));
    x = select(tiny, x * unit, x);
    exponent_offset = select(tiny, exponent_offset - format.fraction_bits, exponent_offset);
  }
  int64_t one = format.bias << format.fraction_bits;
  int64_t sqrt_half = is_single(x) ? std::bit_cast<int32_t>(0x1.6a09e6p-1f)
                                   : std::bit_cast<int64_t>(0x1.6a09e667f3bcdp-1);
  Expr bits = to_bits(x);
  bits = bits + integer_like(bits, one - sqrt_half);
  Expr unit_bits = to_bits(number(x, unit));
  Expr exponent = from_bits(shift_right(bits, format.fraction_bits) | unit_bits) + exponent_offset;
  Expr fraction = bits & integer_like(bits, (int64_t{1} << format.fraction_bits) - 1);
  return {exponent, from_bits(fraction + integer_like(bits, sqrt_half))};
}

Expr log_core(Expr x, bool subnormals) {
  auto [exponent, mantissa] = decompose(x, subnormals);
  Expr f = mantissa - 1;
  if (is_single(x)) {
    // log(1 + f) = f - f^2/2 + f^3 * p(f)
    Expr square = f * f;
    Expr p = polynomial(f, {0.333333313465, -0.250008255243, 0.200012356043, -0.166231453419,
                            0.142013654113, -0.131619945168, 0.127654567361, -0.0763444602489});
    Expr tail = fma(exponent, log2_low(x), f * square * p);
    tail = fma(square, number(x, -0.5), tail);
    return fma(exponent, log2_high(x), f + tail);
  }
  // log(1 + f) = f - (f^2/2 - s*(f^2/2 + z*p(z))), s = f/(2 + f), z = s^2
  Expr s = f / (f + 2), z = s * s, half_square = f * f * 0.5;
  Expr p = z * polynomial(z, {0.6666666666666735, 0.3999999999941109, 0.2857142874326269,
                              0.2222219847598521, 0.18183569739853522, 0.15313903245641833,
                              0.14797507719057545});
  Expr tail = fma(s, half_square + p, exponent * log2_low(x));
  return fma(exponent, log2_high(x), f - (half_square - tail));
}

}  // namespace tenon::math
