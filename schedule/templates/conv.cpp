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

// The convolution of the anchor: its stage, and what it reads.
struct Convolution {
  LeafAt anchor;
  const Read* weight = nullptr;
  const Read* input = nullptr;
  std::vector<std::string> taps;  // axes, outermost first

  const loop::Stage& stage() const { return *anchor.leaf.stage; }
  const std::string& channel() const { return stage().axes[1].name; }
  const std::string& row() const { return stage().axes.back().name; }  // of positions in a row
};

Result<Convolution> find_convolution(const Plan& plan, const std::string& acc) {
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  Convolution conv{*anchor, nullptr, nullptr, {}};
  const loop::Stage& stage = conv.stage();
  if (stage.type != DType::F32 || stage.reducer != loop::Reducer::Sum || stage.axes.size() < 3)
    return Failure{"not an f32 convolution"};
  conv.weight = find_read(stage.value, [&](const Read& read) {
    const Var* first = read.indices().empty() ? nullptr : read.indices()[0].as<Var>();
    return first && first->name == conv.channel() && plan.is_constant(read.tensor);
  });
  if (!conv.weight) return Failure{"the weights are no constant"};
  // Output channels of several groups in one vector would read different input channels.
  conv.input =
      find_read(stage.value, [&](const Read& read) { return read.tensor != conv.weight->tensor; });
  if (!conv.input || uses_var(Expr(conv.input), conv.channel()))
    return Failure{"the input varies along the output channels"};
  for (const loop::Axis& axis : stage.reduce_axes)
    if (axis.name != "c") conv.taps.push_back(axis.name);
  return conv;
}

target::ConvolutionShape shape_of(const Plan& plan, const Convolution& conv) {
  const loop::Stage& stage = conv.stage();
  auto extent_of = [&](const std::string& axis) {
    return plan.extent(stage.find_axis(axis)->extent).high;
  };
  target::ConvolutionShape shape;
  shape.batch = plan.extent(stage.axes[0].extent);
  shape.output_channels = plan.extent(stage.axes[1].extent).high;
  shape.output_width = plan.extent(stage.axes.back().extent);
  shape.stride_width = Plan::stride_along(*conv.input, conv.row());
  if (stage.axes.size() > 3) {
    shape.output_height = plan.extent(stage.axes[2].extent);
    shape.stride_height = Plan::stride_along(*conv.input, stage.axes[2].name);
  }
  if (stage.find_axis("c")) shape.input_channels = extent_of("c");
  if (!conv.taps.empty()) shape.kernel_width = extent_of(conv.taps.back());
  if (conv.taps.size() > 1) shape.kernel_height = extent_of(conv.taps[0]);
  return shape;
}

// The lines that make the register tiles, and the loops over these.
struct Tiling {
  std::vector<std::string> lines;
  std::vector<std::string> images, tiles;  // loops, outermost first
};

// Output channels become panels `oo`, [vectors `ov`] and lanes; where a layout blocks them, blocks
// are vectors. Gives the names of the three, an empty one for a panel of one vector.
std::vector<std::string> channel_loops(const Plan& plan, const Convolution& conv,
                                       const std::vector<std::string>& loops, int64_t vectors,
                                       std::vector<std::string>& lines) {
  std::string lanes = std::to_string(plan.lanes()), count = std::to_string(vectors);
  if (loops.size() > 1) {
    if (vectors == 1) return {loops[0], "", loops[1]};
    lines = {"split " + loops[0] + " by " + count + " exact -> oo, ov"};
    return {"oo", "ov", loops[1]};
  }
  int64_t panel = vectors * plan.lanes();
  lines = {"split " + loops[0] + " by " + std::to_string(panel) + " " +
           plan.tail(conv.stage().axes[1].extent, panel, "masked") + " -> oo, " +
           (vectors > 1 ? "oi" : "lane")};
  if (vectors == 1) return {"oo", "", "lane"};
  lines.push_back("split oi by " + lanes + " exact -> ov, lane");
  return {"oo", "ov", "lane"};
}

