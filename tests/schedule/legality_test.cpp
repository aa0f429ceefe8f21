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

}  // namespace
}  // namespace tenon::schedule
