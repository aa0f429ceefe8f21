// f16 and bf16 to f32 and back, on their bits, each rounded once to nearest even; and what rounds
// once on the way from wider types.
//
//   f32_to_bf16(x)   ->   b = bits_u32(x)   bits_bf16(u16((b + 0x7fff + (b >> 16 & 1)) >> 16)), NaN apart
//
// NaN stays NaN; sign and payload of it are free. The methods are those of F. Giesen's notes on
// float and half: the adder rounds what becomes subnormal, and a carry into the exponent is right.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

Expr exclusive_or(Expr a, Expr b) { return a.pool().apply(Op::Xor, {a, b}); }
Expr masked(Expr bits, int64_t mask) { return bits & integer_like(bits, mask); }
Expr below(Expr bits, int64_t limit) { return lt(bits, integer_like(bits, limit)); }

Expr bits_of_short(Expr x) { return cast(DType::U32, x.pool().bitcast(DType::U16, x)); }
Expr short_of_bits(DType type, Expr bits) {
  return bits.pool().bitcast(type, cast(DType::U16, bits));
}

}  // namespace

Expr bf16_to_f32(Expr x) { return from_bits(shift_left(bits_of_short(x), 16)); }

Expr f32_to_bf16(Expr x) {
  Expr bits = to_bits(x);
  Expr odd = masked(shift_right(bits, 16), 1);
  Expr rounded = bits + (odd + 0x7fff);
  Expr nan = integer_like(bits, 0x7fff0000);
  return short_of_bits(DType::BF16, shift_right(select(ne(x, x), nan, rounded), 16));
}

// The magnitude's bits as a float are the value over 2^112, subnormals included; infinity and NaN
// need their exponent.
Expr f16_to_f32(Expr x) {
  Expr bits = bits_of_short(x);
  Expr magnitude = masked(bits, 0x7fff);
  Expr sign = shift_left(exclusive_or(bits, magnitude), 16);
  Expr shifted = shift_left(magnitude, 13);
  Expr finite = to_bits(from_bits(shifted) * 0x1p112);
  Expr special = shifted | integer_like(bits, 0x7f800000);
  return from_bits(select(below(magnitude, 0x7c00), finite, special) | sign);
}

Expr f32_to_f16(Expr x) {
  Expr bits = to_bits(x);
  Expr magnitude = masked(bits, 0x7fffffff);
  Expr sign = shift_right(exclusive_or(bits, magnitude), 16);
  // Below 2^-14: adding 1/2 lets the adder round at the last bit of a subnormal f16.
  Expr tiny = to_bits(from_bits(magnitude) + 0.5) - 0x3f000000;
  // Between: the exponent's bias moves by 112, and the 13 bits that go round to even.
  Expr odd = masked(shift_right(magnitude, 13), 1);
  Expr normal = shift_right(magnitude + (odd + 0xc8000fff), 13);
  Expr huge =
      select(below(magnitude, 0x7f800001), integer_like(bits, 0x7c00), integer_like(bits, 0x7fff));
  Expr finite = select(below(magnitude, 0x38800000), tiny, normal);
  return short_of_bits(DType::F16, select(below(magnitude, 0x47800000), finite, huge) | sign);
}

Expr f32_rounded_to_odd(Expr x) {
  Expr nearest = cast(DType::F32, x);
  Expr back = cast(DType::F64, nearest);
  Expr bits = to_bits(nearest);
  Expr inexact = lt(back, x) | lt(x, back);
  Expr even = eq(masked(bits, 1), integer_like(bits, 0));
  Expr neighbour = select(lt(absolute(x), absolute(back)), bits - 1, bits + 1);
  return from_bits(select(inexact & even, neighbour, bits));
}

Expr at_most_53_bits(Expr x) {
  if (x.type() == DType::Index) x = cast(DType::I64, x);
  constexpr int64_t kExact = int64_t{1} << 53, kDropped = (1 << 11) - 1;
  Expr is_short = lt(x, integer_like(x, kExact));
  if (is_signed(x.type())) is_short = is_short & lt(integer_like(x, -kExact), x);
  Expr dropped = masked(x, kDropped);
  Expr sticky = select(eq(dropped, integer_like(x, 0)), dropped, integer_like(x, kDropped + 1));
  return select(is_short, x, (x - dropped) | sticky);
}

}  // namespace tenon::math
