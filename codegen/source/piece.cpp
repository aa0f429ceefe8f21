// Putting expressions together from their parts.
#include "codegen/source/piece.h"

#include "support/check.h"

namespace tenon::codegen::source {
namespace {

struct Operator {
  const char* text;
  Binding binding;
  Binding operand;      // what operands must bind with at least
  bool is_associative;  // a + (b + c) may be written without parentheses: index arithmetic only
};

// The right operand of a left-associative operator must bind more tightly than the operator.
constexpr Operator kOperators[] = {
    {"||", Binding::LogicalOr, Binding::Equality, true},
    {"&&", Binding::LogicalAnd, Binding::Equality, true},
    {"|", Binding::BitOr, Binding::Unary, true},
    {"^", Binding::BitXor, Binding::Unary, true},
    {"&", Binding::BitAnd, Binding::Unary, true},
    {"==", Binding::Equality, Binding::Additive, false},
    {"!=", Binding::Equality, Binding::Additive, false},
    {"<", Binding::Relational, Binding::Additive, false},
    {"<=", Binding::Relational, Binding::Additive, false},
    {"<<", Binding::Shift, Binding::Unary, false},
    {">>", Binding::Shift, Binding::Unary, false},
    {"+", Binding::Additive, Binding::Additive, false},
    {"-", Binding::Additive, Binding::Additive, false},
    {"*", Binding::Multiplicative, Binding::Multiplicative, false},
    {"/", Binding::Multiplicative, Binding::Multiplicative, false},
    {"%", Binding::Multiplicative, Binding::Multiplicative, false},
};

Binding next(Binding binding) { return static_cast<Binding>(static_cast<int>(binding) + 1); }

}  // namespace

std::string bound(const Piece& piece, Binding least) {
  return piece.binding < least ? "(" + piece.text + ")" : piece.text;
}

Piece binary(const Piece& a, const std::string& op, const Piece& b) {
  for (const Operator& known : kOperators) {
    if (op != known.text) continue;
    auto side = [&](const Piece& piece, bool right) {
      if (known.is_associative && piece.binding == known.binding) return piece.text;
      bool chains = known.operand == known.binding;  // a + b + c, from the left
      return bound(piece, chains && right ? next(known.operand) : known.operand);
    };
    std::string right = side(b, true);
    return {side(a, false) + " " + op + " " + right, known.binding};
  }
  TENON_CHECK(false, "no operator of C is written " + op);
  return {};
}

Piece sum(const Piece& a, const Piece& b) {
  std::string left = bound(a, Binding::Additive), right = bound(b, Binding::Additive);
  if (right[0] == '-') return {left + " - " + right.substr(1), Binding::Additive};
  return {left + " + " + right, Binding::Additive};
}

Piece unary(const std::string& op, const Piece& a) {
  bool doubled = a.text.starts_with(op);  // -(-a), not --a
  return {op + bound(a, doubled ? Binding::Postfix : Binding::Unary), Binding::Unary};
}

Piece cast(const std::string& type, const Piece& a) {
  return {"(" + type + ")" + bound(a, Binding::Unary), Binding::Unary};
}

Piece conditional(const Piece& condition, const Piece& a, const Piece& b) {
  return {bound(condition, Binding::LogicalOr) + " ? " + bound(a, Binding::LogicalOr) + " : " +
              bound(b, Binding::Conditional),
          Binding::Conditional};
}

Piece call(const std::string& name, const std::vector<Piece>& arguments) {
  std::string text = name + "(";
  for (size_t i = 0; i < arguments.size(); ++i) text += (i ? ", " : "") + arguments[i].text;
  return {text + ")"};
}

Piece subscript(const std::string& name, const std::vector<Piece>& subscripts) {
  std::string text = name;
  for (const Piece& index : subscripts) text += "[" + index.text + "]";
  return {text};
}

}  // namespace tenon::codegen::source
