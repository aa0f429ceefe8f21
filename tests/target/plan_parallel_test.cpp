// Splits, chunks and the register budget, by hand.
#include <gtest/gtest.h>

#include "target/cost_model.h"
#include "target/tile_cost.h"

namespace tenon::target {
namespace {

Target target_named(const char* name) { return *find_target(name); }

TEST(BalancedSplit, PiecesDifferByAtMostOne) {
  const BalancedSplit split = balanced_split(197, 14);  // 2 * 14 + 13 * 13
  EXPECT_EQ(split.count, 15);
  EXPECT_EQ(split.large, 14);
  EXPECT_EQ(split.large_count, 2);
  EXPECT_FALSE(split.even());

  EXPECT_TRUE(balanced_split(128, 8).even());
  EXPECT_EQ(balanced_split(5, 14).large, 5);
  EXPECT_EQ(balanced_split(0, 4).count, 0);
  for (int64_t extent = 1; extent < 60; ++extent) {
    for (int64_t limit = 1; limit < 20; ++limit) {
      const BalancedSplit pieces = balanced_split(extent, limit);
      EXPECT_LE(pieces.large, limit);
      EXPECT_GE(pieces.large_count, 1);
      EXPECT_LE(pieces.large_count, pieces.count);
      EXPECT_EQ(pieces.count * (pieces.large - 1) + pieces.large_count, extent);
      EXPECT_EQ(pieces.count, (extent + limit - 1) / limit);
    }
  }
}

TEST(Extent, PlansRangesAtOneHundredTwentyEight) {
  EXPECT_EQ(Extent(3136).planned(), 3136);
  EXPECT_EQ(Extent(1, 4096).planned(), 128);
  EXPECT_EQ(Extent(1, 8).planned(), 8);
  EXPECT_EQ(Extent(200, 512).planned(), 200);
  EXPECT_TRUE(Extent(7).known());
  EXPECT_FALSE(Extent(1, 7).known());
}

// Zen 4 makes 3700 cycles a microsecond.
TEST(PlanParallel, SmallWorkIsSerial) {
  const Target zen4 = target_named("znver4");
  EXPECT_TRUE(plan_parallel(100, 369, zen4).serial());  // 9.97 microseconds
  EXPECT_EQ(plan_parallel(100, 369, zen4).chunk, 100);
  EXPECT_FALSE(plan_parallel(100, 371, zen4).serial());  // 10.03
  EXPECT_TRUE(plan_parallel(1, 1e9, zen4).serial());     // nothing to divide
  EXPECT_TRUE(plan_parallel(0, 1e9, zen4).serial());
}

TEST(PlanParallel, ChunksAreWorthTheirCost) {
  const Target zen4 = target_named("znver4");
  // 12 microseconds are 4.8 chunks of 2.5: 4 chunks of 2 iterations.
  EXPECT_EQ(plan_parallel(8, 5550, zen4).chunk, 2);
  EXPECT_EQ(plan_parallel(8, 5550, zen4).chunks, 4);
}

TEST(PlanParallel, LargeWorkHasAtMostThirtyTwoChunks) {
  const Target zen4 = target_named("znver4");
  const auto chunks = [&](int64_t iterations) { return plan_parallel(iterations, 1e6, zen4); };
  EXPECT_EQ(chunks(64).chunk, 2);
  EXPECT_EQ(chunks(64).chunks, 32);
  EXPECT_EQ(chunks(24).chunk, 1);
  EXPECT_EQ(chunks(24).chunks, 24);
  EXPECT_EQ(chunks(33).chunk, 2);
  EXPECT_EQ(chunks(33).chunks, 17);
  for (int64_t iterations = 2; iterations < 200; ++iterations) {
    const ParallelPlan plan = chunks(iterations);
    EXPECT_GE(plan.chunk * plan.chunks, iterations);
    EXPECT_LT(plan.chunk * (plan.chunks - 1), iterations);
    EXPECT_LE(plan.chunks, kMaximumChunks);
  }
}

TEST(RegisterBudget, TilesFitAsMeasured) {
  const Target wide = target_named("znver5");  // 31 of 32 registers
  EXPECT_TRUE(tile_fits(14, 2, wide));         // 28 + 2 + 1
  EXPECT_TRUE(tile_fits(9, 3, wide));          // 27 + 3 + 1
  EXPECT_TRUE(tile_fits(6, 4, wide));
  EXPECT_FALSE(tile_fits(7, 4, wide));   // 28 + 4 + 1
  EXPECT_FALSE(tile_fits(15, 2, wide));  // 30 + 2 + 1
  EXPECT_TRUE(tile_fits(28, 1, wide));

  const Target avx2 = target_named("znver3");  // all 16
  EXPECT_TRUE(tile_fits(6, 2, avx2));          // 12 + 2 + 1
  EXPECT_TRUE(tile_fits(4, 3, avx2));          // 12 + 3 + 1
  EXPECT_FALSE(tile_fits(3, 4, avx2));         // 12 + 4 + 1: spills
  EXPECT_FALSE(tile_fits(7, 2, avx2));

  const Target sse = target_named("x86-64-v2");  // and one register for the product
  EXPECT_TRUE(tile_fits(6, 2, sse));
  EXPECT_FALSE(tile_fits(4, 3, sse));
}

TEST(StepCycles, IsTheBusiestResource) {
  const Target zen5 = target_named("znver5");      // 2 FMA, 2 loads a cycle, latency 4
  EXPECT_NEAR(step_cycles(8, 3, zen5), 12, 0.01);  // 24 / 2; loads 11 / 2 hardly matter
  EXPECT_NEAR(step_cycles(14, 2, zen5), 14, 0.05);
  EXPECT_DOUBLE_EQ(step_cycles(1, 1, zen5), 4);  // the chain
  EXPECT_DOUBLE_EQ(step_cycles(1, 4, zen5), 4);
  // One vector: 29 loads for 28 FMAs, both ports nearly full: 14.5 * (1 + (28/29)^8)^(1/8)
  EXPECT_NEAR(step_cycles(28, 1, zen5), 15.6, 0.1);
  // Zen 4 takes two cycles of its units for 512 bits.
  EXPECT_NEAR(step_cycles(8, 3, target_named("znver4")), 24, 0.02);
}

TEST(Traffic, BytesComeFromTheFirstLevelThatHoldsThem) {
  // 48 KiB, 1 MiB, 16 MiB, 85 % of each usable: 41779, 891289 and 14260633 bytes.
  const Target zen5 = target_named("znver5");
  Traffic traffic;
  traffic.read(100, 41779, zen5);
  EXPECT_EQ(traffic.l2 + traffic.l3 + traffic.memory, 0);
  traffic.read(100, 41780, zen5);
  EXPECT_EQ(traffic.l2, 100);
  traffic.read(200, 891290, zen5);
  EXPECT_EQ(traffic.l3, 200);
  traffic.read(300, 14260634, zen5);
  EXPECT_EQ(traffic.memory, 300);
}

TEST(Overlap, HidesTrafficBehindComputing) {
  const Target zen5 = target_named("znver5");  // L2 48, L3 26, memory 10 bytes a cycle
  Traffic none;
  EXPECT_DOUBLE_EQ(overlapped_cycles(1000, none, false, zen5), 1000);

  Traffic l2;
  l2.l2 = 48 * 1000;
  EXPECT_NEAR(overlapped_cycles(1000, l2, false, zen5), 1189.2, 0.1);  // both full: 2^(1/4)
  EXPECT_NEAR(overlapped_cycles(4000, l2, false, zen5), 4000, 4);      // a quarter: hidden
  EXPECT_NEAR(overlapped_cycles(0, l2, false, zen5), 1000, 1e-9);

  Traffic l3;
  l3.l3 = 26 * 100;
  EXPECT_NEAR(overlapped_cycles(1000, l3, false, zen5), 1050, 1e-9);  // half exposed

  Traffic memory;
  memory.memory = 10 * 100;
  EXPECT_NEAR(overlapped_cycles(1000, memory, false, zen5), 1100, 1e-9);
  EXPECT_NEAR(overlapped_cycles(1000, memory, true, zen5), 1040, 1e-9);
  EXPECT_NEAR(overlapped_cycles(10, memory, true, zen5), 100, 1e-9);  // no faster than memory
}

// Rows of 200 kB in 4 tiles, constants of 100 kB in 2 panels, a result of 400 kB, read before it is
// written; all in L2, one tile with one panel in L1.
TEST(NestCycles, CountFirstAndSecondTouches) {
  const Target zen5 = target_named("znver5");
  TiledNest nest;
  nest.row_tiles = 4;
  nest.column_panels = 2;
  nest.a_bytes = 200e3;
  nest.b_bytes = 100e3;
  nest.c_bytes = 400e3;
  nest.a_tile_bytes = 10e3;
  nest.panel_bytes = 10e3;
  const double first = (200e3 + 100e3 + 2 * 400e3) / 48;
  nest.order = LoopOrder::columns_outer;  // the second panel reads all rows again
  EXPECT_NEAR(nest_cycles(nest, 0, zen5), first + 200e3 / 48, 0.01);
  nest.order = LoopOrder::rows_outer;  // three tiles read all constants again
  EXPECT_NEAR(nest_cycles(nest, 0, zen5), first + 3 * 100e3 / 48, 0.01);

  // Constants beyond L2 are cold, intermediate values are not.
  nest.b_bytes = 2e6;
  nest.order = LoopOrder::columns_outer;
  EXPECT_NEAR(nest_cycles(nest, 0, zen5), 2e6 / 10 + (2 * 200e3 + 2 * 400e3) / 48, 0.01);
  nest.constant_b = false;
  EXPECT_LT(nest_cycles(nest, 0, zen5), 1e5);
}

struct FakePlan {
  double cycles;
  LoopOrder order;
  int number;
};

TEST(TakeBest, SettlesDifferencesBelowOnePercentByPreference) {
  const auto columns = LoopOrder::columns_outer;
  const auto rows = LoopOrder::rows_outer;
  const auto order = [](std::vector<Candidate<FakePlan>> candidates) {
    std::vector<int> numbers;
    for (const FakePlan& plan : take_best(std::move(candidates), 10))
      numbers.push_back(plan.number);
    return numbers;
  };
  using Numbers = std::vector<int>;
  EXPECT_EQ(order({{{100, columns, 1}, 90, true, 0.5}, {{98, columns, 2}, 90, false, 0.9}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, columns, 1}, 92, true, 0.5}, {{100.5, columns, 2}, 90, true, 0.5}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, columns, 1}, 90, true, 0.8}, {{100.5, rows, 2}, 90, false, 0.7}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, columns, 1}, 90, false, 0.4}, {{100.5, rows, 2}, 90, true, 0.7}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, rows, 1}, 90, true, 0.4}, {{100.5, columns, 2}, 90, true, 0.7}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, rows, 1}, 90, true, 0.5}, {{100.5, rows, 2}, 90, true, 0.4}}),
            (Numbers{2, 1}));
  EXPECT_EQ(order({{{100, rows, 1}, 90, true, 0.5}, {{100, rows, 2}, 90, true, 0.5}}),
            (Numbers{1, 2}));
}

TEST(NestParallel, TakesTheOutermostLoopThatIsLongEnough) {
  const Target zen5 = target_named("znver5");
  const auto axis = [&](int64_t batch, int64_t outer, int64_t inner) {
    return plan_nest_parallel(batch, outer, inner, 1e9, zen5).first;
  };
  EXPECT_EQ(axis(12, 64, 16), ParallelAxis::batch);
  EXPECT_EQ(axis(1, 64, 16), ParallelAxis::outer);
  EXPECT_EQ(axis(4, 64, 16), ParallelAxis::outer);
  EXPECT_EQ(axis(1, 4, 16), ParallelAxis::tiles);
  EXPECT_EQ(axis(4, 1, 1), ParallelAxis::batch);
  EXPECT_EQ(axis(1, 1, 1), ParallelAxis::none);
  EXPECT_EQ(plan_nest_parallel(1, 64, 16, 1000, zen5).first, ParallelAxis::none);
  // The loops of one problem of a batch share that problem's work only.
  EXPECT_EQ(plan_nest_parallel(4, 64, 16, 4 * 4100 * 8, zen5).first, ParallelAxis::none);
}

}  // namespace
}  // namespace tenon::target
