// 64-bit integers on processors that convert 32 bits only, and division where there is none of
// integers.
//
//   f64(x)     ->   f64(i32(x >> 32)) * 2^32 + f64(u32(x))          the sum is the one rounding
//   a // b     ->   q = u64(f64(a) / f64(b) * (1 - 2^-51)), again for the remainder, and one more
//                   where b still fits; of 32 bits and less the first quotient is exact
//
// Source of the division: a quotient in f64 is off by less than 2^-51 of itself, so that the one
// made smaller by this never exceeds the true one; the second leaves a remainder below 2*b.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

Expr as_unsigned(Expr x) { return cast(DType::U64, x); }
Expr high_half(Expr x, DType type) { return cast(type, shift_right(x, 32)); }
Expr zero(Expr x) { return integer_like(x, 0); }

// Saturating: a value beyond fills both halves with ones; NaN and what is negative fill none.
Expr f64_to_u64(Expr x) {
  Expr high = cast(DType::U32, x * 0x1p-32);
  Expr low = cast(DType::U32, x - cast(DType::F64, high) * 0x1p32);
  return shift_left(as_unsigned(high), 32) | as_unsigned(low);
}

struct Division {
  Expr quotient, remainder;
};

// Of u32: a / b is a whole number, or at least 1/b and so 2^-32 of itself away from one, and f64
// rounds nearer than this. Where b is 0 both are without meaning.
Division divide_short(Expr a, Expr b) {
  Expr quotient = cast(DType::U32, cast(DType::F64, a) / cast(DType::F64, b));
  return {quotient, a - quotient * b};
}

// Of u64. Where b is 0 both are without meaning.
Division divide(Expr a, Expr b) {
  if (a.type() == DType::U32) return divide_short(a, b);
  Expr divisor = long_to_f64(b);
  auto at_most_quotient = [&](Expr x) {
    return f64_to_u64(long_to_f64(x) / divisor * (1 - 0x1p-51));
  };
  Expr first = at_most_quotient(a);
  Expr rest = a - first * b;
  Expr second = at_most_quotient(rest);
  rest = rest - second * b;
  Expr fits = le(b, rest);
  return {first + second + select(fits, integer_like(a, 1), zero(a)), select(fits, rest - b, rest)};
}

// The magnitude as u64, or as u32 where that holds it; the least value included.
Expr magnitude(Expr x) {
  if (bits_of(x.type()) < 32) x = cast(is_signed(x.type()) ? DType::I32 : DType::U32, x);
  DType type = bits_of(x.type()) == 64 ? DType::U64 : DType::U32;
  return is_signed(x.type()) ? cast(type, absolute(x)) : x;
}

// `unsigned_value`, negated where the condition holds, as the type of x.
Expr signed_like(Expr x, Expr unsigned_value, Expr negative) {
  if (!is_signed(x.type())) return cast(x.type(), unsigned_value);
  Expr value = cast(x.type(), unsigned_value);
  return select(negative, -value, value);
}

}  // namespace

Expr long_to_f64(Expr x) {
  if (x.type() == DType::Index) x = cast(DType::I64, x);
  Expr high = high_half(x, is_signed(x.type()) ? DType::I32 : DType::U32);
  return cast(DType::F64, high) * 0x1p32 + cast(DType::F64, cast(DType::U32, x));
}

Expr f64_to_long(DType type, Expr x) {
  if (type == DType::U64) return f64_to_u64(x);
  Expr negative = lt(x, number(x, 0)), size = f64_to_u64(absolute(x));
  Expr greatest = size.pool().integer(DType::I64, INT64_MAX);
  Expr least = size.pool().integer(DType::I64, INT64_MIN);
  Expr beyond = le(as_unsigned(least), size);
  Expr value = cast(DType::I64, size);
  value = select(beyond, select(negative, least, greatest), select(negative, -value, value));
  return type == DType::I64 ? value : cast(type, value);
}

Expr divide_integers(Op op, Expr a, Expr b) {
  bool floors = is_signed(a.type()) && (op == Op::FloorDiv || op == Op::FloorMod);
  Division division = divide(magnitude(a), magnitude(b));
  Expr a_negative = lt(a, zero(a)), differ = ne(a_negative, lt(b, zero(b)));
  Expr inexact = ne(division.remainder, zero(division.remainder)) & differ;
  Expr result;
  if (op == Op::FloorDiv || op == Op::TruncDiv) {
    result = signed_like(a, division.quotient, differ);
    if (floors) result = select(inexact, result - 1, result);
  } else {
    result = signed_like(a, division.remainder, a_negative);
    if (floors) result = select(inexact, result + b, result);
  }
  return select(eq(b, zero(b)), zero(a), result);
}

}  // namespace tenon::math
