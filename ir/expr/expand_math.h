// Expansion of mathematical functions into arithmetic: one text for every backend, without branches, tables or calls, so
// that it vectorises and gives the same bits everywhere.
//
//   sigmoid(x)   ->   e = exp(-|x|), itself expanded;  select(x < 0.0, e, 1.0) / (1.0 + e)
//
// Needs: nothing.   Leaves: + - * / fma sqrt min max rounding conversions bits shifts compare select.
//
// Greatest error in units in the last place of the result, with fma. Those of f32 that are marked * were measured for
// every one of the 2^32 operands, the others on dense sweeps; the tests hold them.
//
//   function   f32     f64      operations in f32      remarks
//   exp        1.0 *   1.1      18
//   log        0.9 *   1.0      27
//   tanh       1.9 *   2.6      21
//   erf        1.7 *   2.5      27
//   sigmoid    1.9 *   2.2      21
//   sin, cos   1.3 *   1.6      25                     |x| <= 2^40; beyond, only within [-1, 1]
//   tan        0.6     3.0      in f64                 |x| <= 2^40
//   asin acos  0.6     3.0      in f64
//   atan       0.6     2.0      in f64
//   sinh cosh  0.6     2.5      in f64
//   asinh acosh atanh  0.6  3.5 in f64
//   pow        0.6     1.5      in f64                 exponents 2, 3 and 4 are products (2 ULP)
//   fmod       exact   exact    in f64                 |x / y| < 2^300; beyond, NaN
//
// Infinities, NaN, zeros of both signs and subnormals give what C's Annex F says; pow(x, 2), pow(x, 3), pow(x, 4) overflow
// and underflow as products do. A target without fma needs one that rounds once, or these bounds grow.
#pragma once

#include "ir/expr/expr.h"

namespace tenon {

/// `e` with every mathematical function (is_math_function) of f32 and f64 expanded, in its own pool.
Expr expand_math(Expr e);

}  // namespace tenon
