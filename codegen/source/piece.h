// A piece of an expression's text, with how tightly its outermost operator binds, so that pieces are
// put together with the parentheses that are needed and no others.
//
//   binary(binary(mo, "*", 8), "+", mi)  ->  mo * 8 + mi         (additive)
//   binary(that, "*", 768)               ->  (mo * 8 + mi) * 768
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::codegen::source {

/// The levels of C's grammar, loosest first.
enum class Binding : uint8_t {
  Conditional,
  LogicalOr,
  LogicalAnd,
  BitOr,
  BitXor,
  BitAnd,
  Equality,
  Relational,
  Shift,
  Additive,
  Multiplicative,
  Unary,
  Postfix,
};

struct Piece {
  std::string text;
  Binding binding = Binding::Postfix;
};

/// The text, in parentheses where it binds less than `least`.
std::string bound(const Piece& piece, Binding least);

/// a + b, a && b, ... Where compilers warn about operators side by side (&& in ||, arithmetic in
/// shifts, anything in bit operations) the inner one gets parentheses too.
Piece binary(const Piece& a, const std::string& op, const Piece& b);
/// a + b where sums may be regrouped: integers, pointers. a + (b - 1) is a + b - 1.
Piece sum(const Piece& a, const Piece& b);
/// -a, !a, ~a.
Piece unary(const std::string& op, const Piece& a);
/// (type)a.
Piece cast(const std::string& type, const Piece& a);
/// condition ? a : b.
Piece conditional(const Piece& condition, const Piece& a, const Piece& b);
/// name(a, b).
Piece call(const std::string& name, const std::vector<Piece>& arguments);
/// name[i][j]; without subscripts the name itself.
Piece subscript(const std::string& name, const std::vector<Piece>& subscripts);

}  // namespace tenon::codegen::source
