// Printing and parsing of expressions.
#include "ir/expr/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tenon {
namespace {

enum Precedence { kNone = 0, kOr, kXor, kAnd, kCompare, kShift, kAdd, kMul, kUnary };

int precedence_of(Op op) {
  switch (op) {
    case Op::Or: return kOr;
    case Op::Xor: return kXor;
    case Op::And: return kAnd;
    case Op::Eq:
    case Op::Ne:
    case Op::Lt:
    case Op::Le: return kCompare;
    case Op::Shl:
    case Op::Shr: return kShift;
    case Op::Add:
    case Op::Sub: return kAdd;
    case Op::Mul:
    case Op::Div:
    case Op::FloorDiv:
    case Op::FloorMod: return kMul;
    default: return kNone;
  }
}

std::string float_text(double value, DType type) {
  std::string suffix = type == DType::F32 ? "" : std::string(name_of(type));
  if (!std::isfinite(value)) {
    std::string word = std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    return suffix.empty() ? word : word + "_" + suffix;
  }
  char buffer[32];
  // The shortest text that reads back as the same f32, or double.
  auto result = type == DType::F32
                    ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value))
                    : std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + suffix;
}

std::string integer_text(int64_t value, DType type) {
  if (type == DType::Bool) return value ? "true" : "false";
  std::string digits =
      type == DType::U64 ? std::to_string(static_cast<uint64_t>(value)) : std::to_string(value);
  return type == DType::Index ? digits : digits + std::string(name_of(type));
}

// Walks over expressions recurse: what a text may hold is kept within the stack, whoever wrote it.
constexpr int kDeepestNesting = 200;
constexpr int kGreatestHeight = 2000;

class Printer {
 public:
  std::string print(Expr e, int outer) {
    switch (e.kind()) {
      case ExprKind::IntImm: return integer_text(e.as<IntImm>()->value, e.type());
      case ExprKind::FloatImm: return float_text(e.as<FloatImm>()->value, e.type());
      case ExprKind::Var: return e.as<Var>()->name;
      case ExprKind::Cast:
        return (e.as<Cast>()->bits ? "bits_" : "") + std::string(name_of(e.type())) + "(" +
               print(e.as<Cast>()->value(), kNone) + ")";
      case ExprKind::Apply: return print_apply(*e.as<Apply>(), outer);
      case ExprKind::Read: return print_read(*e.as<Read>(), outer);
    }
    return "";
  }

 private:
  std::string print_list(std::span<const Expr> list) {
    std::vector<std::string> parts;
    for (Expr e : list) parts.push_back(print(e, kNone));
    return join(parts, ", ");
  }

  std::string print_apply(const Apply& apply, int outer) {
    if (apply.op == Op::Neg) return "-" + print(apply.operand(0), kUnary);
    int precedence = precedence_of(apply.op);
    if (precedence == kNone)
      return std::string(text_of(apply.op)) + "(" + print_list(apply.children) + ")";
    // Infix operators group to the left; comparisons do not chain.
    std::string left =
        print(apply.operand(0), precedence == kCompare ? precedence + 1 : precedence);
    // Subscripts are dense: `mo*8 + mi`, and `i//4 % 8`, where a division within arithmetic is.
    bool tight = apply.type == DType::Index && precedence == kMul &&
                 (apply.op == Op::Mul || outer > kCompare);
    std::string sign =
        tight ? std::string(text_of(apply.op)) : " " + std::string(text_of(apply.op)) + " ";
    std::string text = left + sign + print(apply.operand(1), precedence + 1);
    return precedence < outer ? "(" + text + ")" : text;
  }

  std::string print_read(const Read& read, int outer) {
    std::string text = read.tensor + "[" + print_list(read.indices()) + "]";
    if (!read.has_otherwise) return text;
    text += " else " + print(read.otherwise(), kUnary);
    return outer > kNone ? "(" + text + ")" : text;
  }
};

class Parser {
 public:
  Parser(Lexer& lexer, ExprPool& pool, const ElementTypes& element_types)
      : lexer_(lexer), pool_(pool), element_types_(element_types) {}

  Expr parse() {
    if (++nesting_ > kDeepestNesting) lexer_.fail("this expression is nested too deeply");
    Expr result = parse_infix(kOr);
    --nesting_;
    return result;
  }

 private:
  std::optional<Op> infix_here(int precedence) {
    if (lexer_.peek().kind != TokenKind::Punct) return std::nullopt;
    for (Op op : {Op::Or, Op::Xor, Op::And, Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Shl, Op::Shr,
                  Op::Add, Op::Sub, Op::Mul, Op::Div, Op::FloorDiv, Op::FloorMod})
      if (precedence_of(op) == precedence && lexer_.peek().text == text_of(op)) return op;
    return std::nullopt;
  }

  Expr parse_infix(int precedence) {
    if (precedence == kUnary) return parse_unary();
    Expr left = parse_infix(precedence + 1);
    int height = height_;
    while (true) {
      Token token = lexer_.peek();
      // `a > b` reads as `b < a`.
      bool swapped = precedence == kCompare && (lexer_.next_is(">") || lexer_.next_is(">="));
      std::optional<Op> op =
          swapped ? std::optional(lexer_.next_is(">") ? Op::Lt : Op::Le) : infix_here(precedence);
      if (!op) {
        height_ = height;
        return left;
      }
      lexer_.next();
      Expr right = parse_infix(precedence + 1);
      height = std::max(height, height_) + 1;
      if (height > kGreatestHeight) lexer_.fail_at(token, "this expression is too long");
      left = swapped ? apply(token, *op, {right, left}) : apply(token, *op, {left, right});
    }
  }

