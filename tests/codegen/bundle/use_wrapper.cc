// use_wrapper.cc: a C++17 program that uses the demo bundle through demo.hpp, with a pool of two.
#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "demo.hpp"
#include "tenon_pool.h"

#define CHECK(condition)                                  \
  if (!(condition)) {                                     \
    std::printf("line %d: %s\n", __LINE__, #condition);   \
    return 1;                                             \
  }

int main() {
  std::vector<float> x(16, 1.0f), y(16);
  const std::array<std::int64_t, 2> indices = {0, 7};
  float z[2];
  static demo::Arena<2> arena;

  demo::Model model;
  demo::Io io;
  io.batch = io.rows = 2;
  io.x = x;
  io.indices = indices;
  io.y = y;
  io.z = z;
  CHECK(model.run(io, arena.bytes).code() == TN_ABI);
  CHECK(model.open().ok());
  CHECK(model.run(io, arena.bytes).ok());
  CHECK(y[0] == 12 && y[15] == 1.5f && z[0] == 0.5f && z[1] == 4);

  tenon_pool *pool = tenon_pool_create(2, nullptr, 0);
  const tn_call call = {2, tenon_pool_parallel_for, nullptr, pool};
  y.assign(16, 0);
  CHECK(model.run(io, arena.bytes, &call).ok());
  CHECK(y[0] == 12 && y[15] == 1.5f);
  tenon_pool_destroy(pool);

  io.y = {y.data(), 15};
  const demo::Status small = model.run(io, arena.bytes);
  CHECK(small.code() == TN_CAPACITY && small.detail() == 2);
  CHECK(std::strcmp(small.text(), "y has room for fewer elements than its shape needs") == 0);
  io.y = {};
  CHECK(model.run(io, arena.bytes).code() == TN_NULL);
  io.y = y;
  io.batch = 99;
  CHECK(std::strcmp(model.run(io, arena.bytes).text(), "batch is outside 0..16") == 0);
  CHECK(demo::Model::arena_bytes(16, 16) == DEMO_ARENA_BYTES(1));
  CHECK(demo::Model::info().tensor_count == 4);
  static demo::Arena<8> larger;
  CHECK(model.selftest(larger.bytes).ok());
  std::puts("ok");
  return 0;
}
