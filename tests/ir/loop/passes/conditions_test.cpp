// simplify_loops and hoist_conditions: what is decided goes, what does not change moves out.
//
//   for i in 1 { if i < 4 { y[i*2 + 0] = 1.0 } }   ->   y[0] = 1.0
//   for i in 4 { if 0 <= j & i < n { ... } }       ->   if 0 <= j { for i in 4 { if i < n { ... } } }
#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

std::string simplified(const std::string& text) {
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  Function after = simplify_loops(before, test_ranges(pool), pool);
  expect_same(before, after);
  // Nothing is left to do.
  EXPECT_EQ(to_string(simplify_loops(after, test_ranges(pool), pool)), to_string(after));
  return text_after(after);
}

std::string hoisted(const std::string& text) {
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  Function after = hoist_conditions(before, pool);
  expect_same(before, after);
  return text_after(after);
}

TEST(SimplifyLoops, LoopsThatRunOnceAreTheirBodies) {
  EXPECT_EQ(simplified(R"(func @f(x: f32[n], out y: f32[n]) {
  for b in 1 {
    for i in n {
      for u in (n + 9) // 10 {
        y[b*n + i + u] = x[i*2 - i + b]
      }
    }
  }
})"),
            R"(
func @f(x: f32[n], out y: f32[n]) {
  for i in n {
    y[i] = x[i]
  }
}
)");
}

TEST(SimplifyLoops, LoopsThatSchedulesNameStay) {
  const std::string text = R"(func @f(x: f32[1], out y: f32[1]) {
  for parallel p in 1 {
    for unrolled u in 1 {
      for vectorized v in 1 {
        y[p + u + v] = x[p + u + v]
      }
    }
  }
}
)";
  EXPECT_EQ(simplified(text), "\n" + text);
}

TEST(SimplifyLoops, ProvedConditionsAreDecided) {
  EXPECT_EQ(simplified(R"(func @f(x: f32[n, 8], out y: f32[n, 8]) {
  for i in n {
    for jo in 2 {
      for ji in 4 {
        if jo*4 + ji < 8 & i < n {
          y[i, jo*4 + ji] = x[i, (jo*4 + ji) // 4 * 4 + ji]
        } else {
          y[i, 0] = 0.0
        }
        if i < 0 {
          y[i, 0] = 1.0
        }
      }
    }
  }
  for none in 0 {
    y[0, 0] = 2.0
  }
})"),
            R"(
func @f(x: f32[n, 8], out y: f32[n, 8]) {
  for i in n {
    for jo in 2 {
      for ji in 4 {
        y[i, jo*4 + ji] = x[i, jo*4 + ji]
      }
    }
  }
}
)");
}

TEST(HoistConditions, PartsLeaveTheLoopsThatDoNotChangeThem) {
  EXPECT_EQ(hoisted(R"(func @f(x: f32[9, 9], out y: f32[9, 9]) {
  for i in 9 {
    for j in 9 {
      y[i, j] = 0.0
    }
  }
  for i in 9 {
    for vectorized j in 9 {
      if 2 < i & j < n & n < 8 {
        y[i, j] = x[i, j]
      }
    }
  }
})"),
            R"(
func @f(x: f32[9, 9], out y: f32[9, 9]) {
  for i in 9 {
    for j in 9 {
      y[i, j] = 0.0
    }
  }
  if n < 8 {
    for i in 9 {
      if 2 < i {
        for vectorized j in 9 {
          if j < n {
            y[i, j] = x[i, j]
          }
        }
      }
    }
  }
}
)");
}

TEST(HoistConditions, ParallelLoopsStayOutermost) {
  const std::string text = R"(func @f(x: f32[9], inout y: f32[9]) {
  for parallel i in 9 {
    if 3 < n {
      y[i] = x[i]
    }
  }
}
)";
  EXPECT_EQ(hoisted(text), "\n" + text);
}

TEST(HoistConditions, ConditionsOnMemoryStay) {
  const std::string text = R"(func @f(x: f32[9], inout y: f32[9]) {
  for i in 9 {
    if x[0] < y[0] {
      y[i] = x[i] + 1.0
    }
  }
}
)";
  EXPECT_EQ(hoisted(text), "\n" + text);
}

}  // namespace
}  // namespace tenon::loop
