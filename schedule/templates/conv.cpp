// Direct convolution: a register tile of output positions along a row by vectors of output
// channels, accumulated over input channels and taps; borders are peeled, so that which taps fall
// outside is known tile by tile.
//
//   split acc.o by 32 exact -> oo, oi    split oi by 16 exact -> ov, lane    split acc.w by 14 clamped -> wo, wi
//   reorder acc.n, oo, acc.h, wo, acc.r, acc.s, acc.c, wi, ov, lane reassociating
//   vectorize lane   unroll wi, ov, acc.s   attach y at wo like acc
//   pack w as <0/32, 1, 2, 3, 0%32>         cache_write acc in register at wo as <0, 2, 3, 1>   peel wo at 1, 3
//
// Source of the tile: target/cost_model.h.
#include <algorithm>

#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

const Read* find_read(Expr value, const std::function<bool(const Read&)>& accept) {
  const Read* found = nullptr;
  for_each_node(value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (read && accept(*read)) found = read;
  });
  return found;
}

// The loops of the nest that bind this axis, outermost first: one, or two where a layout blocks it.
std::vector<std::string> loops_of(const LeafAt& at, const std::string& axis) {
  std::vector<std::string> names;
  Expr binding = at.leaf.axis_binding(axis);
  for (const loop::For* loop : at.loops)
    if (binding && uses_var(binding, loop->var)) names.push_back(loop->var);
  return names;
}

}  // namespace

