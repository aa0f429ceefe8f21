// Kernels for a GPU: where their threads wait, what runs in order of them, what becomes of their own
// memory, and nests that become kernels of their own.
#include <gmock/gmock.h>

#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

using testing::HasSubstr;

// The lines of the function's body that say for, barrier or buffer, without the braces.
std::string order_of(const Function& function) {
  std::string text, body = to_string(function.body);
  for (size_t begin = 0; begin < body.size();) {
    size_t end = std::min(body.find('\n', begin), body.size());
    std::string line = body.substr(begin, end - begin);
    line.erase(0, line.find_first_not_of(' '));
    if (line.starts_with("for ")) text += line.substr(4, line.find(" in ") - 4) + "; ";
    if (line == "barrier") text += "barrier; ";
    begin = end + 1;
  }
  return text;
}

std::string waits(const std::string& body) {
  ExprPool pool;
  Function before =
      parse_function("func @f(x: f32[64], out y: f32[64]) {" + body + "}", "test", pool);
  Function after = insert_barriers(before, pool);
  expect_same(before, after);
  text_after(after);
  return order_of(after);
}

TEST(InsertBarriers, BetweenAWriteAndAReadOfAnotherThread) {
  EXPECT_EQ(waits("buffer s: f32[64] in shared for thread t in 64 { s[t] = x[t] } "
                  "for thread u in 64 { y[u] = s[63 - u] }"),
            "thread t; barrier; thread u; ");
}

TEST(InsertBarriers, NoneWhereEachThreadReadsItsOwn) {
  EXPECT_EQ(waits("buffer s: f32[64] in shared for thread t in 64 { s[t] = x[t] } "
                  "for thread u in 64 { y[u] = s[u] + 1.0 }"),
            "thread t; thread u; ");
  EXPECT_EQ(waits("for thread t in 64 { y[t] = x[t] } for thread u in 64 { y[u] = y[u] * 2.0 }"),
            "thread t; thread u; ");
}

TEST(InsertBarriers, AroundTheBackEdgeOfALoop) {
  EXPECT_EQ(waits("for thread v in 64 { y[v] = 0.0 } for k in 2 { buffer s: f32[64] in shared "
                  "for thread t in 64 { s[t] = x[t] } "
                  "for thread u in 64 { y[u] = y[u] + s[63 - u] } }"),
            "thread v; k; barrier; thread t; barrier; thread u; ");
}

TEST(InsertBarriers, WhatIsInNoThreadIsTheFirstOnes) {
  EXPECT_EQ(waits("buffer s: f32[1] in shared s[0] = x[3] for thread t in 64 { y[t] = s[0] }"),
            "thread first1; barrier; thread t; ");
}

TEST(InsertBarriers, NothingForAProcessor) {
  ExprPool pool;
  Function before =
      parse_function("func @f(x: f32[4], out y: f32[4]) { for i in 4 { y[i] = x[i] } }", "t", pool);
  EXPECT_EQ(insert_barriers(before, pool).body, before.body);
}

TEST(SerializeBoundLoops, RunsInOrderWithScratchMemory) {
  ExprPool pool;
  Function before = parse_function(R"(func @f(x: f32[64], out y: f32[64]) {
  for grid b in 2 {
    buffer r: f32[32, 1] in register
    buffer s: f32[32] in shared
    for thread t in 32 {
      buffer own: f32[1] in register
      own[0] = x[b*32 + t]
      s[t] = own[0]
      r[t, 0] = own[0] * 2.0
    }
    barrier
    for thread u in 32 {
      y[b*32 + u] = s[31 - u] + r[u, 0]
    }
  }
})",
                                   "test", pool);
  Function after = serialize_bound_loops(before, pool);
  expect_same(before, after);
  std::string text = text_after(after);
  EXPECT_THAT(text, HasSubstr("buffer r: f32[32, 1] in scratch"));
  EXPECT_THAT(text, HasSubstr("buffer s: f32[32] in scratch"));
  EXPECT_THAT(text, HasSubstr("buffer own: f32[1] in register"));
  EXPECT_EQ(order_of(after), "b; t; u; ");
}

std::string aligned(const std::string& condition) {
  ExprPool pool;
  Function before = parse_function(
      "func @f(x: f32[n, 64], out y: f32[n, 64]) { for thread t in 64 { for r in n { y[r, t] = 0.0 "
      "} } "
      "for thread u in 16 { for r in n { for vectorized v in 4 { if " +
          condition + " { y[r, u*4 + v] = x[r, u*4 + v] } } } } }",
      "test", pool);
  Function after = align_lanes(before, test_ranges(pool), pool);
  expect_same(before, after);
  std::string text = to_string(after);
  size_t begin = text.find("if ") + 3;
  return text.substr(begin, text.find(" {", begin) - begin);
}

