// What open refuses: another build's header, and weights that are not this model's.
// (test_runtime_file_weights is built with DEMO_FILE_WEIGHTS and runs these too; what differs
// between the two is said where it does.)
#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

#ifdef DEMO_FILE_WEIGHTS
constexpr bool kEmbedded = false;
#else
constexpr bool kEmbedded = true;
#endif

struct alignas(64) WeightsFile {
  tnr_weights_header header = {{'T', 'E', 'N', 'O', 'N', 'W', 'T', '1'},
                               {0x6c61796f7574, 0x64656d6f},
                               TNR_WEIGHTS_BYTE_ORDER_MARK,
                               sizeof(tnr_weights_header),
                               32,
                               {}};
  float weights[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  unsigned char tail[64] = {};
};
static_assert(sizeof(WeightsFile) == 64 + 128);  // 32 of the last 128 only fill up the alignment
constexpr size_t kFileBytes = 64 + 32 + 64;

int open_with(const WeightsFile &file, size_t bytes = kFileBytes) {
  demo_model model;
  return demo_open(&model, DEMO_ABI, &file, bytes);
}

TEST(Open, AnotherBuildsHeader) {
  demo_model model;
  EXPECT_EQ(demo_open(&model, DEMO_ABI ^ 1, nullptr, 0), TNR_STATUS(TN_ABI, TNR_ABI_HEADER));
  EXPECT_EQ(demo_open(nullptr, DEMO_ABI, nullptr, 0), TNR_STATUS(TN_NULL, kModel));
}

TEST(Open, WithoutAFile) {
  demo_model model;
  EXPECT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0),
            kEmbedded ? TN_OK : TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MISSING));
}

TEST(Open, UsesTheFilesWeights) {
  const WeightsFile file;
  demo_model model;
  ASSERT_EQ(demo_open(&model, DEMO_ABI, &file, kFileBytes), TN_OK);
  float x[8] = {1, 1, 1, 1, 1, 1, 1, 1}, y[8], z[1];
  int64_t indices[1] = {7};
  demo_io io = {1, 1, x, indices, y, z};
  alignas(DEMO_ARENA_ALIGN) unsigned char arena[DEMO_ARENA_BYTES(1)];
  ASSERT_EQ(demo_run(&model, &io, arena, sizeof arena, nullptr), TN_OK);
  EXPECT_EQ(z[0], 8);
  EXPECT_EQ(y[0], 16);
}

TEST(Open, WrongFiles) {
  WeightsFile file;
  EXPECT_EQ(open_with(file), TN_OK);
  EXPECT_EQ(open_with(file, kFileBytes - 1), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT));
  EXPECT_EQ(open_with(file, 10), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT));
  file.header.magic[7] = '2';
  EXPECT_EQ(open_with(file), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MAGIC));
  file = {};
  file.header.byte_order = 0x04030201;
  EXPECT_EQ(open_with(file), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_BYTE_ORDER));
  file = {};
  file.header.layout[1] ^= 1;
  EXPECT_EQ(open_with(file), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_LAYOUT));
  file = {};
  file.header.weights_bytes = 64;
  EXPECT_EQ(open_with(file), TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_LAYOUT));
}

TEST(Open, UnalignedFile) {
  alignas(64) unsigned char memory[2 * sizeof(WeightsFile)];
  const WeightsFile file;
  std::memcpy(memory + 32, &file, kFileBytes);
  demo_model model;
  EXPECT_EQ(demo_open(&model, DEMO_ABI, memory + 32, kFileBytes),
            TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_UNALIGNED));
}

TEST(Open, AFailedOpenLeavesNoOpenModel) {
  WeightsFile file;
  demo_model model;
  ASSERT_EQ(demo_open(&model, DEMO_ABI, &file, kFileBytes), TN_OK);
  file.header.magic[0] = 0;
  ASSERT_NE(demo_open(&model, DEMO_ABI, &file, kFileBytes), TN_OK);
  demo_io io = {};
  EXPECT_EQ(demo_run(&model, &io, nullptr, 0, nullptr), TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN));
}

}  // namespace
}  // namespace tenon
