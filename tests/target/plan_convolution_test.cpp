// Tiles of direct convolutions, depthwise convolutions and pooling.
#include <gtest/gtest.h>

#include <cmath>

#include "target/cost_model.h"

namespace tenon::target {
namespace {

Target target_named(const char* name) { return *find_target(name); }

ConvolutionShape square(int64_t channels, int64_t size, int64_t kernel = 3, int64_t stride = 1) {
  return {.input_channels = channels,
          .output_channels = channels,
          .output_height = size,
          .output_width = size,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .stride_height = stride,
          .stride_width = stride};
}

TEST(PlanConvolution, FourteenPositionsByTwoVectors) {
  for (const char* target : {"x86-64-v4", "znver4", "znver5"}) {
    for (const auto& [channels, size] : {std::pair{64, 56}, {128, 28}, {256, 14}}) {
      SCOPED_TRACE(testing::Message() << target << " " << channels << " channels");
      const ConvolutionPlan tile = plan_convolution(square(channels, size), target_named(target));
      EXPECT_EQ(tile.tile_height, 1);
      EXPECT_EQ(tile.tile_width, 14);
      EXPECT_EQ(tile.vectors, 2);
      EXPECT_EQ(tile.channel_panels, channels / 32);
      EXPECT_TRUE(tile.width_split.even());
    }
  }
}

TEST(PlanConvolution, SixPositionsByTwoVectorsOfSixteenRegisters) {
  const ConvolutionPlan tile = plan_convolution(square(64, 56), target_named("x86-64-v3"));
  EXPECT_EQ(tile.tile_width, 6);
  EXPECT_EQ(tile.vectors, 2);
  EXPECT_EQ(tile.channel_panels, 4);
  EXPECT_EQ(tile.depth_unroll, 4);
}

// With 3 positions a tile, weights would stream from L2 at nearly all that it gives.
TEST(PlanConvolution, SmallMapsSpanRowsWhereTheScheduleCan) {
  ConvolutionShape shape = square(512, 3);
  const Target zen5 = target_named("znver5");
  EXPECT_EQ(plan_convolution(shape, zen5).tile_height, 1);
  shape.most_tile_height = 3;
  const ConvolutionPlan tall = plan_convolution(shape, zen5);
  EXPECT_EQ(tall.tile_height, 3);
  EXPECT_EQ(tall.tile_width, 3);
  EXPECT_GE(tall.vectors, 2);
}

TEST(PlanConvolution, ImagesAreIndependent) {
  ConvolutionShape shape = square(64, 28);
  const Target zen5 = target_named("znver5");
  const double one = plan_convolution(shape, zen5).cycles;
  shape.batch = 16;
  const ConvolutionPlan many = plan_convolution(shape, zen5);
  EXPECT_NEAR(many.cycles, 16 * one, 1);
  EXPECT_EQ(many.axis, ParallelAxis::batch);
}

TEST(PlanConvolution, EveryPlanOfEveryTargetHolds) {
  for (const Target& target : all_targets()) {
    for (int64_t channels : {1, 3, 16, 24, 100}) {
      for (int64_t size : {1, 7, 13, 56}) {
        for (int64_t stride : {1, 2}) {
          SCOPED_TRACE(testing::Message()
                       << target.name << " " << channels << " " << size << " " << stride);
          ConvolutionShape shape = square(channels, size, 3, stride);
          shape.most_tile_height = 2;
          const ConvolutionPlan tile = plan_convolution(shape, target);
          EXPECT_TRUE(tile_fits(int64_t{tile.tile_height} * tile.tile_width, tile.vectors, target));
          EXPECT_EQ(tile.tile_height, tile.height_split.large);
          EXPECT_EQ(tile.tile_width, tile.width_split.large);
          EXPECT_GE(tile.channel_panels * tile.vectors * target.lanes(4), channels);
          EXPECT_EQ(channels % tile.depth_unroll, 0);
          const double flops = 2.0 * static_cast<double>(channels * channels * size * size * 9);
          EXPECT_GE(tile.cycles, flops / target.peak_flops_per_cycle(4));
        }
      }
    }
  }
}

WindowShape window(int64_t channels, int64_t size, int64_t kernel = 3) {
  return {.channels = channels,
          .output_height = size,
          .output_width = size,
          .kernel_height = kernel,
          .kernel_width = kernel};
}

TEST(PlanWindow, FourteenOutputsOfThirtyTwoRegisters) {
  for (int64_t size : {112, 56, 28, 14}) {
    const WindowPlan tile = plan_window(window(384, size), target_named("znver5"));
    EXPECT_EQ(tile.tile_height, 1) << size;
    EXPECT_GE(tile.tile_width, 14) << size;
    EXPECT_LE(tile.tile_width, 16) << size;
    EXPECT_TRUE(tile.width_split.even()) << size;
    EXPECT_EQ(tile.channel_blocks, 24);
  }
}

TEST(PlanWindow, SmallMapsSpanRowsWhereTheScheduleCan) {
  WindowShape shape = window(960, 7);
  EXPECT_EQ(plan_window(shape, target_named("znver5")).tile_height, 1);
  shape.most_tile_height = 4;
  const WindowPlan tall = plan_window(shape, target_named("znver5"));
  EXPECT_EQ(tall.tile_height, 2);
  EXPECT_EQ(tall.tile_width, 7);
}

// One tile of 7 outputs on znver5: 9 taps, (63 + 9) / 2 loads = 36 cycles, as many as the chain of
// 9 x 4, and 4 more; 7 rows of tiles, 60 blocks of channels; all of it hot in L2 (2 x 188 kB
// written, 188 kB read).
TEST(PlanWindow, CyclesByHand) {
  const double compute = 7 * 60 * (36 + 4);
  const double bytes = 3 * 960 * 49 * 4;
  const double l2 = bytes / 48;
  const double both = std::sqrt(std::sqrt(std::pow(compute, 4) + std::pow(l2, 4)));
  EXPECT_NEAR(plan_window(window(960, 7), target_named("znver5")).cycles, both, 1);
}

// 14 outputs, bound by loads: (9 x 14 + 9 weights) / 2 = 67.5 cycles, and 4 more; 2 tiles a row, 28
// rows, 2 blocks.
TEST(PlanWindow, LoadsOfWeightsCount) {
  const double compute = 2 * 28 * 2 * (67.5 + 4);
  const double l2 = 3.0 * 32 * 28 * 28 * 4 / 48;
  const double both = std::sqrt(std::sqrt(std::pow(compute, 4) + std::pow(l2, 4)));
  EXPECT_NEAR(plan_window(window(32, 28), target_named("znver5")).cycles, both, 1);

  WindowShape pooling = window(32, 28);
  pooling.weights = false;
  EXPECT_LT(plan_window(pooling, target_named("znver5")).cycles, both - 100);
}

TEST(PlanWindow, EveryPlanOfEveryTargetHolds) {
  for (const Target& target : all_targets()) {
    for (int64_t size : {1, 7, 13, 112}) {
      for (int64_t kernel : {1, 3, 7, 31}) {  // 31 weights fill the registers of any target
        for (bool weights : {false, true}) {
          SCOPED_TRACE(testing::Message() << target.name << " " << size << " " << kernel);
          WindowShape shape = window(20, size, kernel);
          shape.weights = weights;
          const WindowPlan tile = plan_window(shape, target);
          EXPECT_EQ(tile.tile_width, tile.width_split.large);
          EXPECT_LE(tile.tile_height * tile.tile_width, target.vector_registers / 2);
          EXPECT_EQ(tile.channel_blocks, (20 + target.lanes(4) - 1) / target.lanes(4));
          EXPECT_GE(tile.parallel.chunk * tile.parallel.chunks,
                    tile.channel_blocks * tile.height_split.count);
          EXPECT_GT(tile.cycles, 0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tenon::target
