// Which kernels may write their result over an input. Each answer is held against the interpreter:
// where it is yes, the kernel with one memory for both gives what it gives with two.
#include "ir/loop/reads_before_writes.h"

#include <gtest/gtest.h>

#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "tests/ir/loop/function_runner.h"

namespace tenon::loop {
namespace {

// `body` is of a kernel with the input x, another input b and the result y.
bool may_share(const std::string& body, const std::string& shape = "[8, 16]",
               const std::string& result_shape = "") {
  ExprPool pool;
  std::string text = "func @f(x: f32" + shape + ", b: f32[16], out y: f32" +
                     (result_shape.empty() ? shape : result_shape) + ") {" + body + "}";
  Function function = parse_function(text, "test", pool);
  Ranges symbols;
  symbols.set("n", pool.index(1), pool.index(64));
  return reads_before_writes(function, function.params[0].buffer, function.params[2].buffer,
                             symbols);
}

TEST(ReadsBeforeWrites, ElementByElement) {
  EXPECT_TRUE(may_share("for i in 8 { for j in 16 { y[i, j] = x[i, j] + b[j] } }"));
  EXPECT_TRUE(may_share("for j in 16 { for i in 8 { y[i, j] = x[i, j] + b[j] } }"));
  EXPECT_TRUE(
      may_share("for parallel i in 8 chunk 2 { for jo in 4 { for vectorized ji in 4 { "
                "y[i, jo*4 + ji] = x[i, jo*4 + ji] * 2.0 } } }"));
  EXPECT_TRUE(may_share("for i in n { for j in 16 { y[i, j] = x[i, j] } }", "[n, 16]"));
  EXPECT_TRUE(may_share("for i in 8 { y[7 - i, 0] = x[7 - i, 0] }"));
}

TEST(ReadsBeforeWrites, OtherElementsAreRefused) {
  EXPECT_FALSE(may_share("for i in 8 { for j in 16 { y[i, j] = x[7 - i, j] } }"));
  EXPECT_FALSE(may_share("for i in 8 { for j in 15 { y[i, j + 1] = x[i, j] } }"));
  EXPECT_FALSE(may_share("for i in 8 { for j in 16 { y[i, j] = x[i, 0] } }"));
  EXPECT_FALSE(may_share("for i in 4 { for j in 4 { y[i, j] = x[j, i] } }", "[4, 4]"));
  EXPECT_FALSE(may_share("for i in 8 { for j in 16 { y[i, j] = x[i, min(j, 3)] } }"));
  // One iteration of a tile writes what the next one reads.
  EXPECT_FALSE(may_share("for io in 4 { for ii in 3 { y[io*2 + ii, 0] = x[io*2 + ii, 0] } }"));
  // An element that each iteration writes, or a store between the reads.
  EXPECT_FALSE(may_share("for k in 16 { y[0, 0] = x[0, 0] + b[k] }"));
  EXPECT_FALSE(
      may_share("for i in 8 { y[i, 0] = 0.0  for k in 16 { y[i, 0] = y[i, 0] + x[i, k] } }"));
  EXPECT_FALSE(may_share("for i in 8 { y[i, 0] = 1.0 }  for i in 8 { y[i, 1] = x[i, 0] }"));
}

TEST(ReadsBeforeWrites, RowsAreReadBeforeTheyAreWritten) {
  const std::string largest = "for k in 16 { m[0] = max(m[0], x[i, k]) } ";
  const std::string write = "for j in 16 { y[i, j] = x[i, j] - m[0] } ";
  EXPECT_TRUE(
      may_share("for i in 8 { buffer m: f32[1] in scratch  m[0] = 0.0 " + largest + write + "}"));
  EXPECT_FALSE(
      may_share("for i in 8 { buffer m: f32[1] in scratch  m[0] = 0.0 " + write + largest + "}"));
  // All rows share the sum of one: the second row reads what the first one wrote.
  EXPECT_FALSE(
      may_share("for i in 8 { buffer m: f32[1] in scratch  m[0] = x[0, 0] " + write + "}"));
}

TEST(ReadsBeforeWrites, PeeledAndGuardedTiles) {
  // The tail reads what the full tiles do not write.
  EXPECT_TRUE(
      may_share("for i in 8 { for j in 12 { y[i, j] = x[i, j] } "
                "for t in 4 { y[i, t + 12] = x[i, t + 12] } }"));
  EXPECT_FALSE(
      may_share("for i in 8 { for j in 13 { y[i, j] = x[i, j] } "
                "for t in 4 { y[i, t + 12] = x[i, t + 12] } }"));
  // Clamped rows read their own row wherever they store.
  EXPECT_TRUE(
      may_share("for io in (n + 2) // 3 { for ii in 3 { for j in 16 { "
                "if io*3 + ii < n { y[io*3 + ii, j] = x[min(io*3 + ii, n - 1), j] } } } }",
                "[n, 16]"));
  EXPECT_FALSE(
      may_share("for io in (n + 2) // 3 { for ii in 3 { for j in 16 { "
                "if io*3 < n { y[min(io*3 + ii, n - 1), j] = x[min(io*3 + ii, n - 1), j] "
                "} } } }",
                "[n, 16]"));
}

TEST(ReadsBeforeWrites, OtherShapesAreRefused) {
  EXPECT_FALSE(may_share("for i in 8 { y[0, i] = x[i, 0] }", "[8, 1]", "[1, 8]"));
  EXPECT_FALSE(may_share("for i in 8 { y[i] = x[i] }", "[8]<0/4, 0%4>", "[8]"));
}

// The body with x and y as two memories and as one.
TEST(ReadsBeforeWrites, SharingGivesTheSame) {
  const char* bodies[] = {
      "for i in n { for j in 16 { y[i, j] = x[i, j] * 3.0 + b[j] } }",
      "for parallel i in n chunk 3 { buffer m: f32[1] in scratch  m[0] = 0.0 "
      "for k in 16 { m[0] = max(m[0], x[i, k]) } for j in 16 { y[i, j] = x[i, j] - m[0] } }",
      "for io in (n + 2) // 3 { for ii in 3 { for j in 16 { "
      "if io*3 + ii < n { y[io*3 + ii, j] = b[j] - x[min(io*3 + ii, n - 1), j] } } } }",
  };
  for (const char* body : bodies) {
    ASSERT_TRUE(may_share(body, "[n, 16]")) << body;
    ExprPool pool;
    Function two = parse_function(
        std::string("func @f(x: f32[n, 16], b: f32[16], out y: f32[n, 16]) {") + body + "}", "test",
        pool);
    std::string merged = std::string("func @f(inout y: f32[n, 16], b: f32[16]) {") + body + "}";
    for (size_t at; (at = merged.find("x[")) != std::string::npos;) merged[at] = 'y';
    Function one = parse_function(merged, "test", pool);
    for (int64_t n : {1, 2, 3, 7, 8}) {
      Inputs inputs = random_inputs(two, {{"n", n}}, 1);
      RunResult expected = run_function(two, {{"n", n}}, inputs);
      inputs["y"] = inputs["x"];
      EXPECT_EQ(difference(expected, run_function(one, {{"n", n}}, inputs)), "") << body << n;
    }
  }
}

}  // namespace
}  // namespace tenon::loop
