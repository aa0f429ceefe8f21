// Functions of one element that are one operation, or little more.
//
//   %y = exp %x : f32[batch, 768]    ->    y[i0, i1] = exp(x[i0, i1])
#include <limits>

#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

Operator one_operation(std::string_view name, Op op, std::string_view classes) {
  return {.name = name,
          .fusion = FusionClass::Elementwise,
          .infer = same_type_as_input(classes),
          .compute = elementwise([op](const Attributes&, Expr x) { return call(op, x); })};
}

Operator float_operation(std::string_view name, Op op) { return one_operation(name, op, "f"); }

// -1, 0 or 1; NaN stays.
Expr sign_of(Expr x) {
  Expr zero = literal_like(x, 0);
  Expr negative = is_signed(x.type()) ? select(lt(x, zero), literal_like(x, -1), x) : x;
  return select(gt(x, zero), literal_like(x, 1), negative);
}

void infer_float_test(InferContext& context) {
  require_class(context, 0, "fi");
  context.output(DType::Bool, context.input(0).shape);
}

Expr is_infinite(const Attributes& attributes, Expr x) {
  if (!is_float(x.type())) return x.pool().boolean(false);
  double infinity = std::numeric_limits<double>::infinity();
  Expr none = x.pool().boolean(false);
  Expr above = attributes.integer("detect_positive") ? eq(x, literal_like(x, infinity)) : none;
  Expr below = attributes.integer("detect_negative") ? eq(x, literal_like(x, -infinity)) : none;
  return above | below;
}

// Copies bits, so storage types pass unchanged.
void compute_identity(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  Expr value = context.input(0, context.vars(axes));
  context.result(0, elementwise_stage(std::move(axes), value));
}

void infer_cast(InferContext& context) {
  DType to = context.attributes().dtype("to");
  if (context.input(0).type == DType::String || to == DType::String)
    context.fail("strings cannot be converted in this version");
  if (to == DType::Index) context.fail("index is no element type of a tensor");
  context.output(to, context.input(0).shape);
}

void compute_cast(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  Expr value = context.input(0, context.vars(axes));
  context.result(0, elementwise_stage(std::move(axes), cast(context.output_type().type, value)));
}

}  // namespace

namespace ops {

const Operator neg = one_operation("neg", Op::Neg, "if");
const Operator abs = one_operation("abs", Op::Abs, "if");
const Operator sqrt = float_operation("sqrt", Op::Sqrt);
const Operator exp = float_operation("exp", Op::Exp);
const Operator log = float_operation("log", Op::Log);
const Operator tanh = float_operation("tanh", Op::Tanh);
const Operator erf = float_operation("erf", Op::Erf);
const Operator sigmoid = float_operation("sigmoid", Op::Sigmoid);
const Operator floor = float_operation("floor", Op::Floor);
const Operator ceil = float_operation("ceil", Op::Ceil);
const Operator round = float_operation("round", Op::RoundEven);
const Operator sin = float_operation("sin", Op::Sin);
const Operator cos = float_operation("cos", Op::Cos);
const Operator tan = float_operation("tan", Op::Tan);
const Operator asin = float_operation("asin", Op::Asin);
const Operator acos = float_operation("acos", Op::Acos);
const Operator atan = float_operation("atan", Op::Atan);
const Operator sinh = float_operation("sinh", Op::Sinh);
const Operator cosh = float_operation("cosh", Op::Cosh);
const Operator asinh = float_operation("asinh", Op::Asinh);
const Operator acosh = float_operation("acosh", Op::Acosh);
const Operator atanh = float_operation("atanh", Op::Atanh);
const Operator logical_not = one_operation("logical_not", Op::Not, "b");
const Operator bitwise_not = one_operation("bitwise_not", Op::Not, "i");

const Operator reciprocal = {
    .name = "reciprocal",
    .fusion = FusionClass::Elementwise,
    .infer = same_type_as_input("f"),
    .compute = elementwise([](const Attributes&, Expr x) { return 1.0 / x; })};

const Operator sign = {
    .name = "sign",
    .fusion = FusionClass::Elementwise,
    .infer = same_type_as_input("if"),
    .compute = elementwise([](const Attributes&, Expr x) { return sign_of(x); })};

const Operator is_nan = {
    .name = "is_nan",
    .fusion = FusionClass::Elementwise,
    .infer = infer_float_test,
    .compute = elementwise([](const Attributes&, Expr x) { return is_nan_value(x); })};

const Operator is_inf = {.name = "is_inf",
                         .attributes = {{"detect_negative", AttributeKind::Integer, 1},
                                        {"detect_positive", AttributeKind::Integer, 1}},
                         .fusion = FusionClass::Elementwise,
                         .infer = infer_float_test,
                         .compute = elementwise(is_infinite)};

const Operator identity = {.name = "identity",
                           .fusion = FusionClass::Elementwise,
                           .infer = same_type_as_input("ifb"),
                           .compute = compute_identity};

// Float to integer saturates and NaN gives 0; to bool is `!= 0`; integers wrap.
const Operator cast = {.name = "cast",
                       .attributes = {{"to", AttributeKind::DType, std::nullopt}},
                       .fusion = FusionClass::Elementwise,
                       .infer = infer_cast,
                       .compute = compute_cast};

}  // namespace ops
}  // namespace tenon::high