TEST(AlignLanes, AConditionThatAllLanesShareLosesTheLane) {
  EXPECT_EQ(aligned("u*4 + v < 56"), "u < 14");
  EXPECT_EQ(aligned("u*4 + v < n*4"), "u < n");
}

TEST(AlignLanes, OneThatPartsTheLanesStays) {
  EXPECT_EQ(aligned("u*4 + v < 55"), "u*4 + v < 55");
  EXPECT_EQ(aligned("u*4 + v < n"), "u*4 + v < n");
  EXPECT_EQ(aligned("3 < u*4 + v"), "3 < u*4 + v");
}

constexpr const char* kTwoNests = R"(
module m
input x: f32[8] "x"
output y: f32[8] "y"
func @f(x: f32[8], out y: f32[8]) anchor(t: reduce) {
  computes {
    own[i:8] = x[i] + 1.0
    t[i:8] = sum[k:8](own[k])
    y[i:8] = t[7 - i]
  }
  buffer t: f32[8] in arena
  buffer own: f32[8] in arena
  for i in 8 { stage own[i:8] = x[i] + 1.0 with i = i }
  for j in 8 { for k in 8 { stage t[i:8] reduce k:8 { sum own[k] } with i = j, k = k } }
  for l in 8 { stage y[i:8] = t[7 - i] with i = l }
}
main { call @f(x, y) }
)";

TEST(SplitNests, EachBecomesAFunctionOfItsOwn) {
  Module module = parse_module(kTwoNests, "test");
  split_nests(module, "f");
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  ASSERT_EQ(module.functions.size(), 3u);
  EXPECT_EQ(module.functions[0].anchor_class, "");
  EXPECT_EQ(module.functions[1].anchor_class, "reduce");
  EXPECT_EQ(module.functions[1].meaning, std::vector<std::string>{"t[i:8] = sum[k:8](own[k])"});
  EXPECT_EQ(to_string(module.main),
            "buffer f.t: f32[8] in arena\nbuffer f.own: f32[8] in arena\n"
            "call @f_1(x, f.own)\ncall @f_2(f.t, f.own)\ncall @f_3(y, f.t)");
}

// A module whose second piece of y copies this.
Module two_pieces(const std::string& copied) {
  return parse_module(R"(
module m
input x: f32[8] "x"
output y: f32[8] "y"
func @f(x: f32[8], out y: f32[8]) {
  for i in 4 { stage y_0: y[i] for i:4 = x[i] with i = i }
  for j in 4 { stage y_1: y[4 + i] for i:4 = )" +
                          copied + R"([i] with i = j }
}
main { call @f(x, y) }
)",
                      "test");
}

TEST(SplitNests, PiecesOfOneTensorBecomePartsOfIt) {
  Module module = two_pieces("x");
  split_nests(module, "f");
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  EXPECT_EQ(to_string(module.main), "call @f_1(x, y)\ncall @f_2(x, y)");
  EXPECT_THAT(to_string(module.functions[0]), HasSubstr("part y: f32[8]"));
  EXPECT_EQ(to_string(parse_module(to_string(module), "test")), to_string(module));
}

TEST(SplitNests, PiecesThatReadTheirTensorStayTogether) {
  Module module = two_pieces("y");
  split_nests(module, "f");
  EXPECT_EQ(module.functions.size(), 1u);
}

TEST(ShareLocals, BecomeBuffersOfMainWithAPartForEachBlock) {
  Module module = parse_module(R"(
module m
input x: f32[64] "x"
output y: f32[64] "y"
func @f(x: f32[64], out y: f32[64]) {
  for grid b in 4 {
    buffer t: f32[16] in arena
    for thread i in 16 { t[i] = x[b*16 + i] }
    barrier
    for thread j in 16 { y[b*16 + j] = t[15 - j] }
  }
}
main { call @f(x, y) }
)",
                               "test");
  share_locals(module);
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  EXPECT_EQ(to_string(module.main), "buffer f.t: f32[4, 16] in arena\ncall @f(x, y, f.t)");
  EXPECT_THAT(to_string(module.functions[0]), HasSubstr("t[b, i] = x[b*16 + i]"));
}

}  // namespace
}  // namespace tenon::loop
