// What run refuses, with which status, and that it has then written nothing.
#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

class Check : public ::testing::Test {
 protected:
  // Runs, expects the status, and that no output, arena or argument changed.
  void expect_refused(int code, int detail) {
    std::memset(demo_.arena, 0x5a, sizeof demo_.arena);
    const std::vector<unsigned char> arena(demo_.arena, demo_.arena + sizeof demo_.arena);
    const std::vector<float> before = demo_.results(), x = demo_.x_;
    const demo_io io = demo_.io;
    const int status = demo_run(&demo_.model, io_, arena_, arena_bytes_, call_);
    EXPECT_EQ(TN_CODE(status), code) << demo_status_text(status);
    EXPECT_EQ(TN_DETAIL(status), detail) << demo_status_text(status);
    EXPECT_EQ(demo_.results(), before);
    EXPECT_EQ(demo_.x_, x);
    EXPECT_EQ(std::memcmp(&io, &demo_.io, sizeof io), 0);
    EXPECT_EQ(std::memcmp(arena.data(), demo_.arena, arena.size()), 0);
  }

  Demo demo_;
  demo_io *io_ = &demo_.io;
  void *arena_ = demo_.arena;
  size_t arena_bytes_ = sizeof demo_.arena;
  const tn_call *call_ = nullptr;
};

TEST_F(Check, RunsWhenNothingIsWrong) {
  EXPECT_EQ(demo_.run(), TN_OK);
  EXPECT_EQ(demo_.results(), demo_.expected());
}

TEST_F(Check, NullPointers) {
  EXPECT_EQ(demo_run(nullptr, io_, arena_, arena_bytes_, nullptr), TNR_STATUS(TN_NULL, kModel));
  io_ = nullptr;
  expect_refused(TN_NULL, kIo);
  io_ = &demo_.io;
  demo_.io.z = nullptr;
  expect_refused(TN_NULL, kZ);
  demo_.io.x = nullptr;
  expect_refused(TN_NULL, kX);
  demo_.io.x = demo_.x_.data();
  demo_.io.z = demo_.z_.data();
  arena_ = nullptr;
  expect_refused(TN_NULL, kArena);
}

TEST_F(Check, DimensionsOutOfRange) {
  demo_.io.rows = 17;
  expect_refused(TN_DIM, 1);
  demo_.io.batch = -1;
  expect_refused(TN_DIM, 0);
  demo_.io.batch = INT64_MAX;
  expect_refused(TN_DIM, 0);
}

TEST_F(Check, DimensionsThatMustBeEqual) {
  demo_.io.rows = 15;
  expect_refused(TN_DIM, 2);
}

TEST_F(Check, TensorsAtOddAddresses) {
  demo_.io.x = reinterpret_cast<const float *>(reinterpret_cast<uintptr_t>(demo_.x_.data()) + 2);
  expect_refused(TN_ALIGNMENT, kX);
  demo_.io.x = demo_.x_.data();
  demo_.io.indices =
      reinterpret_cast<const int64_t *>(reinterpret_cast<uintptr_t>(demo_.indices_.data()) + 4);
  expect_refused(TN_ALIGNMENT, kIndices);
}

TEST_F(Check, ArenaAtAnOddAddress) {
  arena_ = demo_.arena + 32;
  arena_bytes_ -= 32;
  expect_refused(TN_ALIGNMENT, kArena);
}

TEST_F(Check, ArenaTooSmallByOneByte) {
  arena_bytes_ = demo_arena_bytes(16, 16, 1) - 1;
  expect_refused(TN_ARENA, 0);
  arena_bytes_ += 1;
  EXPECT_EQ(demo_run(&demo_.model, io_, arena_, arena_bytes_, nullptr), TN_OK);
}

void run_in_order(void *, int n, void (*body)(void *, int), void *arg) {
  for (int i = 0; i < n; ++i) body(arg, i);
}

TEST_F(Check, ArenaHoldsScratchOfEachThread) {
  tn_call call = {3, run_in_order, nullptr, nullptr};
  call_ = &call;
  arena_bytes_ = demo_arena_bytes(16, 16, 3) - 1;
  expect_refused(TN_ARENA, 0);
  call.threads = INT32_MAX;
  arena_bytes_ = sizeof demo_.arena;
  expect_refused(TN_ARENA, 0);
  call.parallel_for = nullptr;  // then one thread is all there is
  EXPECT_EQ(demo_run(&demo_.model, io_, arena_, demo_arena_bytes(16, 16, 1), &call), TN_OK);
}

