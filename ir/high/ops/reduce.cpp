// Reductions over any axes, and the arguments of greatest and least elements. Global pooling is a
// reduction over the spatial axes.
//
//   %y = reduce_mean %x {axes=[1], keepdims=0} : f32[8]
//     ->   acc[i0] = sum[r0:10](x[i0, r0])          y[i0] = acc[i0] / 10.0
#include <algorithm>
#include <limits>

#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

using loop::Reducer;

// x -> what is combined; and (combined, number of elements) -> the result.
using Before = Expr (*)(Expr);
using After = Expr (*)(Expr, Expr);

std::vector<Expr> reduced_shape(InferContext& context, const std::vector<int>& axes, bool keep) {
  std::vector<Expr> shape;
  for (int i = 0; i < context.rank(0); ++i) {
    bool reduced = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (!reduced)
      shape.push_back(context.dim(0, i));
    else if (keep)
      shape.push_back(context.pool().index(1));
  }
  return shape;
}

Infer infer_reduction(std::string_view classes) {
  return [classes](InferContext& context) {
    require_class(context, 0, classes);
    std::vector<int> axes =
        normalized_axes(context, context.attributes().integers("axes"), context.rank(0));
    context.output(context.input(0).type,
                   reduced_shape(context, axes, context.attributes().integer("keepdims") != 0));
  };
}

// Stages speak of the axes that are kept; the result may have axes of extent 1 in place of the
// reduced ones.
void give_result(ComputeContext& context, const std::vector<int>& axes, const Reduced& reduced,
                 loop::Stage stage, After after) {
  bool keeps_axes = context.output_type().rank() != static_cast<int>(reduced.kept.size());
  if (!keeps_axes && !after) {
    context.anchor(context.result(0, std::move(stage)), "reduce");
    return;
  }
  std::string total = context.local("acc", std::move(stage));
  context.anchor(total, "reduce");
  std::vector<loop::Axis> result_axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(result_axes), kept;
  for (size_t i = 0; i < context.input_shape(0).size(); ++i) {
    if (std::find(axes.begin(), axes.end(), static_cast<int>(i)) != axes.end()) continue;
    kept.push_back(point[keeps_axes ? i : kept.size()]);
  }
  Expr value = context.read(total, kept);
  if (after) value = after(value, count_of(reduced.reduced, value));
  context.result(0, elementwise_stage(std::move(result_axes), value));
}

Compute compute_reduction(Reducer reducer, Before before, After after) {
  return [=](ComputeContext& context) {
    std::vector<int> axes =
        normalized_axes(context.attributes().integers("axes"), context.input_type(0).rank());
    Reduced reduced = reduce_axes(context, context.input_shape(0), axes);
    Expr x = context.number(0, reduced.point);
    Reducer used = reducer;
    if (x.type() == DType::Bool) used = reducer == Reducer::Max ? Reducer::Any : Reducer::All;
    give_result(context, axes, reduced, reduction(reduced, used, before ? before(x) : x), after);
  };
}

// log(sum(exp(x))) with the greatest element taken out, unless that is infinite.
void compute_log_sum_exp(ComputeContext& context) {
  std::vector<int> axes =
      normalized_axes(context.attributes().integers("axes"), context.input_type(0).rank());
  Reduced reduced = reduce_axes(context, context.input_shape(0), axes);
  std::vector<Expr> row = context.vars(reduced.kept);
  std::string top =
      context.local("top", reduction(reduced, Reducer::Max, context.number(0, reduced.point)));
  Expr greatest = context.read(top, row);
  Expr infinite =
      eq(call(Op::Abs, greatest), literal_like(greatest, std::numeric_limits<double>::infinity()));
  std::string shift = context.local(
      "shift",
      elementwise_stage(reduced.kept, select(infinite, literal_like(greatest, 0), greatest)));
  Expr term = call(Op::Exp, context.number(0, reduced.point) - context.read(shift, row));
  std::string sum = context.local("sum_e", reduction(reduced, Reducer::Sum, term));
  context.anchor(sum, "reduce");
  Expr value = call(Op::Log, context.read(sum, row)) + context.read(shift, row);
  give_result(context, axes, reduced, elementwise_stage(reduced.kept, value), nullptr);
}

