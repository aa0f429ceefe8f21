// The embedded self-test: passes, and fails where the expected output differs (DEMO_WRONG_GOLDEN)
// or the arena is small.
#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

struct alignas(DEMO_ARENA_ALIGN) Memory {
  unsigned char bytes[DEMO_SELFTEST_BYTES];
};

TEST(SelfTest, ComparesAllOutputs) {
  demo_model model;
  ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0), TN_OK);
  Memory memory;
#ifdef DEMO_WRONG_GOLDEN
  EXPECT_EQ(demo_selftest(&model, &memory, sizeof memory), TNR_STATUS(TN_SELFTEST, 1));
#else
  EXPECT_EQ(demo_selftest(&model, &memory, sizeof memory), TN_OK);
#endif
}

TEST(SelfTest, ChecksItsArena) {
  demo_model model;
  ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0), TN_OK);
  Memory memory;
  EXPECT_EQ(demo_selftest(&model, nullptr, sizeof memory), TNR_STATUS(TN_NULL, kArena));
  EXPECT_EQ(demo_selftest(&model, memory.bytes + 8, sizeof memory),
            TNR_STATUS(TN_ALIGNMENT, kArena));
  for (size_t bytes : {size_t{0}, size_t{100}, sizeof memory - 1})
    EXPECT_EQ(demo_selftest(&model, &memory, bytes), TN_ARENA) << bytes;
  model = {};
  EXPECT_EQ(demo_selftest(&model, &memory, sizeof memory), TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN));
}

}  // namespace
}  // namespace tenon