  Expr parse_unary() {
    Token token = lexer_.peek();
    if (!lexer_.accept("-")) return parse_primary();
    TokenKind kind = lexer_.peek().kind;
    if (kind == TokenKind::Integer || kind == TokenKind::Float) return parse_literal(true);
    if (++nesting_ > kDeepestNesting) lexer_.fail("this expression is nested too deeply");
    Expr operand = parse_unary();
    --nesting_;
    ++height_;
    return apply(token, Op::Neg, {operand});
  }

  Expr parse_literal(bool negative) {
    Token token = lexer_.next();
    bool real = token.kind == TokenKind::Float;
    DType type = real ? DType::F32 : DType::Index;
    if (!token.suffix.empty()) {
      std::optional<DType> named = dtype_named(token.suffix);
      if (!named) lexer_.fail_at(token, "'" + token.suffix + "' is no type");
      type = *named;
    }
    if (type == DType::String || type == DType::Bool)
      lexer_.fail_at(token, "no number has this type");
    if (real != is_float(type)) lexer_.fail_at(token, "this literal does not fit its type");
    if (real) return pool_.real(type, negative ? -token.number : token.number);
    uint64_t magnitude = static_cast<uint64_t>(token.integer);
    return pool_.integer(type, static_cast<int64_t>(negative ? 0 - magnitude : magnitude));
  }

  std::vector<Expr> parse_list(std::string_view end) {
    std::vector<Expr> list;
    int height = 0;
    if (!lexer_.accept(end)) {
      do {
        list.push_back(parse());
        height = std::max(height, height_);
      } while (lexer_.accept(","));
      lexer_.expect(end);
    }
    height_ = height + 1;
    return list;
  }

  Expr parse_primary() {
    Token token = lexer_.peek();
    height_ = 1;
    if (token.kind == TokenKind::Integer || token.kind == TokenKind::Float)
      return parse_literal(false);
    if (lexer_.accept("(")) {
      Expr inner = parse();
      lexer_.expect(")");
      return inner;
    }
    if (token.kind != TokenKind::Word) lexer_.fail("expected an expression");
    lexer_.next();
    if (token.text == "true" || token.text == "false") return pool_.boolean(token.text == "true");
    if (lexer_.accept("[")) return parse_read(token);
    if (lexer_.accept("(")) return parse_call(token);
    return pool_.var(token.text);
  }

  Expr parse_read(const Token& name) {
    std::optional<DType> type = element_types_(name.text);
    if (!type) lexer_.fail_at(name, "no tensor of this name is in scope");
    std::vector<Expr> indices = parse_list("]");
    for (Expr index : indices)
      if (index.type() != DType::Index) lexer_.fail_at(name, "a subscript must be of type index");
    Expr otherwise;
    if (lexer_.accept("else")) {
      otherwise = parse_unary();
      if (otherwise.type() != *type)
        lexer_.fail_at(name, "the else value must be of the tensor's type");
    }
    return pool_.read(name.text, *type, std::move(indices), otherwise);
  }

  Expr parse_call(const Token& name) {
    std::vector<Expr> operands = parse_list(")");
    bool bits = name.text.starts_with("bits_");
    if (std::optional<DType> type = dtype_named(bits ? name.text.substr(5) : name.text)) {
      if (operands.size() != 1) lexer_.fail_at(name, "a conversion takes one operand");
      if (*type == DType::String || operands[0].type() == DType::String)
        lexer_.fail_at(name, "strings have no conversion");
      if (bits && bits_of(*type) != bits_of(operands[0].type()))
        lexer_.fail_at(name, "the widths differ");
      return bits ? pool_.bitcast(*type, operands[0]) : pool_.cast(*type, operands[0]);
    }
    for (int i = 0; i <= static_cast<int>(Op::Select); ++i) {
      Op op = static_cast<Op>(i);
      if (text_of(op) == name.text) return apply(name, op, std::move(operands));
    }
    lexer_.fail_at(name, "no operation of this name exists");
  }

  // Type faults in a text are the writer's, so they are checked here before the pool would refuse
  // them as a bug.
  Expr apply(const Token& token, Op op, std::vector<Expr> operands) {
    if (static_cast<int>(operands.size()) != arity_of(op))
      lexer_.fail_at(
          token, std::string(text_of(op)) + " takes " + std::to_string(arity_of(op)) + " operands");
    size_t first = op == Op::Select ? 1 : 0;
    if (op == Op::Select && operands[0].type() != DType::Bool)
      lexer_.fail_at(token, "the condition of select must be a bool");
    for (size_t i = first + 1; i < operands.size(); ++i)
      if (operands[i].type() != operands[first].type())
        lexer_.fail_at(token, "the operands are of types " +
                                  std::string(name_of(operands[first].type())) + " and " +
                                  std::string(name_of(operands[i].type())));
    if (!applies_to(op, operands[first].type()))
      lexer_.fail_at(token, std::string(text_of(op)) + " is not defined for " +
                                std::string(name_of(operands[first].type())));
    return pool_.apply(op, std::move(operands));
  }

  Lexer& lexer_;
  ExprPool& pool_;
  const ElementTypes& element_types_;
  int nesting_ = 0;
  int height_ = 0;  // of the expression read last
};

}  // namespace

std::string to_string(Expr e) { return e ? Printer().print(e, kNone) : "<none>"; }

Expr parse_expr(Lexer& lexer, ExprPool& pool, const ElementTypes& element_types) {
  return Parser(lexer, pool, element_types).parse();
}

Expr parse_index(Lexer& lexer, ExprPool& pool) {
  Token start = lexer.peek();
  Expr e = parse_expr(lexer, pool, [](const std::string&) { return std::nullopt; });
  if (e.type() != DType::Index) lexer.fail_at(start, "expected an index expression");
  return e;
}

}  // namespace tenon
