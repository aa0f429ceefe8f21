// Sequences that look legal step by step and must be refused, or guarded, as a whole: each one
// read elements that nobody had written.
//
//   split t.i by 4 guarded -> o, n       t is written in o*4 .. o*4 + 3,
//   split n by 3 guarded -> a, b         by loops that span o*4 .. o*4 + 5,
//   attach y at o                        of which y would read all six
#include <gtest/gtest.h>

#include "tests/schedule/scheduled.h"

namespace tenon::schedule {
namespace {

constexpr const char* kTwoStages = R"(
func @f(x: f32[10]) -> (y: f32[10]) {
  t[i:10] = x[i] * 2.0
  y[i:10] = t[i] + 1.0
}
)";

TEST(Legality, GuardsOfInnerSplitsLeaveHolesInTheirWindow) {
  Scheduled f(kTwoStages);
  ASSERT_EQ(f.apply({"split t.i by 4 guarded -> o, n", "split n by 3 guarded -> a, b"}), "");
  EXPECT_EQ(f.refusal("attach y at o like t"),
            "an iteration of o reads elements of t that it has not written itself");
}

TEST(Legality, CopiesOfAWindowReadOnlyWhatItHolds) {
  Scheduled f(kTwoStages);
  ASSERT_EQ(f.apply({"split t.i by 4 guarded -> o, n", "attach y at o like t",
                     "cache_write t in stack at o", "split y.n by 3 guarded -> c, d"}),
            "");
  ASSERT_EQ(f.change(), "");
  EXPECT_EQ(f.refusal("cache_read t in stack at c -> copy"),
            "an iteration of o reads elements of t that it has not written itself");
}

TEST(Legality, NestsAttachedBesideEachOtherHaveLoopsOfTheirOwn) {
  Scheduled f(R"(
func @f(x: f32[4, 6]) -> (y: f32[4, 6]) {
  t[i:4, j:6] = x[i, j] * 2.0
  y[i:4, j:6] = t[i, j] + 1.0
}
)");
  // Both parts of t are below i: the loop of the second one is not called y.i too.
  ASSERT_EQ(f.apply({"split t.i by 2 exact -> o, i", "peel t.j at 1, 6", "attach y at o",
                     "reorder y.t.j, y.i.2"}),
            "");
  EXPECT_EQ(f.change(), "") << f.body();
}

constexpr const char* kThreeStages = R"(
func @f(x: f32[8]) -> (y: f32[8]) {
  s[i:8] = x[i] * 2.0
  t[i:8] = s[i] + 1.0
  y[i:8] = t[i] * t[i]
}
)";

TEST(Legality, ProducersDoNotMoveBeforeTheirOperands) {
  Scheduled f(R"(
func @f(x: f32[8], z: f32[3]) -> (y: f32[3, 8]) {
  s[j:8] = x[j] * 2.0
  t[j:8] = s[j] + 1.0
  y[i:3, j:8] = t[j] + z[i]
}
)");
  ASSERT_EQ(f.apply({"compute_at t at y.i", "compute_at s at y.i"}), "");
  ASSERT_EQ(f.change(), "") << f.body();
  EXPECT_EQ(f.refusal("compute_at t at y.i"), "t reads s, which is made inside y.i");
}

TEST(Legality, StagesOfAWindowAreNotAttachedElsewhere) {
  Scheduled f(kThreeStages);
  ASSERT_EQ(f.apply({"compute_at t at y.i", "compute_at s at y.i"}), "");
  EXPECT_EQ(f.refusal("attach t at s.i like s"), "t is written to a window inside y.i");
}

TEST(Legality, PaddingThatTilesRunOverToStays) {
  Scheduled f(R"(
func @f(x: f32[3, 6]<0, 1/4, 1%4>, const w: f32[6]) -> (y: f32[3, 6]<0, 1/4, 1%4>) {
  y[i:3, j:6] = x[i, j] * w[j]
}
)");
  std::string refusal = "the padding of w is read already, by tiles that run over";
  ASSERT_EQ(f.apply({"pack w as <0/4, 0%4>", "cache_write y in stack at y.i"}), "");
  EXPECT_EQ(f.change(), "") << f.body();
  EXPECT_EQ(f.refusal("pack w as <0>"), refusal);
  EXPECT_EQ(f.refusal("cache_read x in stack at y.i -> copy"),
            "the padding of x is read, and a copy has none");
}

TEST(Legality, WindowsDoNotLieWhereATensorSays) {
  Scheduled f(R"(
func @f(x: f32[9, 4], ids: i64[5]) -> (y: f32[5, 4]) {
  y[i:5, j:4] = x[min(max(index(ids[i]), 0), 8), j]
}
)");
  EXPECT_EQ(f.refusal("cache_read x in scratch at y.i -> row"),
            "a subscript of x is itself read from a tensor");
}

}  // namespace
}  // namespace tenon::schedule
