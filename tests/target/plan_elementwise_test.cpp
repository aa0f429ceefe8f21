// Steps and chunks of elementwise passes and of rows, by hand.
#include <gtest/gtest.h>

#include "target/cost_model.h"

namespace tenon::target {
namespace {

Target target_named(const char* name) { return *find_target(name); }

// 12 MB pass from L3 at 26 bytes a cycle, slower than 62500 vectors of three accesses at two a
// cycle.
TEST(PlanElementwise, LargePassesAreBoundByMemory) {
  const ElementwisePlan add =
      plan_elementwise({.elements = 1000000, .bytes_per_element = 12}, target_named("znver5"));
  EXPECT_EQ(add.vectors, 4);
  EXPECT_EQ(add.step, 64);
  EXPECT_NEAR(add.cycles, 12e6 / 26, 1);
  EXPECT_EQ(add.parallel.chunk, 489);  // 15625 steps in 32 chunks
  EXPECT_EQ(add.parallel.chunks, 32);
}

// 1000 elements in L1: 62.5 vectors, two accesses of two a cycle.
TEST(PlanElementwise, SmallPassesAreSerial) {
  const ElementwisePlan relu = plan_elementwise({.elements = 1000}, target_named("znver5"));
  EXPECT_NEAR(relu.cycles, 62.5, 1e-9);
  EXPECT_TRUE(relu.parallel.serial());
}

TEST(PlanElementwise, LongBodiesTakeFewerVectors) {
  const auto vectors = [](double operations, const char* target) {
    return plan_elementwise({.elements = 100000, .operations = operations}, target_named(target))
        .vectors;
  };
  EXPECT_EQ(vectors(2, "x86-64-v3"), 4);
  EXPECT_EQ(vectors(12, "x86-64-v3"), 2);
  EXPECT_EQ(vectors(40, "x86-64-v3"), 1);
  EXPECT_EQ(vectors(12, "x86-64-v4"), 4);
  EXPECT_EQ(vectors(30, "x86-64-v4"), 2);
  EXPECT_EQ(vectors(60, "x86-64-v4"), 1);
}

TEST(PlanElementwise, StepsAreNoLongerThanTheData) {
  const Target v3 = target_named("x86-64-v3");
  EXPECT_EQ(plan_elementwise({.elements = 3}, v3).vectors, 1);
  EXPECT_EQ(plan_elementwise({.elements = 9}, v3).vectors, 2);
  EXPECT_EQ(plan_elementwise({.elements = {0, 1 << 20}}, v3).vectors, 4);
  EXPECT_EQ(plan_elementwise({.elements = 0}, v3).vectors, 1);
}

// A row of 128: 3 passes over 8 vectors of 10 operations at 2 a cycle, and 40 cycles: 160.
TEST(PlanRows, CyclesByHand) {
  const RowPlan softmax = plan_rows({.rows = 100, .length = 128, .passes = 3, .operations = 10},
                                    target_named("znver5"));
  EXPECT_EQ(softmax.accumulators, 4);
  EXPECT_NEAR(softmax.cycles, 100 * 160, 5);  // 51 kB come from L2, beside it
  EXPECT_TRUE(softmax.parallel.serial());     // 3.9 microseconds
}

TEST(PlanRows, ManyRowsAreParallel) {
  const RowPlan plan = plan_rows({.rows = 1536, .length = 128, .passes = 3, .operations = 10},
                                 target_named("znver5"));
  EXPECT_FALSE(plan.parallel.serial());
  EXPECT_GE(plan.parallel.chunk * plan.parallel.chunks, 1536);
}

TEST(PlanRows, ShortRowsHaveFewAccumulators) {
  const Target v3 = target_named("x86-64-v3");
  EXPECT_EQ(plan_rows({.rows = 10, .length = 8}, v3).accumulators, 1);
  EXPECT_EQ(plan_rows({.rows = 10, .length = 17}, v3).accumulators, 3);
  EXPECT_EQ(plan_rows({.rows = 10, .length = {1, 512}}, v3).accumulators, 4);
}

}  // namespace
}  // namespace tenon::target
