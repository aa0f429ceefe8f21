// The expansions, by family. Each takes operands of one type, f32 or f64, and returns the same
// type; those under "f64 only" serve f32 by conversion, which costs less than it looks for
// functions that models seldom use, and rounds well.
#pragma once

#include "ir/expr/expr.h"

namespace tenon::math {

// exponential.cpp
Expr exponential(Expr x);
Expr sigmoid(Expr x);
Expr hyperbolic_tangent(Expr x);
Expr error_function(Expr x);

// logarithm.cpp
Expr logarithm(Expr x);

// circular.cpp
Expr sine(Expr x);
Expr cosine(Expr x);

// power.cpp
Expr power(Expr x, Expr y);

// remainder.cpp; f64 only. `single_values` says that the operands were f32.
Expr remainder(Expr x, Expr y, bool single_values);

// f64 only: circular.cpp, inverse_circular.cpp, hyperbolic.cpp
/// `single_values` says that the operand was f32.
Expr tangent(Expr x, bool single_values);
Expr arc_sine(Expr x);
Expr arc_cosine(Expr x);
Expr arc_tangent(Expr x);
Expr hyperbolic_sine(Expr x);
Expr hyperbolic_cosine(Expr x);
Expr inverse_hyperbolic_sine(Expr x);
Expr inverse_hyperbolic_cosine(Expr x);
Expr inverse_hyperbolic_tangent(Expr x);

// What legalize.h uses where a target has no instruction. rounding.cpp: f32 and f64.
Expr round_to_even(Expr x);
Expr truncate(Expr x);
Expr floor(Expr x);
Expr ceiling(Expr x);

// short_floats.cpp: operand and result are of the types that the names say.
Expr f16_to_f32(Expr x);
Expr bf16_to_f32(Expr x);
Expr f32_to_f16(Expr x);
Expr f32_to_bf16(Expr x);
/// The f32 next to an f64 whose last bit says that it is not exact: rounding it to fewer bits
/// equals rounding the f64.
Expr f32_rounded_to_odd(Expr x);
/// A 64-bit integer that f64 holds, rounded to odd in the same sense where it has more than 53
/// bits.
Expr at_most_53_bits(Expr x);

// long_integers.cpp: without conversions of 64 bits, without division of integers.
Expr long_to_f64(Expr x);
/// To i64, u64 or index; saturates, NaN gives 0.
Expr f64_to_long(DType type, Expr x);
/// // % div_trunc rem_trunc of data integers.
Expr divide_integers(Op op, Expr a, Expr b);

}  // namespace tenon::math