TEST_F(Check, OutputsMayOverlapNothing) {
  float *const y = demo_.io.y;
  demo_.io.y = demo_.x_.data() + 127;  // its first element is the input's last
  demo_.y_ = demo_.x_;
  expect_refused(TN_OVERLAP, kY);
  demo_.io.y = y;
  demo_.io.z = y + 100;
  expect_refused(TN_OVERLAP, kY);
  demo_.io.y = reinterpret_cast<float *>(demo_.arena);
  demo_.io.z = demo_.z_.data();
  expect_refused(TN_OVERLAP, kY);
  demo_.io.y = reinterpret_cast<float *>(&demo_.model);
  expect_refused(TN_OVERLAP, kY);
  demo_.io.y = reinterpret_cast<float *>(&demo_.io);
  expect_refused(TN_OVERLAP, kY);
}

TEST_F(Check, ArenaMayOverlapNothing) {
  demo_.io.x = reinterpret_cast<const float *>(demo_.arena + 64);
  expect_refused(TN_OVERLAP, kX);
  demo_.io.x = demo_.x_.data();
  io_ = reinterpret_cast<demo_io *>(demo_.arena + 512);
  std::memcpy(demo_.arena + 512, &demo_.io, sizeof demo_.io);
  EXPECT_EQ(demo_run(&demo_.model, io_, arena_, arena_bytes_, nullptr),
            TNR_STATUS(TN_OVERLAP, kArena));
}

TEST_F(Check, NeighboursDoNotOverlap) {
  std::vector<float> both(256 + 16);
  demo_.io.y = both.data() + 128;
  demo_.io.x = both.data();
  demo_.io.z = both.data() + 256;
  EXPECT_EQ(demo_.run(), TN_OK);
}

TEST_F(Check, InputsMayOverlapInputs) {
  demo_.indices_.assign(64, 0);
  demo_.io.indices = demo_.indices_.data();
  demo_.io.x = reinterpret_cast<const float *>(demo_.indices_.data());
  EXPECT_EQ(demo_.run(), TN_OK);
}

TEST_F(Check, ModelThatWasNotOpened) {
  demo_.model.opaque[0] ^= 1;
  expect_refused(TN_ABI, TNR_ABI_NOT_OPEN);
  std::memset(&demo_.model, 0, sizeof demo_.model);
  expect_refused(TN_ABI, TNR_ABI_NOT_OPEN);
}

TEST_F(Check, ArenaBytes) {
  EXPECT_EQ(demo_arena_bytes(16, 16, 1), DEMO_ARENA_BYTES(1));
  EXPECT_EQ(demo_arena_bytes(16, 16, 8), DEMO_ARENA_BYTES(8));
  EXPECT_LT(demo_arena_bytes(1, 1, 1), DEMO_ARENA_BYTES(1));
  EXPECT_EQ(demo_arena_bytes(17, 16, 1), 0u);
  EXPECT_EQ(demo_arena_bytes(16, 15, 1), 0u);
  EXPECT_EQ(demo_arena_bytes(16, 16, 0), 0u);
  EXPECT_EQ(demo_arena_bytes(16, 16, -1), 0u);
}

TEST_F(Check, NoRowsAtAll) {
  demo_.io.batch = demo_.io.rows = 0;
  EXPECT_EQ(demo_.run(), TN_OK);
  EXPECT_EQ(demo_.results(), demo_.expected());
}

TEST_F(Check, StatusTexts) {
  EXPECT_STREQ(demo_status_text(TN_OK), "ok");
  EXPECT_STREQ(demo_status_text(TN_DIM), "batch is outside 0..16");
  EXPECT_STREQ(demo_status_text(TNR_STATUS(TN_DIM, 1)), "rows is outside 0..16");
  EXPECT_STREQ(demo_status_text(TNR_STATUS(TN_DIM, 2)), "rows and batch differ");
  EXPECT_STREQ(demo_status_text(TN_NULL), "x is a null pointer");
  EXPECT_STREQ(demo_status_text(TNR_STATUS(TN_NULL, 1)), "indices is a null pointer");
  EXPECT_STREQ(demo_status_text(-1), "not a status of this model");
  EXPECT_STREQ(demo_status_text(255), "not a status of this model");
}

}  // namespace
}  // namespace tenon
