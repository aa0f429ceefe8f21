// The thread pool: every body once, on several threads, while others use it, and in the caller's
// memory.
#include "runtime/pool/tenon_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace tenon {
namespace {

struct Counts {
  std::vector<std::atomic<int>> counts;
  explicit Counts(size_t n) : counts(n) {}
  static void body(void *arg, int i) {
    ++static_cast<Counts *>(arg)->counts[static_cast<size_t>(i)];
  }
  bool all(int value) const {
    for (const auto &count : counts)
      if (count != value) return false;
    return true;
  }
};

class Pool : public ::testing::TestWithParam<int> {};

TEST_P(Pool, RunsEveryBodyOnce) {
  tenon_pool *pool = tenon_pool_create(GetParam(), nullptr, 0);
  ASSERT_NE(pool, nullptr);
  EXPECT_EQ(tenon_pool_threads(pool), GetParam());
  for (int n : {0, 1, 2, 3, 100}) {
    Counts counts(static_cast<size_t>(n));
    for (int round = 1; round <= 50; ++round) {
      tenon_pool_parallel_for(pool, n, Counts::body, &counts);
      ASSERT_TRUE(counts.all(round)) << n;
    }
  }
  tenon_pool_destroy(pool);
}

TEST_P(Pool, WakesSleepers) {
  tenon_pool *pool = tenon_pool_create(GetParam(), nullptr, 0);
  Counts counts(8);
  for (int round = 1; round <= 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    tenon_pool_parallel_for(pool, 8, Counts::body, &counts);
    ASSERT_TRUE(counts.all(round));
  }
  tenon_pool_destroy(pool);
}

TEST_P(Pool, WaitsForSlowBodies) {
  tenon_pool *pool = tenon_pool_create(GetParam(), nullptr, 0);
  std::atomic<int> ended{0};
  const auto body = [](void *arg, int i) {
    if (i != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++*static_cast<std::atomic<int> *>(arg);
  };
  tenon_pool_parallel_for(pool, 4, body, &ended);
  EXPECT_EQ(ended, 4);
  tenon_pool_destroy(pool);
}

INSTANTIATE_TEST_SUITE_P(Threads, Pool, ::testing::Values(1, 2, 3, 8));

TEST(PoolOfTwo, UsesBothThreads) {
  tenon_pool *pool = tenon_pool_create(2, nullptr, 0);
  struct Meeting {
    std::atomic<int> arrived{0};
    std::thread::id ids[2];
  } meeting;
  // Each body waits for the other: this ends only if they run at once.
  const auto body = [](void *arg, int i) {
    auto *meeting = static_cast<Meeting *>(arg);
    meeting->ids[i] = std::this_thread::get_id();
    ++meeting->arrived;
    while (meeting->arrived < 2) std::this_thread::yield();
  };
  tenon_pool_parallel_for(pool, 2, body, &meeting);
  EXPECT_NE(meeting.ids[0], meeting.ids[1]);
  EXPECT_TRUE(meeting.ids[0] == std::this_thread::get_id() ||
              meeting.ids[1] == std::this_thread::get_id());
  tenon_pool_destroy(pool);
}

TEST(PoolOfTwo, ServesManyCallersAndNestedCalls) {
  tenon_pool *pool = tenon_pool_create(2, nullptr, 0);
  struct Outer {
    tenon_pool *pool;
    Counts counts{5};
  };
  std::vector<std::thread> callers;
  std::atomic<int> good{0};
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        Outer outer{pool};
        tenon_pool_parallel_for(
            pool, 3,
            [](void *arg, int) {
              auto *outer = static_cast<Outer *>(arg);
              tenon_pool_parallel_for(outer->pool, 5, Counts::body, &outer->counts);
            },
            &outer);
        good += outer.counts.all(3);
      }
    });
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(good, 200);
  tenon_pool_destroy(pool);
}

TEST(PoolMemory, MayBeTheCallers) {
  struct alignas(64) Block {
    unsigned char bytes[1024];
  };
  const size_t bytes = tenon_pool_bytes(3);
  ASSERT_LE(bytes, sizeof(Block));
  const auto block = std::make_unique<Block>();
  EXPECT_EQ(tenon_pool_create(3, block->bytes, bytes - 1), nullptr);
  EXPECT_EQ(tenon_pool_create(3, block->bytes + 8, bytes), nullptr);
  tenon_pool *pool = tenon_pool_create(3, block->bytes, bytes);
  ASSERT_EQ(static_cast<void *>(pool), block->bytes);
  Counts counts(7);
  tenon_pool_parallel_for(pool, 7, Counts::body, &counts);
  EXPECT_TRUE(counts.all(1));
  tenon_pool_destroy(pool);
}

TEST(PoolThreads, ZeroIsTheNumberOfProcessors) {
  tenon_pool *pool = tenon_pool_create(0, nullptr, 0);
  ASSERT_NE(pool, nullptr);
  EXPECT_GE(tenon_pool_threads(pool), 1);
  EXPECT_LE(tenon_pool_threads(pool), static_cast<int>(std::thread::hardware_concurrency()));
  tenon_pool_destroy(pool);
}

}  // namespace
}  // namespace tenon
