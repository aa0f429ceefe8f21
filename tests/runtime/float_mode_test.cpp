// The caller's floating-point mode changes nothing, and is found again after run.
#include <immintrin.h>

#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

constexpr unsigned kFlushToZero = 0x8040;  // FTZ and DAZ
constexpr unsigned kRoundUp = 0x4000;
constexpr unsigned kDefault = 0x1f80;

// With mode set, what a body and a stop callback see and leave is checked against the results
// without.
class FloatMode : public ::testing::TestWithParam<unsigned> {
 protected:
  ~FloatMode() override { _mm_setcsr(kDefault); }
};

void run_in_order(void *, int n, void (*body)(void *, int), void *arg) {
  for (int i = 0; i < n; ++i) body(arg, i);
}

unsigned seen_by_stop;
int look(void *) {
  seen_by_stop = _mm_getcsr();
  return 0;
}

TEST_P(FloatMode, SameBitsAndRestored) {
  Demo plain, other;
  // Subnormal products and sums, and sums that round.
  for (Demo *demo : {&plain, &other})
    for (size_t i = 0; i < 64; ++i) demo->x_[i] = 1e-38f / static_cast<float>(i + 1);
  ASSERT_EQ(plain.run(), TN_OK);
  for (int threads : {1, 2}) {
    const tn_call call = {threads, run_in_order, look, nullptr};
    seen_by_stop = 0;
    _mm_setcsr(kDefault | GetParam());
    const int status = other.run(&call);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(kDefault);
    ASSERT_EQ(status, TN_OK);
    EXPECT_EQ(after, kDefault | GetParam()) << "modes and sticky flags are the caller's";
    EXPECT_EQ(seen_by_stop, kDefault | GetParam()) << "the callback runs in the caller's mode";
    EXPECT_EQ(std::memcmp(other.y_.data(), plain.y_.data(), 128 * sizeof(float)), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, FloatMode,
                         ::testing::Values(0, kFlushToZero, kRoundUp, kFlushToZero | kRoundUp));

TEST(FloatModeOfTest, InputsTellTheModesApart) {
  volatile float tiny = 1e-38f, half = 0.5f, one = 1, divisor = 25;
  const float kept = tiny * half, nearest = one / divisor;
  _mm_setcsr(kDefault | kFlushToZero | kRoundUp);
  const float flushed = tiny * half, up = one / divisor;
  _mm_setcsr(kDefault);
  EXPECT_NE(kept, flushed);
  EXPECT_NE(nearest, up);
}

}  // namespace
}  // namespace tenon
