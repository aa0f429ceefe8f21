// The machine's limits, as far as they can be known beforehand: physics above, a working clock
// below.
#include "target/measure_peak.h"

#include <gtest/gtest.h>

#include "target/target.h"

namespace tenon::target {
namespace {

TEST(MeasurePeak, UsesTheVectorsOfTheMachine) {
  const int widest = widest_vector_bits();
  EXPECT_TRUE(widest == 128 || widest == 256 || widest == 512);
  EXPECT_GE(widest, native_target()->vector_bits);
  const FmaPeak peak = measure_fma_peak();
  EXPECT_EQ(peak.vector_bits, widest);
  EXPECT_EQ(peak.threads, 1);
  // No processor yet has more than four 512-bit units, or a clock over 7 GHz; none is slower than a
  // tenth of a gigahertz.
  EXPECT_LT(peak.gflops, 7.0 * 4 * 2 * 16);
  EXPECT_GT(peak.gflops, 0.1 * 2 * widest / 32);
}

TEST(MeasurePeak, NarrowVectorsAreMeasuredOnRequest) {
  const FmaPeak narrow = measure_fma_peak(2, 128);
  EXPECT_EQ(narrow.vector_bits, 128);
  EXPECT_EQ(narrow.threads, 2);
  EXPECT_LT(narrow.gflops, 2 * 7.0 * 4 * 2 * 4);
  EXPECT_GT(narrow.gflops, 0.1 * 4);
  EXPECT_EQ(measure_fma_peak(1, 4096).vector_bits, widest_vector_bits());
}

TEST(MeasurePeak, CachesAreReadAtASaneRate) {
  const double l1 = measure_read_bandwidth(16 * 1024);
  EXPECT_GT(l1, 0.5);
  EXPECT_LT(l1, 7.0 * 4 * 64);  // four 64-byte loads a cycle at 7 GHz
  const double two = measure_read_bandwidth(256 * 1024, 2);
  EXPECT_GT(two, 0.5);
  EXPECT_LT(two, 2 * 7.0 * 4 * 64);
}

}  // namespace
}  // namespace tenon::target
