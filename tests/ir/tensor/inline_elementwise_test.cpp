// What inline_elementwise moves into its readers, and what it leaves, as text.
#include <gtest/gtest.h>

#include "ir/tensor/passes.h"
#include "ir/tensor/text.h"

namespace tenon::tensor {
namespace {

void expect_inlined(const std::string& text, const std::string& expected) {
  ExprPool pool;
  EXPECT_EQ("\n" + to_string(inline_elementwise(parse_function(text, "test", pool), pool)),
            expected);
}

TEST(InlineElementwise, ChainsBecomeOneStage) {
  expect_inlined(R"(func @f(x: f32[4, 8], b: f32[8]) -> (y: f32[4, 8]) {
    s[i:4, j:8] = x[i, j] + b[j] loc("/add")
    r[i:4, j:8] = max(s[i, j], 0.0) loc("/relu")
    y[i:4, j:8] = r[i, j] * 2.0 loc("/mul") })",
                 R"(
func @f(x: f32[4, 8], b: f32[8]) -> (y: f32[4, 8]) {
  y[i:4, j:8] = max(x[i, j] + b[j], 0.0) * 2.0 loc("/add", "/relu", "/mul")
}
)");
}

TEST(InlineElementwise, WorkIsNotRepeated) {
  // e is read twice, r once for each j; both stay. s is read once at each of its elements.
  const std::string kept = R"(
func @f(x: f32[4, 8], v: f32[4]) -> (y: f32[4, 8], z: f32[4]) {
  e[i:4, j:8] = exp(x[i, j])
  r[i:4] = sqrt(v[i])
  y[i:4, j:8] = e[i, j] / r[i]
  z[i:4] = sum[j:8](e[i, j])
}
)";
  expect_inlined(kept, kept);
  expect_inlined(R"(func @f(x: f32[4, 8]) -> (y: f32[4]) {
    s[i:4, j:8] = x[i, j] * x[i, j]
    y[i:4] = sum[j:8](s[i, j]) })",
                 R"(
func @f(x: f32[4, 8]) -> (y: f32[4]) {
  y[i:4] = sum[j:8](x[i, j] * x[i, j])
}
)");
}

TEST(InlineElementwise, CopiesGoIntoEveryReader) {
  expect_inlined(R"(func @f(x: f16[8, 4]) -> (y: f32[4], z: f32[4, 8]) {
    t[i:4, j:8] = f32(x[j, i])
    y[i:4] = sum[j:8](t[i, j] * t[i, 7 - j])
    z[i:4, j:8] = t[i, j] })",
                 R"(
func @f(x: f16[8, 4]) -> (y: f32[4], z: f32[4, 8]) {
  y[i:4] = sum[j:8](f32(x[j, i]) * f32(x[7 - j, i]))
  z[i:4, j:8] = f32(x[j, i])
}
)");
}

TEST(InlineElementwise, RequirementsMoveToTheReader) {
  expect_inlined(R"(func @f(x: f32[9], i: i64[4]) -> (y: f32[4]) {
    g[n:4] = x[min(max(index(i[n]), 0), 8)] require 0 <= index(i[n]) & index(i[n]) < 9 loc("/gather")
    y[m:4] = g[3 - m] + 1.0 })",
                 R"(
func @f(x: f32[9], i: i64[4]) -> (y: f32[4]) {
  y[m:4] = x[min(max(index(i[3 - m]), 0), 8)] + 1.0 require 0 <= index(i[3 - m]) & index(i[3 - m]) < 9 loc("/gather")
}
)");
}

TEST(InlineElementwise, StepsOfAScanStayInTheirStep) {
  // p belongs to its step; s is read one step later, and outside.
  expect_inlined(R"(func @f(x: f32[3, 2]) -> (y: f32[2]) {
    local p: f32[3, 2]
    local s: f32[3, 2]
    scan t in 3 {
      p[t, j:2] = (s[t - 1, j] else 0.0) * 0.5
      s[t, j:2] = p[t, j] + x[t, j]
    }
    y[j:2] = s[2, j] })",
                 R"(
func @f(x: f32[3, 2]) -> (y: f32[2]) {
  local s: f32[3, 2]
  scan t in 3 {
    s[t, j:2] = (s[t - 1, j] else 0.0) * 0.5 + x[t, j]
  }
  y[j:2] = s[2, j]
}
)");
}

TEST(InlineElementwise, TheAnchorStays) {
  const std::string kept = R"(
func @f(x: f32[4]) -> (y: f32[4]) anchor(a: pool) {
  a[i:4] = x[i] + 1.0
  y[i:4] = a[i] * 2.0
}
)";
  expect_inlined(kept, kept);
}

}  // namespace
}  // namespace tenon::tensor
