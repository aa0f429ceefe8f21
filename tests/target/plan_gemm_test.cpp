// Tiles of matrix products: those that were best when measured, the cycles of one by hand, and what
// holds for all.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "target/cost_model.h"

namespace tenon::target {
namespace {

Target target_named(const char* name) { return *find_target(name); }

GemmPlan plan(int64_t rows, int64_t depth, int64_t columns, const char* target) {
  return plan_gemm({.rows = rows, .columns = columns, .depth = depth}, target_named(target));
}

TEST(PlanGemm, TakesEightByFortyEightWhereBothExtentsDivide) {
  for (const char* target : {"x86-64-v4", "znver4", "znver5", "sapphirerapids"}) {
    SCOPED_TRACE(target);
    const GemmPlan bert = plan(128, 768, 3072, target);
    EXPECT_EQ(bert.rows, 8);
    EXPECT_EQ(bert.vectors, 3);
    EXPECT_EQ(bert.panel_columns, 48);
    EXPECT_EQ(bert.order, LoopOrder::columns_outer);
    EXPECT_EQ(bert.row_split.count, 16);
    EXPECT_TRUE(bert.row_split.even());
    EXPECT_EQ(bert.column_panels, 64);
    EXPECT_EQ(bert.depth_unroll, 1);
    EXPECT_EQ(bert.axis, ParallelAxis::outer);
    EXPECT_EQ(bert.parallel.chunk, 2);
    EXPECT_EQ(bert.parallel.chunks, 32);
  }
}

TEST(PlanGemm, TakesTheMeasuredTilesOfSixteenRegisters) {
  for (const char* target : {"x86-64-v3", "haswell", "skylake", "alderlake", "znver2", "znver3"}) {
    SCOPED_TRACE(target);
    for (const auto& [rows, depth, columns] :
         {std::tuple{128, 768, 768}, {128, 768, 3072}, {784, 512, 128}, {3136, 64, 256}}) {
      const GemmPlan tile = plan(rows, depth, columns, target);
      const bool six_by_two = tile.rows == 6 && tile.vectors == 2;
      const bool four_by_three = tile.rows == 4 && tile.vectors == 3;
      EXPECT_TRUE(six_by_two || four_by_three) << rows << ": " << tile.rows << "x" << tile.vectors;
      EXPECT_EQ(tile.depth_unroll, 4);
    }
  }
}

TEST(PlanGemm, BalancesRowsThatDoNotDivide) {
  const GemmPlan vit = plan(197, 768, 3072, "znver5");
  EXPECT_EQ(vit.rows, vit.row_split.large);
  EXPECT_EQ(vit.row_split.count * (vit.row_split.large - 1) + vit.row_split.large_count, 197);
  EXPECT_GE(vit.rows * vit.vectors, 16);
}

// Everything in L1: 64 steps of 12.003 cycles, 24 stores at one a cycle, 20 cycles of overhead.
TEST(PlanGemm, CyclesOfASmallProductByHand) {
  const GemmPlan small = plan(8, 64, 48, "znver5");
  EXPECT_EQ(small.rows, 8);
  EXPECT_EQ(small.vectors, 3);
  EXPECT_NEAR(small.cycles, 64 * 12.003 + 24 + 20, 0.1);
  EXPECT_EQ(small.axis, ParallelAxis::none);
}

// BERT's products with cold weights were seen at 88 to 91 % of the FMA limit.
TEST(PlanGemm, ColdWeightsCostWhatTheyWereSeenToCost) {
  const double limit = 128.0 * 768 * 3072 / 32;
  const GemmShape shape = {.rows = 128, .columns = 3072, .depth = 768};
  const double plain = limit / plan_gemm(shape, target_named("znver5")).cycles;
  EXPECT_GT(plain, 0.88);
  EXPECT_LT(plain, 0.91);
}

TEST(PlanGemm, FewRowsTakeManyColumns) {
  for (const char* target : {"x86-64-v3", "x86-64-v4", "znver4"}) {
    SCOPED_TRACE(target);
    const GemmPlan vector = plan(1, 4096, 4096, target);
    EXPECT_EQ(vector.rows, 1);
    EXPECT_GE(vector.vectors, 4);  // four streams from memory
    EXPECT_EQ(vector.row_split.count, 1);
    EXPECT_EQ(vector.axis, ParallelAxis::outer);
    EXPECT_EQ(plan(4, 4096, 4096, target).rows, 4);
  }
  // Never faster than the weights come: 64 MiB at 10 bytes a cycle.
  EXPECT_GE(plan(1, 4096, 4096, "znver5").cycles, 4096.0 * 4096 * 4 / 10);
}

TEST(PlanGemm, RowsAtAliasingStridesAreNoMoreThanTheWaysOfL1) {
  const GemmShape shape = {.rows = 196, .columns = 256, .depth = 1024};
  for (const auto& [target, ways] : {std::pair{"znver4", 8}, {"znver5", 12}}) {  // 32 and 48 KiB
    int most = 0;
    for (const GemmPlan& tile : rank_gemm_plans(shape, target_named(target), 1000)) {
      most = std::max(most, tile.rows);
    }
    EXPECT_EQ(most, ways);
  }
  // The same product with its rows elsewhere may take more.
  int most = 0;
  const GemmShape apart = {
      .rows = 196, .columns = 256, .depth = 1024, .row_stride_bytes = 4096 + 64};
  for (const GemmPlan& tile : rank_gemm_plans(apart, target_named("znver5"), 1000)) {
    most = std::max(most, tile.rows);
  }
  EXPECT_GE(most, 14);
}

TEST(PlanGemm, KeepsTheSmallerOperandInCache) {
  // 51 MB of rows against 64 KiB of weights: with several panels, reading the rows once each is
  // best.
  const GemmPlan tall = plan(50000, 256, 64, "x86-64-v3");
  EXPECT_EQ(tall.order, LoopOrder::rows_outer);
  // 9 MB of weights against 393 kB of rows.
  EXPECT_EQ(plan(128, 768, 3072, "x86-64-v3").order, LoopOrder::columns_outer);
}

TEST(PlanGemm, PlansRangesOfRowsForFullTiles) {
  for (const Target& target : all_targets()) {
    SCOPED_TRACE(target.name);
    const GemmPlan wide = plan_gemm({.rows = {1, 4096}, .columns = 3072, .depth = 768}, target);
    EXPECT_GE(wide.rows * wide.vectors, 8);
    // Sizes beyond the planned one change nothing.
    const GemmPlan wider = plan_gemm({.rows = {1, 1 << 20}, .columns = 3072, .depth = 768}, target);
    EXPECT_EQ(wide.rows, wider.rows);
    EXPECT_EQ(wide.vectors, wider.vectors);
    EXPECT_EQ(wide.parallel.chunk, wider.parallel.chunk);
    const GemmPlan few = plan_gemm({.rows = {1, 4}, .columns = 3072, .depth = 768}, target);
    EXPECT_LE(few.rows, 4);
  }
}

TEST(PlanGemm, BatchesAreParallelByThemselves) {
  const GemmShape heads = {
      .rows = 128, .columns = 128, .depth = 64, .batch = 96, .constant_b = false};
  const Target zen5 = target_named("znver5");
  const GemmPlan attention = plan_gemm(heads, zen5);
  EXPECT_EQ(attention.axis, ParallelAxis::batch);
  EXPECT_GE(attention.parallel.chunk * attention.parallel.chunks, 96);
  GemmShape one = heads;
  one.batch = 1;
  EXPECT_NEAR(attention.cycles, 96 * plan_gemm(one, zen5).cycles, 1);
}

TEST(PlanGemm, LanesFollowTheAccumulator) {
  const Target v3 = target_named("x86-64-v3");
  const GemmPlan doubles = plan_gemm(
      {.rows = 128, .columns = 768, .depth = 768, .element_bytes = 8, .a_bytes = 8, .b_bytes = 8},
      v3);
  EXPECT_EQ(doubles.panel_columns, doubles.vectors * 4);
  EXPECT_GT(doubles.cycles, 1.9 * plan(128, 768, 768, "x86-64-v3").cycles);
}

TEST(PlanGemm, RanksDistinctPlansFromBestToWorst) {
  const GemmShape shape = {.rows = 128, .columns = 768, .depth = 768};
  const auto plans = rank_gemm_plans(shape, target_named("znver4"), 5);
  ASSERT_EQ(plans.size(), 5u);
  const GemmPlan best = plan_gemm(shape, target_named("znver4"));
  EXPECT_EQ(plans[0].rows, best.rows);
  EXPECT_EQ(plans[0].vectors, best.vectors);
  for (size_t i = 1; i < plans.size(); ++i) {
    EXPECT_GE(plans[i].cycles, plans[i - 1].cycles / 1.01);
    for (size_t j = 0; j < i; ++j) {
      EXPECT_TRUE(plans[i].rows != plans[j].rows || plans[i].vectors != plans[j].vectors ||
                  plans[i].order != plans[j].order);
    }
  }
}

TEST(PlanGemm, EveryPlanOfEveryTargetHolds) {
  for (const Target& target : all_targets()) {
    for (int64_t rows : {1, 2, 3, 7, 12, 49, 128, 1000}) {
      for (int64_t columns : {1, 10, 64, 100, 1000}) {
        for (int64_t depth : {1, 3, 64, 147, 1024}) {
          SCOPED_TRACE(testing::Message()
                       << target.name << " " << rows << "x" << depth << "x" << columns);
          const GemmPlan tile =
              plan_gemm({.rows = rows, .columns = columns, .depth = depth}, target);
          EXPECT_TRUE(tile_fits(tile.rows, tile.vectors, target));
          EXPECT_EQ(tile.rows, tile.row_split.large);
          EXPECT_EQ(tile.panel_columns, tile.vectors * target.lanes(4));
          EXPECT_GE(tile.column_panels * tile.panel_columns, columns);
          EXPECT_LT((tile.column_panels - 1) * tile.panel_columns, columns);
          EXPECT_EQ(depth % tile.depth_unroll, 0);
          EXPECT_EQ(tile.axis == ParallelAxis::none, tile.parallel.serial());
          const double flops = 2.0 * static_cast<double>(rows * columns * depth);
          EXPECT_GE(tile.cycles, flops / target.peak_flops_per_cycle(4));
        }
      }
    }
  }
}

}  // namespace
}  // namespace tenon::target
