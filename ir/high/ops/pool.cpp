// Pooling over windows.
//
//   %y = max_pool %x {kernel=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]} : f32[1, 64, 56, 56]
//     ->   y[n, c, h, w] = max[r:3, s:3 where 0 <= h*2 + r - 1 & ...](
//              x[n, c, h*2 + r - 1, w*2 + s - 1])
#include "ir/high/ops/window.h"

namespace tenon::high {
namespace {

void infer_pool(InferContext& context) {
  require_class(context, 0, "if");
  std::vector<WindowAxis> window = window_axes(context, context.attributes().integers("kernel"));
  bool ceil_mode = context.attributes().integer("ceil_mode") != 0;
  std::vector<Expr> shape = {context.dim(0, 0), context.dim(0, 1)};
  for (const WindowAxis& axis : window) {
    if (axis.pad_begin >= axis.dilation * (axis.kernel - 1) + 1 ||
        axis.pad_end >= axis.dilation * (axis.kernel - 1) + 1)
      context.fail("a padding is as large as the window, so a window could hold no element",
                   "reduce the pads");
    shape.push_back(axis.windows(ceil_mode));
  }
  context.output(context.input(0).type, std::move(shape));
}

struct Pool {
  std::vector<WindowAxis> window;
  std::vector<loop::Axis> spatial;
  loop::Stage stage;
};

Pool pool_of(ComputeContext& context, loop::Reducer reducer) {
  const std::vector<int64_t>& kernel = context.attributes().integers("kernel");
  Pool pool;
  pool.window = window_axes(context.attributes(), context.input_shape(0), kernel);
  std::vector<loop::Axis> axes =
      context.axes(context.output_shape(), "nc" + std::string(spatial_letters(kernel.size())));
  pool.spatial.assign(axes.begin() + 2, axes.end());
  std::vector<Expr> extents;
  for (int64_t extent : kernel) extents.push_back(context.index(extent));
  std::vector<loop::Axis> taps = context.axes(extents, tap_letters(kernel.size()));
  std::vector<Expr> source = {context.var(axes[0]), context.var(axes[1])};
  for (size_t i = 0; i < taps.size(); ++i)
    source.push_back(pool.window[i].tap(context.var(pool.spatial[i]), context.var(taps[i])));
  pool.stage = elementwise_stage(std::move(axes), context.number(0, source));
  pool.stage.reducer = reducer;
  pool.stage.where = inside(context, pool.window, pool.spatial, taps);
  pool.stage.reduce_axes = std::move(taps);
  return pool;
}

void compute_max_pool(ComputeContext& context) {
  Pool pool = pool_of(context, loop::Reducer::Max);
  context.anchor(context.result(0, std::move(pool.stage)), "pool");
}

// Number of taps r in 0 .. kernel-1 with start + r * dilation below `limit`.
Expr taps_below(const WindowAxis& axis, Expr start, Expr limit) {
  Expr taps = ceil_div(limit - start, axis.dilation);
  return min(max(taps, 0.0), axis.kernel);
}

// Taps of a window that count: those inside of the input, or, with padding included, inside of the
// padded input (the last window of ceil mode may hang over that).
Expr counted_taps(ComputeContext& context, const WindowAxis& axis, const loop::Axis& window,
                  bool count_pads) {
  Expr start = axis.tap(context.var(window), context.index(0));
  Expr low = context.index(count_pads ? -axis.pad_begin : 0);
  Expr high = axis.extent + (count_pads ? axis.pad_end : 0);
  Expr all = context.index(axis.kernel), last = start + (axis.dilation * (axis.kernel - 1));
  if (context.proved(le(low, start), {window}) && context.proved(lt(last, high), {window}))
    return all;
  return taps_below(axis, start, high) - taps_below(axis, start, low);
}

void compute_average_pool(ComputeContext& context) {
  Pool pool = pool_of(context, loop::Reducer::Sum);
  std::vector<loop::Axis> axes = pool.stage.axes;
  std::string acc = context.local("acc", std::move(pool.stage));
  context.anchor(acc, "pool");
  bool count_pads = context.attributes().integer("count_include_pad") != 0;
  Expr count = context.index(1);
  for (size_t i = 0; i < pool.window.size(); ++i)
    count = count * counted_taps(context, pool.window[i], pool.spatial[i], count_pads);
  Expr sum = context.read(acc, context.vars(axes));
  Expr divisor = cast(sum.type(), count);
  Expr mean = is_float(sum.type()) ? sum / divisor : sum.pool().apply(Op::TruncDiv, {sum, divisor});
  context.result(0, elementwise_stage(std::move(axes), mean));
}

Operator pool(std::string_view name, std::vector<AttributeSchema> attributes, Compute compute) {
  attributes.push_back({"kernel", AttributeKind::Integers, std::nullopt});
  attributes.push_back({"ceil_mode", AttributeKind::Integer, 0});
  return {.name = name,
          .inputs = {"input"},
          .attributes = window_attributes(std::move(attributes)),
          .fusion = FusionClass::Anchor,
          .infer = infer_pool,
          .compute = std::move(compute)};
}

}  // namespace

namespace ops {

const Operator max_pool = pool("max_pool", {}, compute_max_pool);
const Operator average_pool =
    pool("average_pool", {{"count_include_pad", AttributeKind::Integer, 0}}, compute_average_pool);

}  // namespace ops
}  // namespace tenon::high
