// fmod in f64: the remainder of truncated division, exact. Each step takes off as many multiples of y as a rounded quotient
// has digits: x - q*y is then a small multiple of the last place of y, so fma gives it without error.
#include "ir/expr/math/blocks.h"
#include "ir/expr/math/functions.h"

namespace tenon::math {
namespace {

constexpr int kSteps = 6;                // each lowers |x / y| by 2^51 at least
constexpr double kMostRatio = 0x1p300;

}  // namespace

Expr remainder(Expr x, Expr y) {
  Expr divisor = absolute(y), rest = absolute(x), zero = number(x, 0), infinity = number(x, kInfinity);
  Expr ratio = rest / divisor;
  for (int step = 0; step < kSteps; ++step) {
    Expr quotient = call(Op::Trunc, step == 0 ? ratio : rest / divisor);
    rest = fma(-quotient, divisor, rest);
  }
  // A quotient that was rounded up leaves a negative rest.
  rest = select(lt(rest, zero), rest + divisor, rest);
  rest = select(eq(divisor, infinity), absolute(x), rest);
  Expr defined = lt(absolute(x), infinity) & lt(zero, divisor) & lt(ratio, number(x, kMostRatio));
  return select(defined, with_sign_of(rest, x), number(x, kNaN));
}

}  // namespace tenon::math
