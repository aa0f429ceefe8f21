// Operations that a target lacks, written with those that it has: one text for every backend, with
// the bits that ir/expr/fold.h promises, without branches, tables or calls, so that it vectorises.
//
//   fma(a, b, c)    ->   a * b + c                                    (the one that rounds twice)
//   f32(x) of bf16  ->   bits_f32(u32(bits_u16(x)) << 16u32)
//   f16(x) of f64   ->   f16(f32 rounded to odd): the value that keeps the sticky bit rounds as x
//   floor(x)        ->   r = (|x| + 2^23) - 2^23, one less where that is above x, x where |x| >= 2^23
//
// The expansions use + - compare select abs of the float type, f32 <-> f64, and & | ^ >> << of
// integers of its width: a target without these cannot be served.
#pragma once

#include <array>

#include "ir/expr/expr.h"
#include "support/operation_table.h"

namespace tenon {

/// A target's table by operation and type.
class LegalOperations {
 public:
  /// Everything.
  LegalOperations();
  explicit LegalOperations(const OperationTable& table);

  /// True where the target has `op` on operands of `type` (of select: its values).
  bool has(Op op, DType type) const { return types_[static_cast<size_t>(op)].has(type); }
  /// True where the target converts values of `from` to `to`.
  bool converts(DType to, DType from) const { return sources_[static_cast<size_t>(to)].has(from); }

 private:
#define X(...) +1
  std::array<DTypeSet, TENON_OPS(X)> types_;
  std::array<DTypeSet, TENON_DTYPES(X)> sources_;
#undef X
};

/// The type by which an Apply is looked up: of its operands, or of the values of a select.
DType operand_type(const Apply& apply);

/// `e` with the operations that are not legal expanded, in its own pool: fma, rounding, the
/// conversions to and from f16 and bf16, division of integers, and the conversions of 64-bit ones to
/// and from floats. What has no expansion stays, for the code generator to
/// refuse.
Expr legalize(Expr e, const LegalOperations& legal);

}  // namespace tenon
