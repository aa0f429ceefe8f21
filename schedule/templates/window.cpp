// Depthwise convolutions and pools: channels in vectors, a tile of positions along a row in
// registers, taps written out.
//
//   split acc.w by 7 clamped -> wo, wi    reorder acc.n, acc.c.o, acc.h, wo, acc.r, acc.s, wi, acc.c.i
//   vectorize acc.c.i   unroll wi, acc.s  attach y at wo like acc   cache_write acc in register at wo as <0, 2, 3, 1>
#include <algorithm>

#include "schedule/templates/template.h"

namespace tenon::schedule {

Status schedule_window(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage stage = *anchor->leaf.stage;
  if (stage.axes.size() < 3 || stage.reducer == loop::Reducer::None)
    return Failure{"not a window over positions"};
  int64_t lanes = plan.lanes();
  const std::string row = stage.axes.back().name;

  // Channels: the inner loop of a blocked layout, else split here.
  std::vector<std::string> channels, lines;
  for (const loop::For* loop : anchor->loops)
    if (uses_var(anchor->leaf.bindings[1], loop->var)) channels.push_back(loop->var);
  if (channels.size() == 1) {
    lines.push_back("split " + channels[0] + " by " + std::to_string(lanes) + " " +
                    plan.tail(stage.axes[1].extent, lanes, "masked") + " -> co, lane");
    channels = {"co", "lane"};
  }
  if (channels.size() != 2) return Failure{"the channels are in more than two loops"};

  std::vector<std::string> taps;
  for (const loop::Axis& axis : stage.reduce_axes) taps.push_back(acc + "." + axis.name);
  target::WindowShape shape;
  shape.batch = plan.extent(stage.axes[0].extent);
  shape.weights = stage.value.as_op(Op::Mul) != nullptr;
  shape.channels = plan.extent(stage.axes[1].extent).high;
  shape.output_width = plan.extent(stage.axes.back().extent);
  if (stage.axes.size() > 3) shape.output_height = plan.extent(stage.axes[2].extent);
  if (!stage.reduce_axes.empty())
    shape.kernel_width = plan.extent(stage.reduce_axes.back().extent).high;
  if (stage.reduce_axes.size() > 1)
    shape.kernel_height = plan.extent(stage.reduce_axes[0].extent).high;
  for_each_node(stage.value, [&](Expr node) {
    const Read* input = node.as<Read>();
    if (!input || plan.is_constant(input->tensor)) return;
    shape.stride_width = Plan::stride_along(*input, row);
    if (stage.axes.size() > 3) shape.stride_height = Plan::stride_along(*input, stage.axes[2].name);
  });
  target::WindowPlan tile = target::plan_window(shape, plan.target);
  int64_t width = tile.width_split.large > 0 ? tile.width_split.large : tile.tile_width;
  lines.push_back("split " + acc + "." + row + " by " + std::to_string(width) + " " +
                  plan.tail(stage.axes.back().extent, width, "clamped") + " -> wo, wi");

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
    std::string layout = "<0/" + std::to_string(lanes);
    for (size_t d = 1; d < param.buffer.extents.size(); ++d) layout += ", " + std::to_string(d);
    lines.push_back("pack " + param.buffer.name + " as " + layout + ", 0%" + std::to_string(lanes) +
                    ">");
  }
  std::string tile_layout = "<0";
  for (size_t d = 2; d < stage.axes.size(); ++d) tile_layout += ", " + std::to_string(d);
  lines.push_back("cache_write " + acc + " in register at wo as " + tile_layout + ", 1>");
  if (Status status = plan.apply(lines); !status) return status;

  const loop::For* tiles = find_loop(plan.state.function.body, "wo");
  const int64_t* count = tiles ? as_int(simplify(tiles->extent, plan.state.symbols)) : nullptr;
  if (stage.where && small && count && *count > 1)
    plan.attempt("peel wo at 1, " + std::to_string(*count - 1));
  if (!tile.parallel.serial() &&
      plan.attempt("fuse " + order[0] + ", " + channels[0] + " -> blocks"))
    plan.attempt("parallel blocks");
  return Done{};
}

}  // namespace tenon::schedule
