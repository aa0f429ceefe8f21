// The loop nests of tensor functions, as text.
#include <gtest/gtest.h>

#include "ir/loop/text.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"

namespace tenon::tensor {
namespace {

void expect_lowered(const std::string& text, const std::string& expected) {
  ExprPool pool;
  EXPECT_EQ("\n" + loop::to_string(lower_to_loop(parse_function(text, "test", pool), pool)),
            expected);
}

TEST(LowerToLoop, EachStageBecomesANest) {
  expect_lowered(
      R"(func @fc(x: f32[batch, 8], const w: f32[8, 4]) -> (y: f32[batch, 4]) anchor(acc: gemm) loc("/fc") {
    acc[m:batch, n:4] = sum[k:8](x[m, k] * w[k, n]) loc("/fc")
    y[m:batch, n:4] = max(acc[m, n], 0.0)
  })",
      R"(
func @fc(x: f32[batch, 8], const w: f32[8, 4], out y: f32[batch, 4]) anchor(acc: gemm) loc("/fc") {
  buffer acc: f32[batch, 4] in arena
  for acc.m in batch {
    for acc.n in 4 {
      for acc.k in 8 {
        stage acc[m:batch, n:4] reduce k:8 { sum x[m, k] * w[k, n] } with m = acc.m, n = acc.n, k = acc.k loc("/fc")
      }
    }
  }
  for y.m in batch {
    for y.n in 4 {
      stage y[m:batch, n:4] = max(acc[m, n], 0.0) with m = y.m, n = y.n
    }
  }
}
)");
}

TEST(LowerToLoop, BlockedAxesBecomeTwoLoops) {
  // The reduce axis follows the blocks of x, the spatial one those of y; 6 channels need no guard,
  // 5 do.
  expect_lowered(R"(func @f(x: f32[6]<0/2, 0%2>, w: f32[8, 6]) -> (y: f32[8]<0/4, 0%4>) {
    y[o:8] = sum[c:6](x[c] * w[o, c]) })",
                 R"(
func @f(x: f32[6]<0/2, 0%2>, w: f32[8, 6], out y: f32[8]<0/4, 0%4>) {
  for y.o.o in 2 {
    for y.o.i in 4 {
      for y.c.o in 3 {
        for y.c.i in 2 {
          stage y[o:8] reduce c:6 { sum x[c] * w[o, c] } with o = y.o.o*4 + y.o.i, c = y.c.o*2 + y.c.i
        }
      }
    }
  }
}
)");
}

TEST(LowerToLoop, PaddingIsGuardedAndZeroed) {
  expect_lowered("func @f(x: f32[2, 5]) -> (y: f32[2, 5]<0, 1/4, 1%4>) { y[h:2, c:5] = x[h, c] }",
                 R"(
func @f(x: f32[2, 5], out y: f32[2, 5]<0, 1/4, 1%4>) {
  for y.h in 2 {
    for y.c.o in 2 {
      for y.c.i in 4 {
        stage y[h:2, c:5] = x[h, c] with h = y.h, c = y.c.o*4 + y.c.i if y.c.o*4 + y.c.i < 5
      }
    }
  }
  for y.pad1.i0 in 2 {
    for y.pad1.i1 in 3 {
      y[y.pad1.i0, y.pad1.i1 + 5] = 0.0
    }
  }
}
)");
}

TEST(LowerToLoop, PiecesAreNestsOfOneBuffer) {
  expect_lowered(R"(func @concat(a: f32[4]<0/2, 0%2>, b: f32[2]) -> (y: f32[6]<0/2, 0%2>) {
    y_0: y[c] for c:4 = a[c]
    y_1: y[c + 4] for c:2 = b[c] })",
                 R"(
func @concat(a: f32[4]<0/2, 0%2>, b: f32[2], out y: f32[6]<0/2, 0%2>) {
  for y_0.c.o in 2 {
    for y_0.c.i in 2 {
      stage y_0: y[c] for c:4 = a[c] with c = y_0.c.o*2 + y_0.c.i
    }
  }
  for y_1.c.o in 1 {
    for y_1.c.i in 2 {
      stage y_1: y[c + 4] for c:2 = b[c] with c = y_1.c.o*2 + y_1.c.i
    }
  }
}
)");
}

TEST(LowerToLoop, ScansOfOneNameGetLoopsOfTheirOwn) {
  expect_lowered(R"(func @f(x: f32[3]) -> (y: f32[3], z: f32[3]) {
    scan t in 3 { y[t] = (y[t - 1] else 0.0) + x[t] }
    scan t in 3 { z[t] = (z[t - 1] else 0.0) + y[t] } })",
                 R"(
func @f(x: f32[3], out y: f32[3], out z: f32[3]) {
  for t in 3 {
    stage y[t] = (y[t - 1] else 0.0) + x[t]
  }
  for t_1 in 3 {
    stage z[t_1] = (z[t_1 - 1] else 0.0) + y[t_1]
  }
}
)");
}

}  // namespace
}  // namespace tenon::tensor
