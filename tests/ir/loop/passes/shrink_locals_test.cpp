// Local buffers with one slice for all iterations.
//
//   buffer p: f32[9, 4]   for t in 9 { p[t, ...] ... }   ->   buffer p: f32[1, 4]   ... p[0, ...]
#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

std::string shrunk(const std::string& text) {
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  Function after = shrink_locals(before, pool);
  expect_same(before, after);
  return text_after(after);
}

TEST(ShrinkLocals, AnIterationThatTouchesItsOwnSliceOnly) {
  EXPECT_EQ(shrunk(R"(func @f(x: f32[n, 4], out y: f32[n, 4]) {
  buffer p: f32[n, 4] in arena
  for t in n {
    for j in 4 {
      p[t, j] = x[t, 3 - j]
    }
    for k in 4 {
      y[t, k] = p[t, 0] + p[t, k]
    }
  }
})"),
            R"(
func @f(x: f32[n, 4], out y: f32[n, 4]) {
  buffer p: f32[1, 4] in arena
  for t in n {
    for j in 4 {
      p[0, j] = x[t, 3 - j]
    }
    for k in 4 {
      y[t, k] = p[0, 0] + p[0, k]
    }
  }
}
)");
}

TEST(ShrinkLocals, OtherSlicesLoopsAndMemoriesStay) {
  for (const char* body : {
           // The slice before.
           "buffer p: f32[n + 1] in arena  p[0] = 0.0  "
           "for t in n { p[t + 1] = x[t, 0] + p[t]  y[t, 0] = p[t] }",
           // Two loops: the second needs all of them.
           "buffer p: f32[n] in arena  for t in n { p[t] = x[t, 0] } "
           "for t in n { y[t, 0] = p[t] }",
           // One slice is read behind the loop.
           "buffer p: f32[n] in arena  for t in n { p[t] = x[t, 0]  y[t, 0] = p[t] } "
           "y[0, 1] = p[0]",
           // Vectorized iterations have slices of their own.
           "buffer p: f32[8] in stack  for vectorized t in 8 { p[t] = x[0, t]  "
           "y[0, t] = p[t] }",
           // What lies outside depends on the subscript.
           "buffer p: f32[2] in arena  for t in 2 { p[t] = x[0, t]  "
           "y[0, t] = p[t] else 3.0 }",
           // A parameter.
           "for t in n { y[t, 0] = x[t, 0] }",
       }) {
    ExprPool pool;
    Function before = parse_function(
        std::string("func @f(x: f32[n, 8], inout y: f32[n, 8]) {") + body + "}", "test", pool);
    Function after = shrink_locals(before, pool);
    EXPECT_EQ(to_string(after), to_string(before));
    expect_same(before, after);
  }
}

}  // namespace
}  // namespace tenon::loop
