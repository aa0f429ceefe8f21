// Functions that only move blocks of memory: what they do can be done by laying buffers over each
// other.
//
//   y_0: y[n, c, h] for n:1, c:64, h:55 = a[n, c, h]           a is at y + 0
//   y_1: y[n, c + 64, h] for n:1, c:64, h:55 = b[n, c, h]      b is at y + 3520
#pragma once

#include <optional>

#include "ir/expr/simplify.h"
#include "ir/tensor/nodes.h"

namespace tenon::tensor {

/// One stage: element p of `source` in memory becomes element p + `distance` of `target`, for all
/// elements of the source, or of the target, or of both.
struct Move {
  std::string source, target;
  Expr distance;
  bool whole_source = false, whole_target = false;
};

/// The moves of a function, one for each stage; none where a stage does anything else, moves no
/// whole tensor, or moves elements by different distances. `ranges` holds the symbols.
std::optional<std::vector<Move>> find_moves(const Function& function, const Ranges& ranges,
                                            ExprPool& pool);

}  // namespace tenon::tensor
