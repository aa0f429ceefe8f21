// Floor division and modulo of polynomials: the rules that make subscripts of split, fused and
// reshaped loops short.
//
//   (co*16 + ci) // 16   ->   co            with ci in 0..15
//   (b*s + t) % s        ->   t             with t in 0..s-1, s a symbol of at least 1
//   (x*4 + y) // 16      ->   x // 4        with y in 0..3
#pragma once

#include "ir/expr/bounds.h"
#include "ir/expr/linear_form.h"

namespace tenon {

class Division {
 public:
  /// Unresolved divisions are made in `pool`.
  Division(ExprPool& pool, Bounds& bounds) : pool_(pool), bounds_(bounds) {}

  enum class Part { Quotient, Remainder };
  /// n // d or n % d, in normal form where n and d are: n = d * quotient + remainder. Divisors that
  /// are not proved positive are left alone.
  LinearForm operator()(Part part, const LinearForm& n, const LinearForm& d);

 private:
  LinearForm by_constant(Part part, const LinearForm& n, int64_t c);
  LinearForm by_form(Part part, const LinearForm& n, const LinearForm& d);
  LinearForm of_divisions(Part part, const LinearForm& n, const LinearForm& d);
  LinearForm unresolved(Part part, const LinearForm& n, const LinearForm& d);
  bool within(const LinearForm& n, const LinearForm& d);

  ExprPool& pool_;
  Bounds& bounds_;
};

}  // namespace tenon
