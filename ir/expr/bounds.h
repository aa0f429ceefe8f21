// Lower and upper bounds of polynomials over ranged variables: interval arithmetic, sharpened by
// replacing the innermost variable by whichever end of its range makes the polynomial least.
//
//   lower(n - i - 1)   with i in 0..n-1, n in 1..512   ->   0      for i = n - 1; intervals: -511
//   lower(x - (x//8)*8)                                ->   0      as (x//8)*8 is at most x
#pragma once

#include <optional>
#include <unordered_map>

#include "ir/expr/linear_form.h"
#include "ir/expr/simplify.h"

namespace tenon {

class Bounds {
 public:
  /// Each question visits at most `budget` terms, then answers with what is known so far.
  Bounds(ExprPool& pool, const Ranges& ranges, int budget)
      : pool_(pool), ranges_(ranges), budget_(budget) {}

  /// A constant at most `form`; the search stops early once it reaches `enough`.
  int64_t lower(const LinearForm& form, int64_t enough = Interval::kMax);
  int64_t upper(const LinearForm& form, int64_t enough = Interval::kMin);
  Interval of(const LinearForm& form) { return {lower(form), upper(form)}; }

  bool nonnegative(const LinearForm& form) { return lower(form, 0) >= 0; }
  bool positive(const LinearForm& form) { return lower(form, 1) >= 1; }

 private:
  int64_t search(const LinearForm& form, int64_t enough);
  int64_t search_upper(const LinearForm& form);
  // The bound after replacing `atom` by an extreme of it; nothing when its extremes are unknown.
  std::optional<int64_t> eliminate(const LinearForm& form, Expr atom, int64_t enough);
  std::optional<int64_t> eliminate_division(const LinearForm& x, const LinearForm& divisor,
                                            const Split& split, bool at_least, int64_t enough);

  Interval sum_interval(const LinearForm& form);
  Interval atom_interval(Expr atom);
  Interval compute_atom_interval(Expr atom);
  // Literal ranges of variables that each occur once: there interval arithmetic is exact.
  bool interval_is_exact(const LinearForm& form);
  int depth(Expr e);
  const Ranges::Range* range_of(Expr atom);
  LinearForm form_of_bound(Expr bound) { return linear_form(pool_.import(bound)); }

  ExprPool& pool_;
  const Ranges& ranges_;
  int budget_;
  int left_ = 0;
  bool searching_ = false;
  std::unordered_map<const ExprNode*, Interval> intervals_;  // looked up, never iterated
  std::unordered_map<const ExprNode*, int> depths_;
};

/// Interval arithmetic; what leaves i64 is unbounded.
Interval interval_add(Interval a, Interval b);
Interval interval_multiply(Interval a, Interval b);
/// Floor division by a divisor of which at least 1 is known, else everything.
Interval interval_floor_div(Interval a, Interval b);
Interval interval_floor_mod(Interval a, Interval b);

}  // namespace tenon
