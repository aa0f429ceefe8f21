// Register tile, loop order and chunks of a direct convolution.
//
//   3x3, 64 -> 64 channels, 56x56 on znver5  ->  tiles of 1x14 positions by 2 vectors of channels
#include <tuple>

#include "support/check.h"
#include "target/tile_cost.h"

namespace tenon::target {

namespace {

constexpr int kMostVectors = 4;

// Input positions under `outputs` output positions.
int64_t input_extent(int64_t outputs, int64_t kernel, int64_t stride) {
  return (outputs - 1) * stride + kernel;
}

// Taps along a row are written out already. On AArch64, which multiplies by an element of a vector,
// several channels of several taps would keep a vector of each position: more than there are
// registers for.
int channel_unroll(int64_t accumulators, const ConvolutionShape& shape, const Target& target) {
  if (target.architecture == Architecture::aarch64 && shape.kernel_width > 1) return 1;
  return depth_unroll(accumulators, shape.input_channels, target);
}

Candidate<ConvolutionPlan> make_candidate(const ConvolutionShape& shape, int height, int width,
                                          int vectors, LoopOrder order, const Target& target) {
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t images = shape.batch.planned();
  const int64_t out_height = shape.output_height.planned();
  const int64_t out_width = shape.output_width.planned();
  const int64_t depth = shape.input_channels * shape.kernel_height * shape.kernel_width;

  ConvolutionPlan plan;
  plan.tile_height = height;
  plan.tile_width = width;
  plan.vectors = vectors;
  plan.order = order;
  plan.height_split = balanced_split(out_height, height);
  plan.width_split = balanced_split(out_width, width);
  plan.channel_panels = balanced_split(shape.output_channels, vectors * lanes).count;
  plan.depth_unroll = channel_unroll(int64_t{height} * width * vectors, shape, target);

  const double panel_cycles = sum_over_tiles(shape.output_height, height, [&](double tile_height) {
    return sum_over_tiles(shape.output_width, width, [&](double tile_width) {
      const double positions = tile_height * tile_width;
      return static_cast<double>(depth) * step_cycles(positions, vectors, target) +
             tile_end_cycles(positions, vectors, target);
    });
  });
  const double compute = panel_cycles * static_cast<double>(plan.channel_panels);

  const int64_t position_bytes = shape.input_channels * shape.element_bytes;
  TiledNest nest;
  nest.order = order;
  nest.row_tiles = plan.height_split.count * plan.width_split.count;
  nest.column_panels = plan.channel_panels;
  nest.a_bytes = static_cast<double>(
      input_extent(out_height, shape.kernel_height, shape.stride_height) *
      input_extent(out_width, shape.kernel_width, shape.stride_width) * position_bytes);
  nest.a_tile_bytes = static_cast<double>(
      input_extent(height, shape.kernel_height, shape.stride_height) *
      input_extent(width, shape.kernel_width, shape.stride_width) * position_bytes);
  nest.panel_bytes = static_cast<double>(vectors * lanes * depth * shape.element_bytes);
  nest.b_bytes = nest.panel_bytes * static_cast<double>(plan.channel_panels);
  nest.c_bytes =
      static_cast<double>(out_height * out_width * shape.output_channels * shape.element_bytes);

  plan.cycles = static_cast<double>(images) * nest_cycles(nest, compute, target);
  const bool columns_outer = order == LoopOrder::columns_outer;
  const int64_t bands = plan.height_split.count;
  std::tie(plan.axis, plan.parallel) =
      plan_nest_parallel(images, columns_outer ? plan.channel_panels : bands,
                         columns_outer ? bands : plan.channel_panels, plan.cycles, target);

  const bool even = (!shape.output_height.known() || plan.height_split.even()) &&
                    (!shape.output_width.known() || plan.width_split.even());
  const double positions = static_cast<double>(height) * width;
  return {plan, compute, even, (positions + vectors) / (positions * vectors)};
}

// Taps along a row are unrolled and share inputs. On ARMv7, whose instructions take none from
// memory, the shared ones stay in registers.
bool convolution_fits(int64_t positions, int64_t vectors, const ConvolutionShape& shape,
                      const Target& target) {
  if (!tile_fits(positions, vectors, target)) return false;
  if (target.architecture != Architecture::armv7 || positions * vectors == 1) return true;
  const int64_t shared = shape.kernel_width - 1;
  return positions * vectors + vectors + 1 + shared <= register_budget(target);
}

}  // namespace

std::vector<ConvolutionPlan> rank_convolution_plans(const ConvolutionShape& shape,
                                                    const Target& target, int count) {
  TENON_CHECK(shape.batch.low >= 1 && shape.output_height.low >= 1 && shape.output_width.low >= 1 &&
                  shape.input_channels >= 1 && shape.output_channels >= 1,
              "a convolution without elements has no plan");
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t channel_vectors = (shape.output_channels + lanes - 1) / lanes;
  std::vector<Candidate<ConvolutionPlan>> candidates;
  for (int height = 1; height <= shape.most_tile_height; ++height) {
    if (!is_distinct_tile(shape.output_height, height)) continue;
    for (int width = 1; convolution_fits(int64_t{height} * width, 1, shape, target); ++width) {
      if (!is_distinct_tile(shape.output_width, width)) continue;
      for (int vectors = 1; vectors <= kMostVectors && vectors <= channel_vectors; ++vectors) {
        if (!convolution_fits(int64_t{height} * width, vectors, shape, target)) break;
        for (LoopOrder order : {LoopOrder::columns_outer, LoopOrder::rows_outer}) {
          candidates.push_back(make_candidate(shape, height, width, vectors, order, target));
        }
      }
    }
  }
  return take_best(std::move(candidates), count);
}

ConvolutionPlan plan_convolution(const ConvolutionShape& shape, const Target& target) {
  return rank_convolution_plans(shape, target, 1).front();
}

}  // namespace tenon::target