Operator reduce(std::string_view name, std::string_view classes, Compute compute) {
  return {.name = name,
          .attributes = {{"axes", AttributeKind::Integers, std::nullopt},
                         {"keepdims", AttributeKind::Integer, 1}},
          .fusion = FusionClass::Reduction,
          .infer = infer_reduction(classes),
          .compute = std::move(compute)};
}

Operator reduce(std::string_view name, std::string_view classes, Reducer reducer,
                Before before = nullptr, After after = nullptr) {
  return reduce(name, classes, compute_reduction(reducer, before, after));
}

Expr square(Expr x) { return x * x; }
Expr magnitude(Expr x) { return call(Op::Abs, x); }
Expr mean(Expr sum, Expr count) {
  return is_float(sum.type()) ? sum / count : sum.pool().apply(Op::TruncDiv, {sum, count});
}
// Integers go through f64, as pow does.
Expr root(Expr sum, Expr) {
  return is_float(sum.type()) ? call(Op::Sqrt, sum)
                              : cast(sum.type(), call(Op::Sqrt, cast(DType::F64, sum)));
}
Expr logarithm(Expr sum, Expr) { return call(Op::Log, sum); }

// ---- arg_max, arg_min -------------------------------------------------------------------------

void infer_arg(InferContext& context) {
  require_class(context, 0, "if");
  int axis = context.axis("axis", context.rank(0));
  if (is_int(context.dim(0, axis), 0))
    context.fail("the axis " + std::to_string(axis) + " has no element to choose from");
  context.output(DType::I64,
                 reduced_shape(context, {axis}, context.attributes().integer("keepdims") != 0));
}

// The best value first, then the first (or last) place that holds it. A NaN is the best value, and
// equals itself here.
Compute compute_arg(Reducer best_of) {
  return [best_of](ComputeContext& context) {
    int axis = context.axis("axis", context.input_type(0).rank());
    bool last = context.attributes().integer("select_last_index") != 0;
    Reduced reduced = reduce_axes(context, context.input_shape(0), {axis});
    Expr x = context.number(0, reduced.point);
    std::string best = context.local("best", reduction(reduced, best_of, x));
    Expr chosen = eq(x, context.read(best, context.vars(reduced.kept))) | is_nan_value(x);
    Expr place = cast(DType::I64, context.var(reduced.reduced[0]));
    Expr none = context.pool().integer(DType::I64, last ? -1 : std::numeric_limits<int64_t>::max());
    loop::Stage stage =
        reduction(reduced, last ? Reducer::Max : Reducer::Min, select(chosen, place, none));
    give_result(context, {axis}, reduced, std::move(stage), nullptr);
  };
}

Operator arg(std::string_view name, Reducer best_of) {
  return {.name = name,
          .attributes = {{"axis", AttributeKind::Integer, 0},
                         {"keepdims", AttributeKind::Integer, 1},
                         {"select_last_index", AttributeKind::Integer, 0}},
          .fusion = FusionClass::Reduction,
          .infer = infer_arg,
          .compute = compute_arg(best_of)};
}

}  // namespace

namespace ops {

const Operator reduce_sum = reduce("reduce_sum", "if", Reducer::Sum);
const Operator reduce_mean = reduce("reduce_mean", "if", Reducer::Sum, nullptr, mean);
const Operator reduce_max = reduce("reduce_max", "ifb", Reducer::Max);
const Operator reduce_min = reduce("reduce_min", "ifb", Reducer::Min);
const Operator reduce_prod = reduce("reduce_prod", "if", Reducer::Prod);
const Operator reduce_l1 = reduce("reduce_l1", "if", Reducer::Sum, magnitude);
const Operator reduce_l2 = reduce("reduce_l2", "if", Reducer::Sum, square, root);
const Operator reduce_sum_square = reduce("reduce_sum_square", "if", Reducer::Sum, square);
const Operator reduce_log_sum = reduce("reduce_log_sum", "f", Reducer::Sum, nullptr, logarithm);
const Operator reduce_log_sum_exp = reduce("reduce_log_sum_exp", "f", compute_log_sum_exp);
const Operator arg_max = arg("arg_max", Reducer::Max);
const Operator arg_min = arg("arg_min", Reducer::Min);

}  // namespace ops
}  // namespace tenon::high