Status schedule_conv(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage& stage = *anchor->leaf.stage;
  if (stage.type != DType::F32 || stage.reducer != loop::Reducer::Sum || stage.axes.size() < 3)
    return Failure{"not an f32 convolution"};
  const std::string row = stage.axes.back().name;  // the axis of positions in a row
  const Read* weight = find_read(stage.value, [&](const Read& read) {
    const Var* first = read.indices().empty() ? nullptr : read.indices()[0].as<Var>();
    return first && first->name == stage.axes[1].name && plan.is_constant(read.tensor);
  });
  if (!weight) return Failure{"the weights are no constant"};
  const std::string weight_name = weight->tensor;
  size_t weight_rank = weight->indices().size();
  // Output channels of several groups in one vector would read different input channels.
  const Read* input =
      find_read(stage.value, [&](const Read& read) { return read.tensor != weight_name; });
  if (!input || uses_var(Expr(input), stage.axes[1].name))
    return Failure{"the input varies along the output channels"};

  target::ConvolutionShape shape;
  shape.batch = plan.extent(stage.axes[0].extent);
  shape.output_channels = plan.extent(stage.axes[1].extent).high;
  shape.output_width = plan.extent(stage.axes.back().extent);
  shape.stride_width = Plan::stride_along(*input, row);
  if (stage.axes.size() > 3) {
    shape.output_height = plan.extent(stage.axes[2].extent);
    shape.stride_height = Plan::stride_along(*input, stage.axes[2].name);
  }
  std::vector<std::string> taps;
  for (const loop::Axis& axis : stage.reduce_axes) {
    if (axis.name == "c")
      shape.input_channels = plan.extent(axis.extent).high;
    else
      taps.push_back(axis.name);
  }
  if (!taps.empty()) shape.kernel_width = plan.extent(stage.find_axis(taps.back())->extent).high;
  if (taps.size() > 1) shape.kernel_height = plan.extent(stage.find_axis(taps[0])->extent).high;
  target::ConvolutionPlan tile = target::plan_convolution(shape, plan.target);
  int64_t lanes = plan.lanes(), vectors = tile.vectors, panel = vectors * lanes;
  int64_t width = tile.width_split.large > 0 ? tile.width_split.large : tile.tile_width;
  Expr row_extent = stage.axes.back().extent, channel_extent = stage.axes[1].extent;

  // Output channels: where a layout blocks them in the nest, its two loops become one again.
  std::vector<std::string> channel_loops = loops_of(*anchor, stage.axes[1].name);
  if (channel_loops.size() != 1) return Failure{"the output channels are split already"};
  std::vector<std::string> lines;
  std::string vector_loops = "lane", unrolled = "wi";
  if (vectors > 1) {
    lines = {"split " + channel_loops[0] + " by " + std::to_string(panel) + " " +
                 plan.tail(channel_extent, panel, "masked") + " -> oo, oi",
             "split oi by " + std::to_string(lanes) + " exact -> ov, lane"};
    vector_loops = "ov, lane";
    unrolled += ", ov";
  } else {
    lines = {"split " + channel_loops[0] + " by " + std::to_string(lanes) + " " +
             plan.tail(channel_extent, lanes, "masked") + " -> oo, lane"};
  }
  lines.push_back("split " + acc + "." + row + " by " + std::to_string(width) + " " +
                  plan.tail(row_extent, width, "clamped") + " -> wo, wi");
  // Images, then panels of channels around bands of positions, or bands around panels.
  const std::vector<std::string> images = loops_of(*anchor, stage.axes[0].name);
  std::vector<std::string> bands, tiles = {"oo"};
  for (size_t i = 2; i + 1 < stage.axes.size(); ++i)
    bands.push_back(acc + "." + stage.axes[i].name);
  tiles.insert(tile.order == target::LoopOrder::columns_outer ? tiles.end() : tiles.begin(),
               bands.begin(), bands.end());
  std::vector<std::string> order = images;
  order.insert(order.end(), tiles.begin(), tiles.end());
  order.push_back("wo");
  std::vector<std::string> input_channels =
      stage.find_axis("c") ? loops_of(*anchor, "c") : std::vector<std::string>();
  if (input_channels.size() > 1) order.push_back(input_channels[0]);
  for (const std::string& tap : taps) order.push_back(acc + "." + tap);
  if (!input_channels.empty()) {
    const std::string inner = input_channels.back();
    const loop::For* channels = find_loop(plan.state.function.body, inner);
    if (tile.depth_unroll > 1 && plan.tail(channels->extent, tile.depth_unroll, "") == "exact") {
      lines.push_back("split " + inner + " by " + std::to_string(tile.depth_unroll) +
                      " exact -> co, ci");
      order.push_back("co");
      order.push_back("ci");
      unrolled = "ci, " + unrolled;
    } else {
      order.push_back(inner);
    }
  }
  order.push_back("wi");
  order.push_back(vector_loops);
  lines.push_back("reorder " + join(order, ", ") + " reassociating");
  lines.push_back("vectorize lane");
  bool has_borders = static_cast<bool>(stage.where);
  if (has_borders && !taps.empty()) unrolled += ", " + acc + "." + taps.back();
  lines.push_back("unroll " + unrolled);
  for (const std::string& consumer : plan.epilogue_of(acc))
    lines.push_back("attach " + consumer + " at wo like " + acc);
  std::string layout = "<0/" + std::to_string(panel);
  for (size_t d = 1; d < weight_rank; ++d) layout += ", " + std::to_string(d);
  lines.push_back("pack " + weight_name + " as " + layout + ", 0%" + std::to_string(panel) + ">");
  std::string tile_layout = "<0";
  for (size_t d = 2; d < stage.axes.size(); ++d) tile_layout += ", " + std::to_string(d);
  lines.push_back("cache_write " + acc + " in register at wo as " + tile_layout + ", 1>");
  if (Status status = plan.apply(lines); !status) return status;

  const loop::For* along_row = find_loop(plan.state.function.body, "wo");
  const int64_t* count =
      along_row ? as_int(simplify(along_row->extent, plan.state.symbols)) : nullptr;
  if (has_borders && count && *count > 1)
    plan.attempt("peel wo at 1, " + std::to_string(*count - 1));
  if (tile.axis == target::ParallelAxis::none) return Done{};
  std::vector<std::string> chunked = images;
  size_t depth = tile.axis == target::ParallelAxis::batch   ? 0
                 : tile.axis == target::ParallelAxis::outer ? 1
                                                            : tiles.size();
  chunked.insert(chunked.end(), tiles.begin(), tiles.begin() + static_cast<std::ptrdiff_t>(depth));
  plan.make_parallel(chunked, tile.parallel.chunk);
  return Done{};
}

}  // namespace tenon::schedule
