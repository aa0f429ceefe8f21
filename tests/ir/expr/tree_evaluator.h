// The meaning of an expression without reads, straight from fold.h: what every rewrite is compared
// with.
//
//   value_of(parse("x // 4 + 1"), {{"x", 9}})   ->   3
#pragma once

#include <map>
#include <string>

#include "ir/expr/expr.h"
#include "ir/expr/fold.h"

namespace tenon {

using Point = std::map<std::string, int64_t>;

inline Scalar scalar_of(Expr e, const Point& point) {
  Scalar result;
  if (const IntImm* imm = e.as<IntImm>()) {
    result.i = imm->value;
  } else if (const FloatImm* real = e.as<FloatImm>()) {
    result.f = real->value;
  } else if (const Var* var = e.as<Var>()) {
    result.i = point.at(var->name);
  } else if (const Cast* cast = e.as<Cast>()) {
    Scalar value = scalar_of(cast->value(), point);
    DType from = cast->value().type();
    result = cast->bits ? reinterpret(cast->type, from, value) : convert(cast->type, from, value);
  } else {
    const Apply* apply = e.as<Apply>();
    TENON_CHECK(apply, "a read has no value here");
    Scalar operands[3];
    for (size_t i = 0; i < apply->children.size(); ++i)
      operands[i] = scalar_of(apply->children[i], point);
    result = evaluate(apply->op, apply->children.back().type(), operands);
  }
  return result;
}

inline int64_t value_of(Expr e, const Point& point) { return scalar_of(e, point).i; }

}  // namespace tenon
