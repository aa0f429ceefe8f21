// Running sums along one axis.
//
//   %y = cum_sum %x {axis=1} : f32[8, 100]
//     ->   scan t in 100 { s[t, i0] = (s[t - 1, i0] else 0.0) + x[i0, t] }
//          y[i0, i1] = s[i1, i0]
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

void infer_cum_sum(InferContext& context) {
  require_class(context, 0, "if");
  context.axis("axis", context.rank(0));
  context.output(context.input(0).type, context.input(0).shape);
}

void compute_cum_sum(ComputeContext& context) {
  size_t axis = static_cast<size_t>(context.axis("axis", context.input_type(0).rank()));
  bool reverse = context.attributes().integer("reverse") != 0,
       exclusive = context.attributes().integer("exclusive") != 0;
  std::vector<Expr> others = context.input_shape(0);
  Expr extent = others[axis];
  others.erase(others.begin() + static_cast<long>(axis));

  loop::Axis step = context.begin_scan("t", extent);
  Expr t = context.var(step);
  std::vector<loop::Axis> axes = context.axes(others);
  std::vector<Expr> row = context.vars(axes), source = row, previous = row;
  source.insert(source.begin() + static_cast<long>(axis), reverse ? extent - 1 - t : t);
  previous.insert(previous.begin(), t - 1.0);
  Expr x = context.number(0, source);
  std::string sum = context.declare("running", x.type(), axes);
  context.define(sum, elementwise_stage(axes, context.read(sum, previous, literal_like(x, 0)) + x));
  context.end_scan();

  std::vector<loop::Axis> result_axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(result_axes);
  Expr place = reverse ? extent - 1 - point[axis] : point[axis];
  std::vector<Expr> at = point;
  at.erase(at.begin() + static_cast<long>(axis));
  at.insert(at.begin(), exclusive ? place - 1.0 : place);
  Expr value = exclusive ? context.read(sum, at, literal_like(x, 0)) : context.read(sum, at);
  context.result(0, elementwise_stage(std::move(result_axes), value));
}

}  // namespace

namespace ops {

const Operator cum_sum = {.name = "cum_sum",
                          .attributes = {{"axis", AttributeKind::Integer, std::nullopt},
                                         {"exclusive", AttributeKind::Integer, 0},
                                         {"reverse", AttributeKind::Integer, 0}},
                          .fusion = FusionClass::Opaque,
                          .infer = infer_cum_sum,
                          .compute = compute_cum_sum};

}  // namespace ops
}  // namespace tenon::high
