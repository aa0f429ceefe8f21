// demo_fixture.h: the demo model opened, with inputs and buffers, and what it should answer.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "runtime/model_tables.h"
#include "tests/runtime/demo.h"

namespace tenon {

// Tensors and arguments by number, as in the details of a status.
enum Argument { kX, kIndices, kY, kZ, kIo, kModel, kArena };

// A demo model's arguments: inputs filled with numbers that make the order of additions visible.
class Demo {
 public:
  explicit Demo(int64_t batch = 16) : x_(128), y_(128, -1), z_(16, -1), indices_(16) {
    for (size_t i = 0; i < x_.size(); ++i) x_[i] = 1.0f / static_cast<float>(i + 3);
    for (size_t i = 0; i < indices_.size(); ++i) indices_[i] = static_cast<int64_t>(i * 5 % 8);
    io = {batch, batch, x_.data(), indices_.data(), y_.data(), z_.data()};
    EXPECT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0), TN_OK);
  }

  int run(const tn_call *call = nullptr) {
    return demo_run(&model, &io, arena, sizeof arena, call);
  }

  // The results, to be compared bit for bit.
  std::vector<float> results() const {
    std::vector<float> all = y_;
    all.insert(all.end(), z_.begin(), z_.end());
    return all;
  }

  // As the model is described, written plainly.
  std::vector<float> expected() const {
    std::vector<float> y(128, -1), z(16, -1);
    for (int64_t j = 0; j < 8; ++j) {
      const float w = 0.5f * static_cast<float>(j + 1);
      float sum = 0;
      for (int64_t b = 0; b < io.batch; ++b) sum += x_[static_cast<size_t>(b * 8 + j)] * w;
      for (int64_t b = 0; b < io.batch; ++b)
        y[static_cast<size_t>(b * 8 + 7 - j)] = x_[static_cast<size_t>(b * 8 + j)] * w + sum;
    }
    for (int64_t b = 0; b < io.batch; ++b)
      z[static_cast<size_t>(b)] = 0.5f * static_cast<float>(indices_[static_cast<size_t>(b)] + 1);
    y.insert(y.end(), z.begin(), z.end());
    return y;
  }

  std::vector<float> x_, y_, z_;
  std::vector<int64_t> indices_;
  demo_model model;
  demo_io io;
  alignas(DEMO_ARENA_ALIGN) unsigned char arena[DEMO_ARENA_BYTES(8)];
};

}  // namespace tenon
