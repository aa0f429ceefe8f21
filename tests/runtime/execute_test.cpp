// How groups are run: the same bits for any parallel_for, statuses that do not depend on it, and
// stop.
#include <thread>

#include "runtime/pool/tenon_pool.h"
#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

using Body = void (*)(void *, int);

// Bodies on this thread, the last first.
void run_reversed(void *context, int n, Body body, void *arg) {
  if (context != nullptr) ++*static_cast<int *>(context);
  for (int i = n; i-- > 0;) body(arg, i);
}

// Each body on a thread of its own.
void run_on_threads(void *, int n, Body body, void *arg) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back(body, arg, i);
  for (std::thread &thread : threads) thread.join();
}

TEST(Execute, SameBitsForAnyNumberOfThreads) {
  for (int64_t batch : {1, 2, 5, 16}) {
    for (int threads : {1, 2, 3, 8}) {
      for (auto parallel_for : {run_reversed, run_on_threads}) {
        Demo demo(batch);
        const tn_call call = {threads, parallel_for, nullptr, nullptr};
        ASSERT_EQ(demo.run(&call), TN_OK);
        EXPECT_EQ(demo.results(), demo.expected()) << "batch " << batch << ", threads " << threads;
      }
    }
  }
}

TEST(Execute, AsksParallelForOnce) {
  Demo demo;
  int calls = 0;
  tn_call call = {3, run_reversed, nullptr, &calls};
  EXPECT_EQ(demo.run(&call), TN_OK);
  EXPECT_EQ(calls, 1);
  call.threads = 1;
  EXPECT_EQ(demo.run(&call), TN_OK);
  EXPECT_EQ(calls, 1) << "one thread needs no parallel_for";
}

TEST(Execute, WantsNoMoreBodiesThanChunks) {
  Demo demo(2);
  static int bodies;
  const auto count = [](void *, int n, Body body, void *arg) {
    bodies = n;
    for (int i = 0; i < n; ++i) body(arg, i);
  };
  const tn_call call = {8, count, nullptr, nullptr};
  EXPECT_EQ(demo.run(&call), TN_OK);
  EXPECT_EQ(bodies, 2);
}

TEST(Execute, ManyRunsOnThePool) {
  tenon_pool *pool = tenon_pool_create(3, nullptr, 0);
  ASSERT_NE(pool, nullptr);
  Demo demo;
  const tn_call call = {3, tenon_pool_parallel_for, nullptr, pool};
  for (int run = 0; run < 300; ++run) {
    demo.y_.assign(128, -1);
    ASSERT_EQ(demo.run(&call), TN_OK);
    ASSERT_EQ(demo.results(), demo.expected());
  }
  tenon_pool_destroy(pool);
}

TEST(Execute, EightCallersShareAModel) {
  const Demo first;
  std::vector<std::thread> callers;
  std::vector<int> good(8);
  for (size_t caller = 0; caller < good.size(); ++caller)
    callers.emplace_back([&, caller] {
      Demo demo(static_cast<int64_t>(caller) + 1);
      for (int run = 0; run < 50; ++run)
        good[caller] +=
            demo_run(&first.model, &demo.io, demo.arena, sizeof demo.arena, nullptr) == TN_OK &&
            demo.results() == demo.expected();
    });
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(good, std::vector<int>(8, 50));
}

TEST(Execute, IndexOutOfRangeNamesTheFirstNode) {
  for (int threads : {1, 2, 3, 8}) {
    for (auto parallel_for : {run_reversed, run_on_threads}) {
      Demo demo;
      demo.indices_[5] = 8;    // an odd row: node 2
      demo.indices_[10] = -1;  // an even row: node 1
      const tn_call call = {threads, parallel_for, nullptr, nullptr};
      EXPECT_EQ(demo.run(&call), TNR_STATUS(TN_INDEX, 2)) << threads;
      demo.indices_[4] = 1000;
      EXPECT_EQ(demo.run(&call), TNR_STATUS(TN_INDEX, 1)) << threads;
    }
  }
}

// Answers yes at question number `at`.
struct StopAt {
  int at, asked = 0;
  static int ask(void *context) {
    StopAt &stop = *static_cast<StopAt *>(context);
    return stop.asked++ == stop.at;
  }
};

TEST(Execute, StopIsAskedBetweenGroups) {
  for (int threads : {1, 3}) {
    Demo demo;
    StopAt never{100};
    tn_call call = {threads, nullptr, StopAt::ask, &never};
    const auto on_threads = [](void *, int n, Body body, void *arg) {
      run_on_threads(nullptr, n, body, arg);
    };
    if (threads > 1) call.parallel_for = on_threads;
    EXPECT_EQ(demo.run(&call), TN_OK);
    EXPECT_EQ(never.asked, 2) << "three groups have two boundaries";
    EXPECT_EQ(demo.results(), demo.expected());
    for (int at : {0, 1}) {
      StopAt stop{at};
      call.context = &stop;
      demo.y_.assign(128, -1);
      EXPECT_EQ(demo.run(&call), TN_STOPPED);
      EXPECT_EQ(stop.asked, at + 1) << "not asked again";
      EXPECT_EQ(demo.y_, std::vector<float>(128, -1)) << "the last group did not run";
    }
  }
}

TEST(Execute, TheArenaNeedsNoInitialValueAndKeepsNothing) {
  Demo demo;
  const tn_call call = {3, run_on_threads, nullptr, nullptr};
  for (int fill : {0x00, 0xff, 0x7f}) {
    std::memset(demo.arena, fill, sizeof demo.arena);
    ASSERT_EQ(demo.run(&call), TN_OK);
    EXPECT_EQ(demo.results(), demo.expected());
  }
}

TEST(Execute, WritesOnlyWhatTheArenaHolds) {
  Demo demo;
  std::memset(demo.arena, 0x5a, sizeof demo.arena);
  const size_t used = demo_arena_bytes(16, 16, 2);
  const tn_call call = {2, run_on_threads, nullptr, nullptr};
  ASSERT_EQ(demo_run(&demo.model, &demo.io, demo.arena, used, &call), TN_OK);
  for (size_t i = used - 64; i < sizeof demo.arena; ++i)
    ASSERT_EQ(demo.arena[i], 0x5a) << "the tail is only read";
}

}  // namespace
}  // namespace tenon
