// Activation functions, with the formulas of the ONNX specification.
//
//   %y = leaky_relu %x {alpha=0.1} : f32[8]
//     ->   y[i0] = select(0.0 < x[i0], x[i0], x[i0] * 0.1)
#include <cmath>

#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

Operator activation(std::string_view name, std::vector<AttributeSchema> attributes, UnaryFunction f,
                    std::string_view classes = "f") {
  return {.name = name,
          .attributes = std::move(attributes),
          .fusion = FusionClass::Elementwise,
          .infer = same_type_as_input(classes),
          .compute = elementwise(std::move(f))};
}

AttributeSchema number(std::string_view name, double value) {
  return {name, AttributeKind::Number, value};
}

Expr exp_of(Expr x) { return call(Op::Exp, x); }
Expr tanh_of(Expr x) { return call(Op::Tanh, x); }
Expr abs_of(Expr x) { return call(Op::Abs, x); }
Expr is_positive(Expr x) { return gt(x, literal_like(x, 0)); }

// log(1 + exp(x)) without overflow for large x.
Expr softplus_of(Expr x) { return max(x, 0.0) + call(Op::Log, exp_of(-abs_of(x)) + 1.0); }

// alpha * (exp(x) - 1) below zero. The exponential sees no positive value, so it cannot overflow
// where it is not used.
Expr elu_of(Expr x, double alpha) {
  return select(is_positive(x), x, (exp_of(min(x, 0.0)) - 1.0) * alpha);
}

Expr hard_sigmoid_of(Expr x, double alpha, double beta) {
  return min(max(x * alpha + beta, 0.0), 1.0);
}

Expr gelu_of(const Attributes& attributes, Expr x) {
  if (attributes.text("approximate") == "tanh") {
    Expr inner = (x + x * x * x * 0.044715) * std::sqrt(2.0 / M_PI);
    return x * 0.5 * (tanh_of(inner) + 1.0);
  }
  return x * 0.5 * (call(Op::Erf, x * M_SQRT1_2) + 1.0);
}

void infer_gelu(InferContext& context) {
  const std::string& approximate = context.attributes().text("approximate");
  if (approximate != "none" && approximate != "tanh")
    context.fail("the attribute approximate is \"" + approximate + "\"",
                 "it must be \"none\" or \"tanh\"");
  same_type_as_input("f")(context);
}

Expr shrink_of(Expr x, double bias, double lambda) {
  Expr zero = literal_like(x, 0);
  return select(lt(x, literal_like(x, -lambda)), x + bias,
                select(gt(x, literal_like(x, lambda)), x - bias, zero));
}

}  // namespace

namespace ops {

using A = const Attributes&;

const Operator relu = activation(
    "relu", {}, [](A, Expr x) { return tenon::max(x, 0.0); }, "if");

const Operator leaky_relu = activation("leaky_relu", {number("alpha", 0.01)}, [](A a, Expr x) {
  return select(is_positive(x), x, x * a.number("alpha"));
});

const Operator thresholded_relu =
    activation("thresholded_relu", {number("alpha", 1)}, [](A a, Expr x) {
      return select(gt(x, literal_like(x, a.number("alpha"))), x, literal_like(x, 0));
    });

const Operator elu = activation("elu", {number("alpha", 1)},
                                [](A a, Expr x) { return elu_of(x, a.number("alpha")); });

const Operator celu = activation("celu", {number("alpha", 1)}, [](A a, Expr x) {
  double alpha = a.number("alpha");
  return select(is_positive(x), x, (exp_of(tenon::min(x, 0.0) / alpha) - 1.0) * alpha);
});

const Operator selu = activation(
    "selu",
    {number("alpha", 1.67326319217681884765625), number("gamma", 1.05070102214813232421875)},
    [](A a, Expr x) { return elu_of(x, a.number("alpha")) * a.number("gamma"); });

const Operator hard_sigmoid =
    activation("hard_sigmoid", {number("alpha", 0.2), number("beta", 0.5)},
               [](A a, Expr x) { return hard_sigmoid_of(x, a.number("alpha"), a.number("beta")); });

const Operator hard_swish =
    activation("hard_swish", {}, [](A, Expr x) { return x * hard_sigmoid_of(x, 1.0 / 6, 0.5); });

const Operator softplus = activation("softplus", {}, [](A, Expr x) { return softplus_of(x); });

const Operator softsign =
    activation("softsign", {}, [](A, Expr x) { return x / (abs_of(x) + 1.0); });

const Operator mish = activation("mish", {}, [](A, Expr x) { return x * tanh_of(softplus_of(x)); });

// x * sigmoid(alpha * x); alpha 1 is SiLU.
const Operator swish = activation("swish", {number("alpha", 1)}, [](A a, Expr x) {
  return x * call(Op::Sigmoid, x * a.number("alpha"));
});

const Operator shrink =
    activation("shrink", {number("bias", 0), number("lambd", 0.5)},
               [](A a, Expr x) { return shrink_of(x, a.number("bias"), a.number("lambd")); });

const Operator gelu = {.name = "gelu",
                       .attributes = {{"approximate", AttributeKind::Text, "none"}},
                       .fusion = FusionClass::Elementwise,
                       .infer = infer_gelu,
                       .compute = elementwise(gelu_of)};

}  // namespace ops
}  // namespace tenon::high
