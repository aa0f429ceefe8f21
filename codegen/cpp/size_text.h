// Sizes as C text: expressions of dimensions, over any text that stands for each.
//
//   batch*64 // 16 with batch -> entry[0]   ->   entry[0] * 64 / 16
#pragma once

#include <map>
#include <string>

#include "codegen/source/piece.h"
#include "ir/expr/simplify.h"

namespace tenon::codegen::cpp {

/// Of an index or a condition without reads; min, max and division by what may be negative are
/// calls of prelude/tn_sizes.h.
source::Piece size_text(Expr e, const std::map<std::string, std::string>& variables,
                        const Ranges& ranges);

}  // namespace tenon::codegen::cpp
