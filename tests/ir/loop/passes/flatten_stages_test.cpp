// Leaves become stores, and each reduction starts before its outermost reduce loop.
//
//   for k in 8 { stage acc[m:1] reduce k:8 { sum x[k] } ... }
//     ->   acc[0] = 0.0   for k in 8 { acc[0] = acc[0] + x[k] }
#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

// The text after the pass; the meaning is checked on the way.
std::string flattened(const std::string& text) {
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  Function after = flatten_stages(before, pool);
  for_each_stmt(after.body, [](const Stmt& stmt) { EXPECT_NE(stmt.kind(), StmtKind::Leaf); });
  expect_same(before, after);
  return text_after(after);
}

TEST(FlattenStages, BindingsAreSubstituted) {
  EXPECT_EQ(flattened(R"(func @f(x: f32[8], out y: f32[8]) {
  for io in 2 {
    for ii in 4 {
      stage y[i:8] = x[i] + 1.0 with i = io*4 + ii loc("/add")
    }
  }
})"),
            R"(
func @f(x: f32[8], out y: f32[8]) {
  for io in 2 {
    for ii in 4 {
      y[io*4 + ii] = x[io*4 + ii] + 1.0 loc("/add")
    }
  }
}
)");
}

TEST(FlattenStages, ReductionsStartBeforeTheirOutermostReduceLoop) {
  EXPECT_EQ(flattened(R"(func @f(x: f32[8, n], out y: f32[8]) {
  for mo in 4 {
    for k in n {
      for unrolled mi in 2 {
        stage y[m:8] reduce k:n { sum x[m, k] } with m = mo*2 + mi, k = k
      }
    }
  }
})"),
            R"(
func @f(x: f32[8, n], out y: f32[8]) {
  for mo in 4 {
    for unrolled mi.init in 2 {
      y[mo*2 + mi.init] = 0.0
    }
    for k in n {
      for unrolled mi in 2 {
        y[mo*2 + mi] = y[mo*2 + mi] + x[mo*2 + mi, k]
      }
    }
  }
}
)");
}

TEST(FlattenStages, GuardsConditionsAndClamps) {
  EXPECT_EQ(flattened(R"(func @f(x: f32[n], out y: f32[n]) {
  for io in (n + 3) // 4 {
    for ii in 4 {
      stage y[i:n] = x[i] * 2.0 with i = io*4 + ii if io*4 + ii < n clamp i
    }
  }
})"),
            R"(
func @f(x: f32[n], out y: f32[n]) {
  for io in (n + 3) // 4 {
    for ii in 4 {
      if io*4 + ii < n {
        y[io*4 + ii] = x[min(io*4 + ii, n - 1)] * 2.0
      }
    }
  }
}
)");
  EXPECT_EQ(flattened(R"(func @f(x: f32[n], out y: f32[n]) {
  for i in n {
    for k in 3 {
      stage y[i:n] reduce k:3 where 0 < i + k & i + k < n + 1 { max x[i + k - 1] } with i = i, k = k
    }
  }
})"),
            R"(
func @f(x: f32[n], out y: f32[n]) {
  for i in n {
    y[i] = -inf
    for k in 3 {
      if 0 < i + k & i + k < n + 1 {
        y[i] = max(y[i], x[i + k - 1])
      }
    }
  }
}
)");
}

TEST(FlattenStages, ALeafThatContinuesDoesNotStartAgain) {
  EXPECT_EQ(flattened(R"(func @f(x: f32[n, 8], out y: f32[n]) {
  for m in n {
    for k in 6 {
      stage y[m:n] reduce k:8 { sum x[m, k] } with m = m, k = k
    }
    for k.tail in 2 {
      stage y[m:n] reduce k:8 { sum x[m, k] } with m = m, k = k.tail + 6 continues
    }
  }
})"),
            R"(
func @f(x: f32[n, 8], out y: f32[n]) {
  for m in n {
    y[m] = 0.0
    for k in 6 {
      y[m] = y[m] + x[m, k]
    }
    for k.tail in 2 {
      y[m] = y[m] + x[m, k.tail + 6]
    }
  }
}
)");
}

}  // namespace
}  // namespace tenon::loop
