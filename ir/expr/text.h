// The text form of expressions, shared by all levels.
//
//   select(i < n, x[i, 2*j + 1] else 0.0, -1.5f64)
//
// Literals: index plain (3), f32 with a point or exponent (3.0, 1e-05, inf, nan), bool true and
// false, every other type with its name behind (3i64, 0.5f64, inf_f64). Precedence, loosest first:
// | ^ & comparisons shifts +- * / // % unary.
#pragma once

#include <functional>
#include <optional>

#include "ir/expr/expr.h"
#include "support/text.h"

namespace tenon {

std::string to_string(Expr e);

/// The element type of a tensor or buffer in scope, by name.
using ElementTypes = std::function<std::optional<DType>(const std::string&)>;

/// Reads one expression; faults throw UserErrors at the token concerned.
Expr parse_expr(Lexer& lexer, ExprPool& pool, const ElementTypes& element_types);
/// Reads one expression that must be of type index and reads no tensor.
Expr parse_index(Lexer& lexer, ExprPool& pool);

}  // namespace tenon
