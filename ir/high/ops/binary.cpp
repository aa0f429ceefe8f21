// Functions of two elements, with numpy's broadcasting.
//
//   %y = add %x, %b : f32[batch, 768]    ->    y[i0, i1] = x[i0, i1] + b[i1]
#include <limits>

#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

Operator binary(std::string_view name, std::string_view classes, BinaryFunction f,
                bool gives_bool = false) {
  return {.name = name,
          .inputs = {"a", "b"},
          .fusion = FusionClass::Elementwise,
          .infer = broadcast_type(classes, gives_bool),
          .compute = elementwise(std::move(f))};
}

Operator one_operation(std::string_view name, Op op, std::string_view classes) {
  return binary(name, classes, [op](const Attributes&, Expr a, Expr b) {
    return a.pool().apply(op, {a, b});
  });
}

Operator comparison(std::string_view name, std::string_view classes, Expr (*compare)(Expr, Expr)) {
  return binary(
      name, classes, [compare](const Attributes&, Expr a, Expr b) { return compare(a, b); }, true);
}

Expr divide(Expr a, Expr b) {
  return a.pool().apply(is_float(a.type()) ? Op::Div : Op::TruncDiv, {a, b});
}

// Small whole exponents are products, as other runtimes compute them; the square root keeps pow's
// results at -inf and -0.
Expr power(Expr base, Expr exponent) {
  std::optional<double> known = literal_value(exponent);
  if (known == 1.0) return base;
  if (known == 2.0) return base * base;
  if (known == 3.0) return base * base * base;
  if (is_float(base.type()) && known == 0.5) {
    double infinity = std::numeric_limits<double>::infinity();
    return select(eq(base, literal_like(base, -infinity)), literal_like(base, infinity),
                  call(Op::Sqrt, base) + 0.0);
  }
  // Integers go through f64, which is exact below 2^53.
  DType working =
      base.type() == DType::F32 && exponent.type() != DType::F64 ? DType::F32 : DType::F64;
  Expr result = base.pool().apply(Op::Pow, {cast(working, base), cast(working, exponent)});
  return cast(base.type(), result);
}

// The base's type is the result's; the exponent may be of another.
void infer_power(InferContext& context) {
  require_class(context, 0, "if");
  require_class(context, 1, "if");
  context.output(context.input(0).type,
                 context.broadcast(context.input(0).shape, context.input(1).shape));
}

Expr modulo(const Attributes& attributes, Expr a, Expr b) {
  bool truncates = attributes.integer("fmod") != 0;
  if (is_float(a.type())) return a.pool().apply(Op::Fmod, {a, b});
  return a.pool().apply(truncates ? Op::TruncRem : Op::FloorMod, {a, b});
}

void infer_modulo(InferContext& context) {
  if (is_float(context.input(0).type) && context.attributes().integer("fmod") == 0)
    context.fail("the modulo of floats needs fmod = 1",
                 "set the attribute fmod to 1, or convert the inputs to integers");
  broadcast_type("if")(context);
}

void infer_bit_shift(InferContext& context) {
  const std::string& direction = context.attributes().text("direction");
  if (direction != "left" && direction != "right")
    context.fail("the direction is \"" + direction + "\"", "it must be \"left\" or \"right\"");
  broadcast_type("i")(context);
}

Expr shift(const Attributes& attributes, Expr a, Expr b) {
  return a.pool().apply(attributes.text("direction") == "left" ? Op::Shl : Op::Shr, {a, b});
}

void infer_prelu(InferContext& context) {
  broadcast_type("if")(context);
  const std::vector<Expr>&x = context.input(0).shape, &result = context.outputs[0].type.shape;
  if (x.size() != result.size()) context.fail("the slope has a higher rank than the input");
  for (size_t i = 0; i < x.size(); ++i)
    context.require_equal(x[i], result[i], "the slope does not broadcast to the input");
}

Expr prelu_of(const Attributes&, Expr x, Expr slope) {
  return select(lt(x, literal_like(x, 0)), x * slope, x);
}

}  // namespace

namespace ops {

const Operator add = one_operation("add", Op::Add, "if");
const Operator sub = one_operation("sub", Op::Sub, "if");
const Operator mul = one_operation("mul", Op::Mul, "if");
const Operator max = one_operation("max", Op::Max, "if");
const Operator min = one_operation("min", Op::Min, "if");
// Integers round towards zero; x / 0 is 0.
const Operator div =
    binary("div", "if", [](const Attributes&, Expr a, Expr b) { return divide(a, b); });

const Operator equal = comparison("equal", "ifb", eq);
const Operator less = comparison("less", "if", lt);
const Operator less_or_equal = comparison("less_or_equal", "if", le);
const Operator greater = comparison("greater", "if", gt);
const Operator greater_or_equal = comparison("greater_or_equal", "if", ge);

const Operator logical_and = one_operation("logical_and", Op::And, "b");
const Operator logical_or = one_operation("logical_or", Op::Or, "b");
const Operator logical_xor = one_operation("logical_xor", Op::Xor, "b");
const Operator bitwise_and = one_operation("bitwise_and", Op::And, "i");
const Operator bitwise_or = one_operation("bitwise_or", Op::Or, "i");
const Operator bitwise_xor = one_operation("bitwise_xor", Op::Xor, "i");

const Operator pow = {
    .name = "pow",
    .inputs = {"base", "exponent"},
    .fusion = FusionClass::Elementwise,
    .infer = infer_power,
    .compute = elementwise([](const Attributes&, Expr a, Expr b) { return power(a, b); })};

// fmod 0: the sign of the divisor, integers only; fmod 1: the sign of the dividend.
const Operator mod = {.name = "mod",
                      .inputs = {"a", "b"},
                      .attributes = {{"fmod", AttributeKind::Integer, 0}},
                      .fusion = FusionClass::Elementwise,
                      .infer = infer_modulo,
                      .compute = elementwise(modulo)};

const Operator bit_shift = {.name = "bit_shift",
                            .inputs = {"a", "amount"},
                            .attributes = {{"direction", AttributeKind::Text, std::nullopt}},
                            .fusion = FusionClass::Elementwise,
                            .infer = infer_bit_shift,
                            .compute = elementwise(shift)};

const Operator prelu = {.name = "prelu",
                        .inputs = {"x", "slope"},
                        .fusion = FusionClass::Elementwise,
                        .infer = infer_prelu,
                        .compute = elementwise(prelu_of)};

}  // namespace ops
}  // namespace tenon::high
