// What the expansions share: polynomials, signs and exponents as bits, exp and log without their
// special cases.
//
//   polynomial(x, {1, 2, 3})   ->   fma(fma(3, x, 2), x, 1)
#pragma once

#include <initializer_list>
#include <limits>

#include "ir/expr/expr.h"

namespace tenon::math {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A binary interchange format (IEEE 754) and the unsigned type of its bits.
struct Format {
  DType type, bits;
  int fraction_bits;
  int64_t bias;
  double least_normal;
};
const Format& format_of(Expr x);
inline bool is_single(Expr x) { return x.type() == DType::F32; }

/// A literal of the type of `like`; of two values, the first for f32, the second for f64.
Expr number(Expr like, double value);
Expr number(Expr like, double single, double twice);
/// A literal of the bits' type.
Expr integer_like(Expr bits, int64_t value);

Expr to_bits(Expr x);
Expr from_bits(Expr bits);
Expr shift_left(Expr bits, int count);
Expr shift_right(Expr bits, int count);
Expr absolute(Expr x);
/// `magnitude` >= 0 with the sign of `x`.
Expr with_sign_of(Expr magnitude, Expr x);

/// c0 + c1*x + c2*x^2 + ... by Horner's rule, each step one fma.
Expr polynomial(Expr x, std::initializer_list<double> coefficients);
/// The first list for f32, the second for f64.
Expr polynomial(Expr x, std::initializer_list<double> single, std::initializer_list<double> twice);

/// An unevaluated sum: high holds all but the last bits.
struct Pair {
  Expr high, low;
};
/// a + b exactly, where |a| >= |b| or a = 0 (Dekker 1971).
Pair fast_sum(Expr a, Expr b);
/// a * b exactly, by fma.
Pair exact_product(Expr a, Expr b);

/// x = n*log(2) + r with |r| <= log(2)/2. `integer_bits` ends in the low bits of n + offset.
struct Reduced {
  Expr integer_bits;
  Expr exact;  // x less the high part of n*log(2): no rounding
  Expr r;
  Expr n;  // as a float
};
Reduced reduce_by_log2(Expr x, int64_t offset);

struct ExpOptions {
  // Without, the caller keeps x where the result is a normal number.
  bool clamp_low = true, clamp_high = true;
  int scale = 0;         // the result is exp(x) * 2^scale
  Expr correction = {};  // the low part of x; the result then has about 0.6 units of error
};
Expr exp_core(Expr x, const ExpOptions& options);

/// exp(r) - 1 for |r| <= log(2)/2.
Expr small_exp_minus_one(Expr r);
/// exp(x) - 1 and 1 - exp(x) for |x| below 80, accurate relative to the result also near 0.
Expr exp_minus_one(Expr x);
Expr one_minus_exp(Expr x);

/// x = 2^exponent * mantissa, sqrt(1/2) <= mantissa < sqrt(2), for positive finite x.
struct Decomposed {
  Expr exponent;  // a float of the same type
  Expr mantissa;
};
Decomposed decompose(Expr x, bool subnormals);
/// log(x) for positive finite x.
Expr log_core(Expr x, bool subnormals);

}  // namespace tenon::math
