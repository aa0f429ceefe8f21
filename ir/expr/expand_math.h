// Expansion of mathematical functions into arithmetic: one text for every backend, without
// branches, tables or calls, so that it vectorises and gives the same bits everywhere.
//
//   cosh(x)   ->   h = exp(|x|) * 0.5, itself expanded;  h + 0.25 / h
//
// Needs: nothing.
// Leaves: + - * / fma sqrt min max rounding conversions bits shifts compare select.
//
// Greatest error in units in the last place of the result, as tests hold them
// (tests/ir/expr/expand_math_test.cpp, and tests/codegen/llvm/math_sweep_test.cpp for vector code;
// docs/accuracy.md has what was measured), and the operations of the f32 form:
//
//   function            f32     f64    operations   remarks
//   exp                 1.1     1.1    19
//   log                 0.9     0.9    31
//   tanh                1.4     1.4    29           one division
//   erf                 1.9     1.9    28
//   sigmoid             1.9     1.9    20           one division
//   sin, cos            1.6     2.5    55           reduced in f64; f64: |x| <= 2^30, see below
//   tan                 0.6     4      in f64       the same
//   asin, acos, atan    0.6     2      in f64
//   sinh, cosh          0.6     2.5    in f64
//   asinh acosh atanh   0.6     2.5    in f64
//   pow                 0.6     1.5    in f64       exponents 2, 3, 4: products, 1.5 units
//   fmod                exact   exact  in f64       f64: |x / y| < 2^125; beyond, NaN
//
// sin, cos and tan hold for every f32; of f64 beyond 2^30, sin and cos are only within [-1, 1].
// Infinities, NaN, zeros of both signs and subnormals give what C's Annex F says. Where a target
// splits fma into a product and a sum the bounds hold all the same, but for circular functions of
// f64 with |x| > 2^20, and pow in f64: 1e-13 of the result.
#pragma once

#include "ir/expr/expr.h"

namespace tenon {

/// `e` with every mathematical function (is_math_function) of f32 and f64 expanded, in its own
/// pool.
Expr expand_math(Expr e);

}  // namespace tenon
