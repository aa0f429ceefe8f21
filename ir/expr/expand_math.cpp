// The dispatch of mathematical functions to their expansions.
#include "ir/expr/expand_math.h"

#include "ir/expr/math/functions.h"

namespace tenon {
namespace {

// f64 functions serve f32 by conversion.
Expr in_double(Expr (*function)(Expr), Expr x) {
  return cast(x.type(), function(cast(DType::F64, x)));
}

Expr remainder_in_double(Expr x, Expr y) {
  return cast(x.type(),
              math::remainder(cast(DType::F64, x), cast(DType::F64, y), x.type() == DType::F32));
}

Expr tangent_in_double(Expr x) {
  return cast(x.type(), math::tangent(cast(DType::F64, x), x.type() == DType::F32));
}

Expr expand(Op op, Expr x, Expr y) {
  switch (op) {
    case Op::Exp: return math::exponential(x);
    case Op::Log: return math::logarithm(x);
    case Op::Tanh: return math::hyperbolic_tangent(x);
    case Op::Erf: return math::error_function(x);
    case Op::Sigmoid: return math::sigmoid(x);
    case Op::Sin: return math::sine(x);
    case Op::Cos: return math::cosine(x);
    case Op::Tan: return tangent_in_double(x);
    case Op::Asin: return in_double(math::arc_sine, x);
    case Op::Acos: return in_double(math::arc_cosine, x);
    case Op::Atan: return in_double(math::arc_tangent, x);
    case Op::Sinh: return in_double(math::hyperbolic_sine, x);
    case Op::Cosh: return in_double(math::hyperbolic_cosine, x);
    case Op::Asinh: return in_double(math::inverse_hyperbolic_sine, x);
    case Op::Acosh: return in_double(math::inverse_hyperbolic_cosine, x);
    case Op::Atanh: return in_double(math::inverse_hyperbolic_tangent, x);
    case Op::Pow: return math::power(x, y);
    case Op::Fmod: return remainder_in_double(x, y);
    default: break;
  }
  TENON_CHECK(false, "no expansion of " + std::string(text_of(op)));
  return {};
}

class ExpandMath final : public Rewriter {
 public:
  using Rewriter::Rewriter;

 private:
  Expr rewrite(Expr e) override {
    Expr result = rewrite_children(e);
    const Apply* apply = result.as<Apply>();
    if (!apply || !is_math_function(apply->op)) return result;
    return expand(apply->op, apply->operand(0),
                  apply->children.size() > 1 ? apply->operand(1) : Expr());
  }
};

}  // namespace

Expr expand_math(Expr e) { return ExpandMath(e.pool())(e); }

}  // namespace tenon
