// The parts of the text form that the tensor and the loop level share: tensor types, axes, targets
// of stages.
//
//   f32[1, 64, 56, 56]<0, 1/16, 2, 3, 1%16>      a type with extents and layout
//   m:128, n:3072                                axes
//   acc[m:128, n:3072]                           the target of a plain stage
//   y_1: y[n, c + 64] for n:1, c:64              the target of a piece
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/expr/text.h"
#include "ir/loop/nodes.h"
#include "support/text.h"

namespace tenon::loop {

std::string type_text(DType type, std::span<const Expr> extents, const Layout& layout);
std::string axes_text(std::span<const Axis> axes);
/// Axes stand in their places where each is one subscript of the target; else behind `for`.
std::string target_text(const Stage& stage);
/// `a, b, c`.
std::string list_text(std::span<const Expr> list);
/// ` anchor(acc: gemm)`, or nothing.
std::string anchor_text(const std::string& stage, const std::string& class_name);

struct TypeText {
  DType type = DType::F32;
  std::vector<Expr> extents;
  Layout layout;
};

/// `f32[...]<...>`: a layout that does not fit the rank is refused.
TypeText parse_type(Lexer& lexer, ExprPool& pool);
/// `m:128, n:3072`, at least one.
std::vector<Axis> parse_axes(Lexer& lexer, ExprPool& pool);
/// Index expressions in brackets, `[a, b]`.
std::vector<Expr> parse_index_list(Lexer& lexer, ExprPool& pool);
/// The target: fills name, tensor, axes and target of the stage.
void parse_target(Lexer& lexer, ExprPool& pool, Stage& stage);
/// `sum`, `max`, ...: none when the next token is no reducer.
Reducer accept_reducer(Lexer& lexer);
/// ` anchor(acc: gemm)` when it is there.
void accept_anchor(Lexer& lexer, std::string& stage, std::string& class_name);
/// A bool expression; `types` as in parse_expr.
Expr parse_condition(Lexer& lexer, ExprPool& pool, const ElementTypes& types);
/// `require A require B` when they are there.
std::vector<Expr> accept_requirements(Lexer& lexer, ExprPool& pool, const ElementTypes& types);
std::string requirements_text(const Stage& stage);
/// `symbol batch in 1..8`, the word already read.
Symbol parse_symbol(Lexer& lexer);
std::string to_string(const Symbol& symbol);

}  // namespace tenon::loop
