// Normalisations: mean and variance in two passes, then scale and bias.
//
//   %y = layer_norm %x, %s, %b {axis=-1, epsilon=1e-05} : f32[8, 768]
//     ->   total[i0]   = sum[r0:768](x[i0, r0])
//          mean[i0]    = total[i0] / 768.0
//          spread[i0]  = sum[r0:768]((x[i0, r0] - mean[i0]) * (x[i0, r0] - mean[i0]))
//          inverse[i0] = 1.0 / sqrt(spread[i0] / 768.0 + 1e-05)
//          y[i0, i1]   = (x[i0, i1] - mean[i0]) * inverse[i0] * s[i1] + b[i1]
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

using loop::Reducer;

void require_parameters_of_type(InferContext& context) {
  require_class(context, 0, "f");
  for (int i = 1; i < context.input_count(); ++i)
    if (context.has_input(i)) require_same_type(context, 0, i);
}

// Mean and 1 / sqrt(variance + epsilon) over `axes`, as tensors of the kept axes.
struct Moments {
  std::string mean, inverse;
};

Expr inverse_root(ComputeContext& context, Expr mean_square) {
  return 1.0 / call(Op::Sqrt, mean_square + context.attributes().number("epsilon"));
}

Moments moments_of(ComputeContext& context, const std::vector<int>& axes) {
  Reduced reduced = reduce_axes(context, context.input_shape(0), axes);
  std::vector<Expr> row = context.vars(reduced.kept);
  Expr x = context.number(0, reduced.point), count = count_of(reduced.reduced, x);
  std::string total = context.local("total", reduction(reduced, Reducer::Sum, x));
  context.anchor(total, "norm");
  Moments moments;
  moments.mean =
      context.local("mean", elementwise_stage(reduced.kept, context.read(total, row) / count));
  Expr distance = x - context.read(moments.mean, row);
  std::string spread =
      context.local("spread", reduction(reduced, Reducer::Sum, distance * distance));
  moments.inverse = context.local(
      "inverse",
      elementwise_stage(reduced.kept, inverse_root(context, context.read(spread, row) / count)));
  return moments;
}

std::vector<int> axes_from(int first, int rank) {
  std::vector<int> axes;
  for (int i = first; i < rank; ++i) axes.push_back(i);
  return axes;
}

// Scale and bias broadcast to the axes that are normalised.
void infer_over_last_axes(InferContext& context) {
  require_parameters_of_type(context);
  int axis = context.axis("axis", context.rank(0));
  const std::vector<Expr>& shape = context.input(0).shape;
  std::vector<Expr> normalized(shape.begin() + axis, shape.end());
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    std::vector<Expr> both = context.broadcast(normalized, context.input(i).shape);
    if (both.size() > normalized.size())
      context.fail("the " + std::string(i == 1 ? "scale" : "bias") +
                   " has more axes than are normalised");
  }
  context.output(context.input(0).type, shape);
}

Expr scaled(ComputeContext& context, Expr value, const std::vector<Expr>& point) {
  if (context.has_input(1)) value = value * context.broadcast_number(1, point);
  return context.has_input(2) ? value + context.broadcast_number(2, point) : value;
}

void compute_layer_norm(ComputeContext& context) {
  int rank = context.input_type(0).rank(), axis = context.axis("axis", rank);
  Moments moments = moments_of(context, axes_from(axis, rank));
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), row(point.begin(), point.begin() + axis);
  Expr value = (context.number(0, point) - context.read(moments.mean, row)) *
               context.read(moments.inverse, row);
  context.result(0, elementwise_stage(std::move(axes), scaled(context, value, point)));
}

void compute_rms_norm(ComputeContext& context) {
  int rank = context.input_type(0).rank(), axis = context.axis("axis", rank);
  Reduced reduced = reduce_axes(context, context.input_shape(0), axes_from(axis, rank));
  Expr x = context.number(0, reduced.point), count = count_of(reduced.reduced, x);
  std::string squares = context.local("squares", reduction(reduced, Reducer::Sum, x * x));
  context.anchor(squares, "norm");
  Expr mean_square = context.read(squares, context.vars(reduced.kept)) / count;
  std::string inverse =
      context.local("inverse", elementwise_stage(reduced.kept, inverse_root(context, mean_square)));
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), row(point.begin(), point.begin() + axis);
  Expr value = context.number(0, point) * context.read(inverse, row);
  context.result(0, elementwise_stage(std::move(axes), scaled(context, value, point)));
}

// ---- by channel -------------------------------------------------------------------------------

void infer_by_channel(InferContext& context) {
  static constexpr const char* kNames[] = {"input", "scale", "bias", "mean", "variance"};
  require_parameters_of_type(context);
  if (context.rank(0) < 2)
    context.fail("the input has rank " + std::to_string(context.rank(0)) +
                 ", expected is at least 2 (batch, channels)");
  for (int i = 1; i < context.input_count(); ++i)
    require_vector(context, i, context.dim(0, 1), kNames[i]);
  context.output(context.input(0).type, context.input(0).shape);
}

void compute_batch_norm(ComputeContext& context) {
  loop::Axis channel = context.axis_of("c", context.input_shape(0)[1]);
  Expr c = context.var(channel);
  Expr deviation = call(Op::Sqrt, context.number(4, {c}) + context.attributes().number("epsilon"));
  std::string factor =
      context.local("factor", elementwise_stage({channel}, context.number(1, {c}) / deviation));
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes);
  Expr value = (context.number(0, point) - context.number(3, {point[1]})) *
                   context.read(factor, {point[1]}) +
               context.number(2, {point[1]});
  context.result(0, elementwise_stage(std::move(axes), value));
}

void compute_instance_norm(ComputeContext& context) {
  Moments moments = moments_of(context, axes_from(2, context.input_type(0).rank()));
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), plane = {point[0], point[1]};
  Expr value = (context.number(0, point) - context.read(moments.mean, plane)) *
               context.read(moments.inverse, plane);
  value = value * context.number(1, {point[1]}) + context.number(2, {point[1]});
  context.result(0, elementwise_stage(std::move(axes), value));
}

const AttributeSchema kEpsilon = {"epsilon", AttributeKind::Number, 1e-5};
const AttributeSchema kLastAxis = {"axis", AttributeKind::Integer, -1};

}  // namespace

namespace ops {

const Operator layer_norm = {.name = "layer_norm",
                             .inputs = {"input", "scale?", "bias?"},
                             .attributes = {kLastAxis, kEpsilon},
                             .fusion = FusionClass::Reduction,
                             .infer = infer_over_last_axes,
                             .compute = compute_layer_norm};

const Operator rms_norm = {.name = "rms_norm",
                           .inputs = {"input", "scale?"},
                           .attributes = {kLastAxis, kEpsilon},
                           .fusion = FusionClass::Reduction,
                           .infer = infer_over_last_axes,
                           .compute = compute_rms_norm};

const Operator batch_norm = {.name = "batch_norm",
                             .inputs = {"input", "scale", "bias", "mean", "variance"},
                             .attributes = {kEpsilon},
                             .fusion = FusionClass::Elementwise,
                             .infer = infer_by_channel,
                             .compute = compute_batch_norm};

const Operator instance_norm = {.name = "instance_norm",
                                .inputs = {"input", "scale", "bias"},
                                .attributes = {kEpsilon},
                                .fusion = FusionClass::Reduction,
                                .infer = infer_by_channel,
                                .compute = compute_instance_norm};

}  // namespace ops
}  // namespace tenon::high
