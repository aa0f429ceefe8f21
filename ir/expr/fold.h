// Evaluation of single operations on literals: the one place that says what an operation gives. The
// pool folds with it, the interpreter runs on it, and backends are tested against it.
//
//   evaluate(Op::FloorDiv, DType::I32, {-7, 2})   ->   -4
#pragma once

#include "ir/expr/expr.h"

namespace tenon {

/// A scalar of any arithmetic type: `i` for integers, index and bool (wrapped to their width), `f`
/// for floats (a value of the type).
union Scalar {
  int64_t i;
  double f;
};

/// `value` wrapped to the width and signedness of an integer type; bool becomes 0 or 1; index is
/// unchanged.
int64_t wrap(DType type, int64_t value);

/// One operation on operands of `type` (of select: the type of the two values; operands[0] is its
/// condition), rounded once. For index, results are exact as long as they fit in i64.
Scalar evaluate(Op op, DType type, const Scalar* operands);

/// Conversion as nodes.h of each level promises: float to integer saturates, NaN gives 0; to bool
/// is `!= 0`.
Scalar convert(DType to, DType from, Scalar value);
/// The bits of a value as another type of the same width.
Scalar reinterpret(DType to, DType from, Scalar value);

/// The literal that an operation on literals gives, an operand for an identity such as x + 0 on
/// integers or x * 1, or null. Integer and index identities that hold for every value only; of the
/// float ones only x * 1, x - 0 and neg neg.
Expr fold_apply(ExprPool& pool, Op op, const std::vector<Expr>& operands);
Expr fold_cast(ExprPool& pool, DType type, Expr value);
/// NaN stays unfolded: a literal does not keep its payload.
Expr fold_bitcast(ExprPool& pool, DType type, Expr value);

}  // namespace tenon
