// fmod in f64: the remainder of truncated division, exact, also on targets that split fma. Each
// step takes off as many multiples of y as the quotient has leading bits; with short factors the
// products are exact, and so are the differences, which are small multiples of the last places of
// their operands (Sterbenz' lemma).
//
//   f32: y has 24 bits, the quotient keeps 29: 10 steps serve every x / y.
//   f64: y is split into 26 and 27 bits, the quotient keeps 26: 5 steps serve ratios up to 2^125.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

Expr leading_bits(Expr x, int count) {
  Expr bits = to_bits(x);
  return from_bits(bits & integer_like(bits, -(int64_t{1} << (53 - count))));
}

}  // namespace

Expr remainder(Expr x, Expr y, bool single_values) {
  Expr divisor = absolute(y), size = absolute(x), rest = size;
  Expr zero = number(x, 0), infinity = number(x, kInfinity), ratio = rest / divisor;
  Expr high = single_values ? divisor : leading_bits(divisor, 26);
  for (int step = 0; step < (single_values ? 10 : 5); ++step) {
    Expr quotient =
        leading_bits(call(Op::Trunc, step == 0 ? ratio : rest / divisor), single_values ? 29 : 26);
    rest = rest - quotient * high;
    if (!single_values) rest = rest - quotient * (divisor - high);
  }
  // A quotient that was rounded up leaves a negative rest.
  rest = select(lt(rest, zero), rest + divisor, rest);
  rest = select(eq(divisor, infinity), size, rest);
  Expr defined = lt(size, infinity) & lt(zero, divisor);
  if (!single_values) defined = defined & lt(ratio, number(x, 0x1p125));
  return select(defined, with_sign_of(rest, x), number(x, kNaN));
}

}  // namespace tenon::math
