// Tiles and chunks of depthwise convolutions and pooling: windows that mix no channels.
//
//   3x3 over 28x28, 192 channels on znver5  ->  tiles of 1x14 outputs by one vector of channels
#include <algorithm>
#include <tuple>
#include <vector>

#include "support/check.h"
#include "target/tile_cost.h"

namespace tenon::target {

namespace {

// Cycles that a tile pays besides its taps, which are unrolled: the loop over tiles.
constexpr double kWindowTileOverheadCycles = 4;

// Accumulators, the weights of one row of the kernel, and one value on its way (two without FMA)
// fit the registers. Half of them as accumulators hide the latency of every target; more only
// lengthen the unrolled body.
//
// On ARMv7 the inputs that taps share stay in registers too, since no instruction takes one from
// memory.
bool window_fits(int64_t height, int64_t width, const WindowShape& shape, const Target& target) {
  const int64_t outputs = height * width;
  const int64_t weights = shape.weights ? shape.kernel_width : 0;
  const int64_t product = shape.weights && !target.has_fma() ? 1 : 0;
  const bool shares = target.architecture == Architecture::armv7;
  const int64_t inputs = shares ? (width - 1) * shape.stride_width + shape.kernel_width : 1;
  return outputs + weights + inputs + product <= register_budget(target) &&
         outputs <= target.vector_registers / 2;
}

// Each tap of each output is one instruction with its input as memory operand; weights are loaded
// once a tile.
double tile_cycles(double outputs, const WindowShape& shape, const Target& target) {
  const double taps = static_cast<double>(shape.kernel_height * shape.kernel_width);
  const double arithmetic = taps * outputs / target.fma_per_cycle;
  const double loads = (taps * outputs + (shape.weights ? taps : 0)) / target.loads_per_cycle;
  const double chain = taps * target.fma_latency;
  const double stores = outputs / target.stores_per_cycle;
  return std::max({arithmetic, loads, chain, stores}) + kWindowTileOverheadCycles;
}

// The best of all candidates. Differences of up to 3 % in cycles are below this model's resolution;
// among such candidates equal tiles win, then flat ones (they walk along memory), then wide ones.
WindowPlan best_of(const std::vector<WindowPlan>& plans) {
  double fewest = plans[0].cycles;
  for (const WindowPlan& plan : plans) fewest = std::min(fewest, plan.cycles);
  const auto preference = [](const WindowPlan& plan) {  // less is better
    const bool even = plan.height_split.even() && plan.width_split.even();
    return std::make_tuple(!even, plan.tile_height, -plan.tile_width);
  };
  const WindowPlan* best = nullptr;
  for (const WindowPlan& plan : plans) {
    if (plan.cycles > fewest * 1.03) continue;
    if (best == nullptr || preference(plan) < preference(*best)) best = &plan;
  }
  return *best;
}

}  // namespace

WindowPlan plan_window(const WindowShape& shape, const Target& target) {
  TENON_CHECK(shape.batch.low >= 1 && shape.output_height.low >= 1 && shape.output_width.low >= 1 &&
                  shape.channels >= 1,
              "a window without elements has no plan");
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t blocks = (shape.channels + lanes - 1) / lanes;
  const int64_t images = shape.batch.planned();
  const int64_t out_height = shape.output_height.planned();
  const int64_t out_width = shape.output_width.planned();
  const double output_bytes =
      static_cast<double>(images * blocks * lanes * shape.element_bytes * out_height * out_width);
  const double input_bytes =
      output_bytes * static_cast<double>(shape.stride_height * shape.stride_width);
  Traffic traffic;
  traffic.read(input_bytes, input_bytes, target);
  traffic.read(2 * output_bytes, output_bytes, target);

  std::vector<WindowPlan> plans;
  for (int height = 1; height <= shape.most_tile_height; ++height) {
    if (!is_distinct_tile(shape.output_height, height)) continue;
    for (int width = 1; window_fits(height, width, shape, target) || width == 1; ++width) {
      if (!is_distinct_tile(shape.output_width, width)) continue;
      WindowPlan plan;
      plan.tile_height = height;
      plan.tile_width = width;
      plan.height_split = balanced_split(out_height, height);
      plan.width_split = balanced_split(out_width, width);
      plan.channel_blocks = blocks;
      const double block_cycles =
          sum_over_tiles(shape.output_height, height, [&](double tile_height) {
            return sum_over_tiles(shape.output_width, width, [&](double tile_width) {
              return tile_cycles(tile_height * tile_width, shape, target);
            });
          });
      const double compute = block_cycles * static_cast<double>(images * blocks);
      plan.cycles = overlapped_cycles(compute, traffic, false, target);
      plans.push_back(plan);
    }
  }
  WindowPlan best = best_of(plans);
  const int64_t bands = images * blocks * best.height_split.count;
  best.parallel = plan_parallel(bands, best.cycles / static_cast<double>(bands), target);
  return best;
}

}  // namespace tenon::target
