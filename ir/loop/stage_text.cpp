// Printing and parsing of tensor types, axes and targets.
#include "ir/loop/stage_text.h"

#include <algorithm>

namespace tenon::loop {
namespace {

// Blocks beyond this are no layout that a machine has a use for, and their products would leave
// i64.
constexpr int64_t kLargestBlock = int64_t{1} << 20;

// For each axis the position in the target that is just its variable; empty when some axis has
// none, or out of order.
std::vector<size_t> axis_positions(const Stage& stage) {
  std::vector<size_t> positions;
  size_t next = 0;
  for (const Axis& axis : stage.axes) {
    while (next < stage.target.size()) {
      const Var* var = stage.target[next].as<Var>();
      if (var && var->name == axis.name) break;
      ++next;
    }
    if (next == stage.target.size()) return {};
    positions.push_back(next++);
  }
  return positions;
}

Axis parse_axis(Lexer& lexer, ExprPool& pool) {
  Axis axis;
  axis.name = lexer.expect_word("the name of an axis");
  lexer.expect(":");
  axis.extent = parse_index(lexer, pool);
  return axis;
}

}  // namespace

// ---- printing -----------------------------------------------------------------------------------

std::string list_text(std::span<const Expr> list) {
  std::vector<std::string> parts;
  for (Expr e : list) parts.push_back(to_string(e));
  return join(parts, ", ");
}

std::string type_text(DType type, std::span<const Expr> extents, const Layout& layout) {
  return std::string(name_of(type)) + "[" + list_text(extents) + "]" + to_string(layout);
}

std::string axes_text(std::span<const Axis> axes) {
  std::vector<std::string> parts;
  for (const Axis& axis : axes) parts.push_back(axis.name + ":" + to_string(axis.extent));
  return join(parts, ", ");
}

std::string target_text(const Stage& stage) {
  std::vector<size_t> positions = axis_positions(stage);
  if (stage.name != stage.tensor || positions.size() != stage.axes.size()) {
    std::string text = stage.name + ": " + stage.tensor + "[" + list_text(stage.target) + "]";
    return stage.axes.empty() ? text : text + " for " + axes_text(stage.axes);
  }
  std::vector<std::string> parts;
  for (Expr e : stage.target) parts.push_back(to_string(e));
  for (size_t i = 0; i < positions.size(); ++i)
    parts[positions[i]] = axes_text(std::span(stage.axes).subspan(i, 1));
  return stage.name + "[" + join(parts, ", ") + "]";
}

std::string anchor_text(const std::string& stage, const std::string& class_name) {
  return stage.empty() ? "" : " anchor(" + stage + ": " + class_name + ")";
}

std::string requirements_text(const Stage& stage) {
  std::string text;
  for (Expr requirement : stage.requirements) text += " require " + to_string(requirement);
  return text;
}

std::string to_string(const Symbol& symbol) {
  return "symbol " + symbol.name + " in " + std::to_string(symbol.min) + ".." +
         std::to_string(symbol.max);
}

// ---- parsing ------------------------------------------------------------------------------------

TypeText parse_type(Lexer& lexer, ExprPool& pool) {
  TypeText result;
  Token token = lexer.peek();
  std::string name = lexer.expect_word("an element type");
  std::optional<DType> type = dtype_named(name);
  if (!type) lexer.fail_at(token, "expected an element type");
  result.type = *type;
  result.extents = parse_index_list(lexer, pool);
  token = lexer.peek();
  result.layout = parse_layout(lexer);
  for (const PhysicalDim& dim : result.layout.dims)
    if (dim.divisor > kLargestBlock || dim.modulus > kLargestBlock)
      lexer.fail_at(token, "the blocks of this layout are too large");
  if (!result.layout.is_valid(static_cast<int>(result.extents.size())))
    lexer.fail_at(token, "this layout does not give each element one place");
  return result;
}

std::vector<Expr> parse_index_list(Lexer& lexer, ExprPool& pool) {
  std::vector<Expr> list;
  lexer.expect("[");
  if (lexer.accept("]")) return list;
  do {
    list.push_back(parse_index(lexer, pool));
  } while (lexer.accept(","));
  lexer.expect("]");
  return list;
}

std::vector<Axis> parse_axes(Lexer& lexer, ExprPool& pool) {
  std::vector<Axis> axes;
  do {
    axes.push_back(parse_axis(lexer, pool));
  } while (lexer.accept(","));
  return axes;
}

void parse_target(Lexer& lexer, ExprPool& pool, Stage& stage) {
  stage.name = stage.tensor = lexer.expect_word("the name of a stage");
  bool piece = lexer.accept(":");
  if (piece) {
    stage.tensor = lexer.expect_word("the name of the tensor that the stage writes");
    stage.target = parse_index_list(lexer, pool);
    if (lexer.accept("for")) stage.axes = parse_axes(lexer, pool);
    return;
  }
  lexer.expect("[");
  if (lexer.accept("]")) return;
  do {
    if (lexer.peek().kind == TokenKind::Word && lexer.next_is(":", 1)) {
      stage.axes.push_back(parse_axis(lexer, pool));
      stage.target.push_back(pool.var(stage.axes.back().name));
    } else {
      stage.target.push_back(parse_index(lexer, pool));
    }
  } while (lexer.accept(","));
  lexer.expect("]");
}

Reducer accept_reducer(Lexer& lexer) {
  for (Reducer reducer :
       {Reducer::Sum, Reducer::Prod, Reducer::Max, Reducer::Min, Reducer::Any, Reducer::All})
    if (lexer.accept(text_of(reducer))) return reducer;
  return Reducer::None;
}

void accept_anchor(Lexer& lexer, std::string& stage, std::string& class_name) {
  if (!lexer.accept("anchor")) return;
  lexer.expect("(");
  stage = lexer.expect_word("the name of a stage");
  lexer.expect(":");
  class_name = lexer.expect_word("a class of operators");
  lexer.expect(")");
}

Expr parse_condition(Lexer& lexer, ExprPool& pool, const ElementTypes& types) {
  Token start = lexer.peek();
  Expr condition = parse_expr(lexer, pool, types);
  if (condition.type() != DType::Bool) lexer.fail_at(start, "expected a condition");
  return condition;
}

std::vector<Expr> accept_requirements(Lexer& lexer, ExprPool& pool, const ElementTypes& types) {
  std::vector<Expr> requirements;
  while (lexer.accept("require")) requirements.push_back(parse_condition(lexer, pool, types));
  return requirements;
}

Symbol parse_symbol(Lexer& lexer) {
  Symbol symbol;
  symbol.name = lexer.expect_word("the name of a symbol");
  lexer.expect("in");
  Token bound = lexer.peek();
  symbol.min = lexer.expect_integer("the least value");
  lexer.expect("..");
  symbol.max = lexer.expect_integer("the greatest value");
  if (symbol.min > symbol.max) lexer.fail_at(bound, "the least value is above the greatest");
  return symbol;
}

}  // namespace tenon::loop