// Positions in a row become `wo`, `wi`. Then images, panels of channels around bands of positions or
// bands around panels, and the sum around the tile.
Tiling tile_loops(const Plan& plan, const Convolution& conv, const std::string& acc,
                  const std::vector<std::string>& output_loops,
                  const target::ConvolutionPlan& tile) {
  const loop::Stage& stage = conv.stage();
  Tiling tiling;
  int64_t width = tile.width_split.large > 0 ? tile.width_split.large : tile.tile_width;
  const std::vector<std::string> channels =
      channel_loops(plan, conv, output_loops, tile.vectors, tiling.lines);
  const std::string &panels = channels[0], &vectors = channels[1], &lane = channels[2];
  std::string unrolled = vectors.empty() ? "wi" : "wi, " + vectors;
  tiling.lines.push_back("split " + acc + "." + conv.row() + " by " + std::to_string(width) + " " +
                         plan.tail(stage.axes.back().extent, width, "clamped") + " -> wo, wi");

  tiling.images = loops_of(conv.anchor, stage.axes[0].name);
  std::vector<std::string> bands;
  for (size_t i = 2; i + 1 < stage.axes.size(); ++i)
    bands.push_back(acc + "." + stage.axes[i].name);
  tiling.tiles = {panels};
  tiling.tiles.insert(
      tile.order == target::LoopOrder::columns_outer ? tiling.tiles.end() : tiling.tiles.begin(),
      bands.begin(), bands.end());
  std::vector<std::string> order = tiling.images;
  order.insert(order.end(), tiling.tiles.begin(), tiling.tiles.end());
  order.push_back("wo");
  std::vector<std::string> inputs =
      stage.find_axis("c") ? loops_of(conv.anchor, "c") : std::vector<std::string>();
  if (inputs.size() > 1) order.push_back(inputs[0]);
  for (const std::string& tap : conv.taps) order.push_back(acc + "." + tap);
  if (!inputs.empty()) {
    const loop::For* channels = find_loop(plan.state.function.body, inputs.back());
    if (tile.depth_unroll > 1 && plan.tail(channels->extent, tile.depth_unroll, "") == "exact") {
      tiling.lines.push_back("split " + inputs.back() + " by " + std::to_string(tile.depth_unroll) +
                             " exact -> co, ci");
      order.insert(order.end(), {"co", "ci"});
      unrolled = "ci, " + unrolled;
    } else {
      order.push_back(inputs.back());
    }
  }
  order.push_back("wi");
  if (!vectors.empty()) order.push_back(vectors);
  order.push_back(lane);
  if (stage.where && !conv.taps.empty()) unrolled += ", " + acc + "." + conv.taps.back();
  tiling.lines.push_back("reorder " + join(order, ", ") + " reassociating");
  tiling.lines.push_back("vectorize " + lane);
  tiling.lines.push_back("unroll " + unrolled);
  return tiling;
}

}  // namespace

Status schedule_conv(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  Result<Convolution> conv = find_convolution(plan, acc);
  if (!conv) return conv.error();
  const std::vector<std::string> channels = loops_of(conv->anchor, conv->channel());
  target::ConvolutionPlan tile = target::plan_convolution(shape_of(plan, *conv), plan.target);
  if (channels.size() > 1) {
    const loop::For* blocks = find_loop(plan.state.function.body, channels[0]);
    const loop::For* block = find_loop(plan.state.function.body, channels[1]);
    if (channels.size() > 2 || !is_int(block->extent, plan.lanes()))
      return Failure{"the output channels are in other blocks than vectors"};
    if (plan.tail(blocks->extent, tile.vectors, "") != "exact") tile.vectors = 1;
  }
  Tiling tiling = tile_loops(plan, *conv, acc, channels, tile);
  std::vector<std::string>& lines = tiling.lines;
  for (const std::string& consumer : plan.epilogue_of(acc))
    lines.push_back("attach " + consumer + " at wo like " + acc);
  lines.push_back(
      "pack " + conv->weight->tensor + " as " +
      Plan::blocked_layout(conv->weight->indices().size(), tile.vectors * plan.lanes()));
  lines.push_back("cache_write " + acc + " in register at wo as " +
                  Plan::channels_last(conv->stage().axes.size()));
  bool has_borders = static_cast<bool>(conv->stage().where);
  if (Status status = plan.apply(lines); !status) return status;
  if (has_borders) plan.peel_borders("wo");

  if (tile.axis == target::ParallelAxis::none) return Done{};
  size_t depth = tile.axis == target::ParallelAxis::batch   ? 0
                 : tile.axis == target::ParallelAxis::outer ? 1
                                                            : tiling.tiles.size();
  std::vector<std::string> chunked = tiling.images;
  chunked.insert(chunked.end(), tiling.tiles.begin(),
                 tiling.tiles.begin() + static_cast<std::ptrdiff_t>(depth));
  plan.make_parallel(chunked, tile.parallel.chunk);
  return Done{};
}

}  // namespace tenon::schedule
