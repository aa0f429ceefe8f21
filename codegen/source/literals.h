// Literals of C, C++ and CUDA: decimal, the shortest that reads back as the same value.
//
//   real_literal(F32, 0.0625)         ->  0.0625f
//   real_literal(F32, -inf)           ->  -TN_INFINITY
//   integer_literal(I64, 1 << 40)     ->  INT64_C(1099511627776)
#pragma once

#include "codegen/source/piece.h"
#include "support/dtype.h"

namespace tenon::codegen::source {

/// f32, with an f after it, or f64.
Piece real_literal(DType type, double value);
/// Of an integer type, index or bool (false, true); `value` is wrapped to the type. Types below 32
/// bits get a cast, so that a template sees the type.
Piece integer_literal(DType type, int64_t value);

}  // namespace tenon::codegen::source
