// Simplification of index expressions under ranges of their variables, interval bounds, and proofs.
//
//   (co*16 + ci) // 16   with ci in 0..15    ->   co
//   prove(mo*8 + mi < 128) with mo in 0..15, mi in 0..7   ->   true
#pragma once

#include <map>
#include <string>

#include "ir/expr/expr.h"

namespace tenon {

/// A closed interval of integers; kMin and kMax stand for "unbounded".
struct Interval {
  static constexpr int64_t kMin = INT64_MIN, kMax = INT64_MAX;
  int64_t min = kMin, max = kMax;
  bool operator==(const Interval&) const = default;
  bool is_point() const { return min == max; }
  bool bounded() const { return min != kMin && max != kMax; }
};

/// What is known of each variable: min <= v <= max, both index expressions of other variables (for
/// a loop: 0 and extent - 1; for a symbol: literals).
class Ranges {
 public:
  struct Range {
    Expr min, max;
  };
  void set(const std::string& name, Expr min, Expr max) { ranges_[name] = {min, max}; }
  /// 0 <= name < extent.
  void set_extent(const std::string& name, Expr extent);
  void erase(const std::string& name) { ranges_.erase(name); }
  const Range* find(const std::string& name) const;

 private:
  std::map<std::string, Range> ranges_;
};

/// Constant bounds of an index expression. Saturates to unbounded on overflow of i64.
Interval bounds_of(Expr e, const Ranges& ranges);

/// The expression in normal form: sums of products in a fixed order by content, divisions and
/// modulos resolved where the ranges allow, min, max, comparisons and selects decided where they
/// can be. Works below reads and data arithmetic too: every index sub-expression is simplified;
/// float arithmetic is left as it is but for its literals.
Expr simplify(Expr e, const Ranges& ranges);

/// True when the bool expression is proved to hold for all values in the ranges; false means
/// "unknown". It is simplified, and the search behind each comparison visits at most 1,000 terms.
/// This and the two above make nodes in the expression's pool.
bool prove(Expr condition, const Ranges& ranges);

}  // namespace tenon
