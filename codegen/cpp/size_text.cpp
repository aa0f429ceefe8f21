// Printing sizes.
#include "codegen/cpp/size_text.h"

#include "codegen/source/literals.h"
#include "support/check.h"

namespace tenon::codegen::cpp {

source::Piece size_text(Expr e, const std::map<std::string, std::string>& variables,
                        const Ranges& ranges) {
  if (const IntImm* number = e.as<IntImm>()) {
    if (e.type() == DType::Bool) return {number->value ? "1" : "0"};
    return source::integer_literal(e.type(), number->value);
  }
  if (const Var* var = e.as<Var>()) {
    auto found = variables.find(var->name);
    TENON_CHECK(found != variables.end(), "the dimension " + var->name + " has no value");
    return {found->second};
  }
  const Apply* apply = e.as<Apply>();
  TENON_CHECK(apply, "a size reads a tensor");
  std::vector<source::Piece> x;
  for (Expr child : apply->children) x.push_back(size_text(child, variables, ranges));
  bool is_positive = bounds_of(apply->children[0], ranges).min >= 0;
  switch (apply->op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Eq:
    case Op::Ne:
    case Op::Lt:
    case Op::Le: return source::binary(x[0], std::string(text_of(apply->op)), x[1]);
    case Op::FloorDiv:
      return is_positive ? source::binary(x[0], "/", x[1]) : source::call("tn_floor_div", x);
    case Op::FloorMod:
      return is_positive ? source::binary(x[0], "%", x[1]) : source::call("tn_floor_mod", x);
    case Op::Min: return source::call("tn_min", x);
    case Op::Max: return source::call("tn_max", x);
    case Op::And: return source::binary(x[0], "&&", x[1]);
    case Op::Or: return source::binary(x[0], "||", x[1]);
    case Op::Not: return source::unary("!", x[0]);
    case Op::Select: return source::conditional(x[0], x[1], x[2]);
    case Op::Neg: return source::unary("-", x[0]);
    default: break;
  }
  TENON_CHECK(false, "no size is made by " + std::string(text_of(apply->op)));
  return {};
}

}  // namespace tenon::codegen::cpp
