// Softmax and its logarithm along one axis, in the form that does not overflow.
//
//   %y = softmax %x {axis=1} : f32[8, 10]
//     ->   top[i0] = max[r0:10](x[i0, r0])          e[i0, i1] = exp(x[i0, i1] - top[i0])
//          sum[i0] = sum[r0:10](e[i0, r0])          y[i0, i1] = e[i0, i1] / sum[i0]
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

void infer_softmax(InferContext& context) {
  require_class(context, 0, "f");
  context.axis("axis", context.rank(0));
  context.output(context.input(0).type, context.input(0).shape);
}

// The parts that both functions share: all axes of the input, its point, the point without the
// axis, and the maximum.
struct Rows {
  std::vector<loop::Axis> axes;
  std::vector<Expr> point, row;
  Reduced reduced;
  std::string top;
};

Rows rows_of(ComputeContext& context) {
  Rows rows;
  int axis = context.axis("axis", context.input_type(0).rank());
  rows.reduced = reduce_axes(context, context.input_shape(0), {axis});
  rows.top = context.local(
      "top", reduction(rows.reduced, loop::Reducer::Max, context.number(0, rows.reduced.point)));
  rows.axes = context.axes(context.output_shape());
  rows.point = rows.row = context.vars(rows.axes);
  rows.row.erase(rows.row.begin() + axis);
  return rows;
}

void compute_softmax(ComputeContext& context) {
  Rows rows = rows_of(context);
  Expr shifted = context.number(0, rows.point) - context.read(rows.top, rows.row);
  std::string e = context.local("e", elementwise_stage(rows.axes, call(Op::Exp, shifted)));
  std::string sum = context.local(
      "sum_e", reduction(rows.reduced, loop::Reducer::Sum, context.read(e, rows.reduced.point)));
  context.anchor(sum, "softmax");
  context.result(
      0, elementwise_stage(rows.axes, context.read(e, rows.point) / context.read(sum, rows.row)));
}

void compute_log_softmax(ComputeContext& context) {
  Rows rows = rows_of(context);
  Expr term = context.number(0, rows.reduced.point) -
              context.read(rows.top, context.vars(rows.reduced.kept));
  std::string sum =
      context.local("sum_e", reduction(rows.reduced, loop::Reducer::Sum, call(Op::Exp, term)));
  context.anchor(sum, "softmax");
  std::string log_sum = context.local(
      "log_sum",
      elementwise_stage(rows.reduced.kept,
                        call(Op::Log, context.read(sum, context.vars(rows.reduced.kept)))));
  Expr shifted = context.number(0, rows.point) - context.read(rows.top, rows.row);
  context.result(0, elementwise_stage(rows.axes, shifted - context.read(log_sum, rows.row)));
}

Operator along_axis(std::string_view name, Compute compute) {
  return {.name = name,
          .attributes = {{"axis", AttributeKind::Integer, -1}},
          .fusion = FusionClass::Reduction,
          .infer = infer_softmax,
          .compute = std::move(compute)};
}

}  // namespace

namespace ops {

const Operator softmax = along_axis("softmax", compute_softmax);
const Operator log_softmax = along_axis("log_softmax", compute_log_softmax);

}  // namespace ops
}  // namespace tenon::high
