// Choice between values.
//
//   %y = where %c, %a, %b : f32[8]    ->    y[i0] = select(c[i0], a[i0], b[i0])
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

void infer_where(InferContext& context) {
  require_class(context, 0, "b");
  require_class(context, 1, "ifb");
  require_same_type(context, 1, 2);
  std::vector<Expr> values = context.broadcast(context.input(1).shape, context.input(2).shape);
  context.output(context.input(1).type, context.broadcast(context.input(0).shape, values));
}

// The values are copied as they are stored.
void compute_where(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes);
  Expr value = select(context.broadcast_input(0, point), context.broadcast_input(1, point),
                      context.broadcast_input(2, point));
  context.result(0, elementwise_stage(std::move(axes), value));
}

void infer_clip(InferContext& context) {
  require_class(context, 0, "if");
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    require_same_type(context, 0, i);
    std::optional<int64_t> count = element_count(context.input(i).shape);
    if (count != 1) context.fail("a bound of clip must be a scalar");
  }
  context.output(context.input(0).type, context.input(0).shape);
}

void compute_clip(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  Expr value = context.number(0, context.vars(axes));
  // A bound is [] or [1].
  auto bound = [&](int i) {
    return context.number(i, std::vector<Expr>(context.input_shape(i).size(), context.index(0)));
  };
  if (context.has_input(1)) value = max(value, bound(1));
  if (context.has_input(2)) value = min(value, bound(2));
  context.result(0, elementwise_stage(std::move(axes), value));
}

}  // namespace

namespace ops {

const Operator where = {.name = "where",
                        .inputs = {"condition", "x", "y"},
                        .fusion = FusionClass::Elementwise,
                        .infer = infer_where,
                        .compute = compute_where};

const Operator clip = {.name = "clip",
                       .inputs = {"x", "min?", "max?"},
                       .fusion = FusionClass::Elementwise,
                       .infer = infer_clip,
                       .compute = compute_clip};

}  // namespace ops
}  // namespace tenon::high
