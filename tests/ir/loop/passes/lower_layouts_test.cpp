// Subscripts become physical: layouts and bases are gone, memory is as before.
//
//   x[co*4 + ci] with <0/4, 0%4>   ->   x[co, ci]
#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

std::string lowered(const std::string& text) {
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  Function after = lower_layouts(before, test_ranges(pool), pool);
  for (const Param& param : after.params) EXPECT_TRUE(param.buffer.layout.is_row_major());
  for_each_stmt(after.body, [](const Stmt& stmt) {
    if (const Alloc* alloc = stmt.as<Alloc>()) {
      EXPECT_TRUE(alloc->buffer.layout.is_row_major() && alloc->buffer.base.empty());
    }
  });
  expect_same(before, after);
  return text_after(after);
}

TEST(LowerLayouts, BlockedAxesBecomeTwo) {
  EXPECT_EQ(lowered(R"(func @f(x: f32[8, n]<0/4, 1, 0%4>, out y: f32[n, 8]) {
  for co in 2 {
    for h in n {
      for ci in 4 {
        y[h, co*4 + ci] = x[co*4 + ci, h]
      }
    }
  }
})"),
            R"(
func @f(x: f32[2, n, 4], out y: f32[n, 8]) {
  for co in 2 {
    for h in n {
      for ci in 4 {
        y[h, co*4 + ci] = x[co, h, ci]
      }
    }
  }
}
)");
}

TEST(LowerLayouts, BasesAreSubtracted) {
  EXPECT_EQ(lowered(R"(func @f(x: f32[n, 6], out y: f32[n, 6]) {
  for i in n {
    for jo in 3 {
      buffer t: f32[1, 2] at [i, jo*2] in scratch
      for ji in 2 {
        t[i, jo*2 + ji] = x[i, jo*2 + ji] + 1.0
      }
      for ji in 2 {
        y[i, jo*2 + ji] = t[i, jo*2 + ji]
      }
    }
  }
})"),
            R"(
func @f(x: f32[n, 6], out y: f32[n, 6]) {
  for i in n {
    for jo in 3 {
      buffer t: f32[1, 2] in scratch
      for ji in 2 {
        t[0, ji] = x[i, jo*2 + ji] + 1.0
      }
      for ji in 2 {
        y[i, jo*2 + ji] = t[0, ji]
      }
    }
  }
}
)");
}

TEST(LowerLayouts, ValuesOutsideKeepTheirLogicalBounds) {
  // The block of 4 holds elements 8 and 9 only; 10 is padding and still outside.
  std::string text = lowered(R"(func @f(x: f32[10]<0/4, 0%4>, out y: f32[12]) {
  for i in 12 {
    y[i] = x[i] else 7.0
  }
})");
  EXPECT_EQ(text, R"(
func @f(x: f32[3, 4], out y: f32[12]) {
  for i in 12 {
    y[i] = select(i < 10, x[min(i, 9) // 4, min(i, 9) % 4], 7.0)
  }
}
)");
}

}  // namespace
}  // namespace tenon::loop
