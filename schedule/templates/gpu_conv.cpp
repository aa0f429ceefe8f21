// Convolutions: a block computes 64 channels of 64 positions, a thread 8 channels of 4; for each step
// of input channels the window of the input and the weights lie in shared memory.
//
//   split acc.o by 64 guarded -> oo, ob   split acc.h by 4 guarded -> ho, hb   split acc.w by 16 ...
//   reorder acc.n, oo, ho, wo, steps, ot, ht, wt, term, acc.r, acc.s, oi, hi, wi
#include "schedule/templates/gpu.h"

namespace tenon::schedule {
namespace {

// Bytes of the input's window and of the weights, for one input channel.
int64_t bytes_of_step(const Plan& plan, const loop::Stage& stage, const GpuTile& tile) {
  const Apply* product = stage.value.as_op(Op::Mul);
  int64_t total = 0;
  Ranges ranges;
  for (const loop::Axis& axis : stage.axes) {
    int64_t extent = 1;
    for (const GpuAxis& each : tile.axes)
      if (each.axis == axis.name) extent = each.block;
    ranges.set_extent(axis.name, plan.state.index(extent));
  }
  for (const loop::Axis& axis : stage.reduce_axes) {
    int64_t extent = axis.name == tile.reduced ? 1 : plan.extent(axis.extent).high;
    ranges.set_extent(axis.name, plan.state.index(extent));
  }
  for (int side : {0, 1}) {
    const Read* read = product->operand(side).as<Read>();
    if (!read) return INT64_MAX;
    int64_t bytes = bits_of(read->type) / 8;
    for (Expr index : read->indices()) {
      Interval bounds = bounds_of(index, ranges);
      if (!bounds.bounded()) return INT64_MAX;
      bytes *= bounds.max - bounds.min + 1;
    }
    total += bytes;
  }
  return total;
}

}  // namespace

Status schedule_gpu_conv(Plan& plan) {
  std::optional<LeafAt> anchor = plan.leaf_of(plan.state.function.anchor_stage);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage stage = *anchor->leaf.stage;
  Result<GpuOperands> operands = gpu_operands(stage);
  if (!operands) return operands.error();
  // The positions are the input's, the last axes of the result; the channels are the weights'.
  bool first_is_input = operands->first.back().name == stage.axes.back().name;
  const std::vector<loop::Axis>& input = first_is_input ? operands->first : operands->second;
  const std::vector<loop::Axis>& weights = first_is_input ? operands->second : operands->first;
  if (input.back().name != stage.axes.back().name || weights.size() != 1)
    return Failure{"no positions and channels"};
  GpuAxis channels{weights[0].name, gpu_tile(plan.extent(weights[0].extent), 64), 1};
  channels.thread = channels.block >= 64 ? 8 : channels.block >= 16 ? 4 : 1;
  GpuAxis row{input.back().name, 0, 1};
  bool has_rows = input.size() > 1 && stage.axes.size() > 3;
  row.block = gpu_tile(plan.extent(input.back().extent), has_rows ? 16 : 64);
  row.thread = row.block >= 8 ? 4 : 1;
  GpuTile tile{{channels}, stage.reduce_axes[0].name, 1};
  if (has_rows) {
    const loop::Axis& rows = input[input.size() - 2];
    tile.axes.push_back({rows.name, gpu_tile(plan.extent(rows.extent), 64 / row.block), 1});
  }
  tile.axes.push_back(row);
  constexpr int64_t kMostStepBytes = 32 * 1024;
  int64_t bytes = bytes_of_step(plan, stage, tile);
  int64_t all = plan.extent(stage.reduce_axes[0].extent).high;
  if (bytes > kMostStepBytes) return Failure{"the window of a tile exceeds shared memory"};
  while (tile.step < 16 && tile.step < all && bytes * tile.step * 2 <= kMostStepBytes)
    tile.step *= 2;
  return tile_for_gpu(plan, tile);
}

}  // namespace tenon::schedule
