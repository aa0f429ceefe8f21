// Depthwise convolutions and pools: channels in vectors, a tile of positions along a row in
// registers, taps written out.
//
//   split acc.w by 7 clamped -> wo, wi    reorder acc.n, acc.c.o, acc.h, wo, acc.r, acc.s, wi, acc.c.i
//   vectorize acc.c.i   unroll wi, acc.s  attach y at wo like acc   cache_write acc in register at wo as <0, 2, 3, 1>
#include <algorithm>

#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

target::WindowShape shape_of(const Plan& plan, const loop::Stage& stage) {
  auto extent_of = [&](const loop::Axis& axis) { return plan.extent(axis.extent); };
  bool is_plane = stage.axes.size() > 3;
  target::WindowShape shape;
  shape.batch = extent_of(stage.axes[0]);
  shape.weights = stage.value.as_op(Op::Mul) != nullptr;
  shape.channels = extent_of(stage.axes[1]).high;
  shape.output_width = extent_of(stage.axes.back());
  if (is_plane) shape.output_height = extent_of(stage.axes[2]);
  if (!stage.reduce_axes.empty()) shape.kernel_width = extent_of(stage.reduce_axes.back()).high;
  if (stage.reduce_axes.size() > 1) shape.kernel_height = extent_of(stage.reduce_axes[0]).high;
  for_each_node(stage.value, [&](Expr node) {
    const Read* input = node.as<Read>();
    if (!input || plan.is_constant(input->tensor)) return;
    shape.stride_width = Plan::stride_along(*input, stage.axes.back().name);
    if (is_plane) shape.stride_height = Plan::stride_along(*input, stage.axes[2].name);
  });
  return shape;
}

// Outer and inner loop of the channels: those of a blocked layout, else split by a line.
std::vector<std::string> channel_loops(const Plan& plan, const LeafAt& anchor,
                                       std::vector<std::string>& lines) {
  std::vector<std::string> loops;
  for (const loop::For* loop : anchor.loops)
    if (uses_var(anchor.leaf.bindings[1], loop->var)) loops.push_back(loop->var);
  if (loops.size() != 1) return loops;
  int64_t lanes = plan.lanes();
  lines.push_back("split " + loops[0] + " by " + std::to_string(lanes) + " " +
                  plan.tail(anchor.leaf.stage->axes[1].extent, lanes, "masked") + " -> co, lane");
  return {"co", "lane"};
}

}  // namespace

Status schedule_window(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage stage = *anchor->leaf.stage;
  if (stage.axes.size() < 3 || stage.reducer == loop::Reducer::None)
    return Failure{"not a window over positions"};
  std::vector<std::string> lines, taps;
  const std::vector<std::string> channels = channel_loops(plan, *anchor, lines);
  if (channels.size() != 2) return Failure{"the channels are in more than two loops"};
  for (const loop::Axis& axis : stage.reduce_axes) taps.push_back(acc + "." + axis.name);
  const target::WindowShape shape = shape_of(plan, stage);
  target::WindowPlan tile = target::plan_window(shape, plan.target);
  int64_t width = tile.width_split.large > 0 ? tile.width_split.large : tile.tile_width;
  lines.push_back("split " + acc + "." + stage.axes.back().name + " by " + std::to_string(width) +
                  " " + plan.tail(stage.axes.back().extent, width, "clamped") + " -> wo, wi");

  std::vector<std::string> order = {acc + "." + stage.axes[0].name, channels[0]};
  for (size_t i = 2; i + 1 < stage.axes.size(); ++i)
    order.push_back(acc + "." + stage.axes[i].name);
  order.push_back("wo");
  for (const std::string& tap : taps) order.push_back(tap);
  order.push_back("wi");
  order.push_back(channels[1]);
  lines.push_back("reorder " + join(order, ", "));
  lines.push_back("vectorize " + channels[1]);
  std::string unrolled = "unroll wi";
  constexpr int64_t kMostUnrolledTaps = 7;
  bool small = !taps.empty() && shape.kernel_width <= kMostUnrolledTaps;
  if (small) unrolled += ", " + taps.back();
  lines.push_back(unrolled);
  for (const std::string& consumer : plan.epilogue_of(acc))
    lines.push_back("attach " + consumer + " at wo like " + acc);
  for (const loop::Param& param : plan.state.function.params) {
    if (param.kind != loop::ParamKind::Const || param.buffer.extents.size() != stage.axes.size())
      continue;
    lines.push_back("pack " + param.buffer.name + " as " +
                    Plan::blocked_layout(param.buffer.extents.size(), plan.lanes()));
  }
  lines.push_back("cache_write " + acc + " in register at wo as " +
                  Plan::channels_last(stage.axes.size()));
  if (Status status = plan.apply(lines); !status) return status;

  if (stage.where && small) plan.peel_borders("wo");
  if (!tile.parallel.serial() &&
      plan.attempt("fuse " + order[0] + ", " + channels[0] + " -> blocks"))
    plan.attempt("parallel blocks");
  return Done{};
}

}  // namespace tenon::schedule
