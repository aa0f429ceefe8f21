// Index expressions as polynomials: the form in which the simplifier adds, multiplies and compares
// them.
//
//   (mo*8 + mi)*n + 3 - mi*n   <->   8*[mo, n] + 3
//
// The atoms of a polynomial are the nodes that are no sum or product: variables, divisions, min,
// casts, reads.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/expr/expr.h"

namespace tenon {

/// coefficient * factors[0] * factors[1] * ...; the factors are atoms in the order of compare().
struct Term {
  int64_t coefficient = 0;
  std::vector<Expr> factors;
};

/// A sum of terms and a constant. Terms differ in their factors, have no zero coefficient, and
/// stand in a fixed order by content: longest products first. `valid` is false when a coefficient
/// left i64 or a product grew too long; it sticks, and an invalid form says nothing.
struct LinearForm {
  int64_t constant = 0;
  std::vector<Term> terms;
  bool valid = true;

  bool is_constant() const { return valid && terms.empty(); }
  bool is_zero() const { return is_constant() && constant == 0; }
};

LinearForm constant_form(int64_t value);
LinearForm atom_form(Expr atom);
/// Reads sums, differences and products of `e` as they stand; everything else is an atom.
LinearForm linear_form(Expr e);

/// a + scale * b.
LinearForm add(const LinearForm& a, const LinearForm& b, int64_t scale = 1);
LinearForm multiply(const LinearForm& a, const LinearForm& b);
LinearForm scaled(const LinearForm& a, int64_t scale);
bool same(const LinearForm& a, const LinearForm& b);

/// True when every factor of `divisor` is in `term` (as often) and its coefficient divides.
bool divides(const Term& divisor, const Term& term);
/// term / divisor, where it divides.
Term quotient(const Term& term, const Term& divisor);
LinearForm form_of(Term term);

/// The greatest integer that divides every coefficient; the constant does not count. 0 when there
/// is no term.
int64_t content(const LinearForm& form);

/// `form` seen as coefficient * atom + rest. `linear` is false when the atom is squared in some
/// term.
struct Split {
  LinearForm coefficient, rest;
  bool linear = true;
};
Split split_by(const LinearForm& form, Expr atom);

/// The atom when the form is nothing but it, else null.
Expr single_atom(const LinearForm& form);

/// Readable and in a fixed order: positive terms first, then long products, then large
/// coefficients, the constant last: `b*seq + mo*8 + mi - 3`, `7 - i`.
Expr build(ExprPool& pool, const LinearForm& form);

}  // namespace tenon
