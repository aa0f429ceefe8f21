// Which functions only move blocks of memory, and how far.
//
//   y[0, c + 64, h] = x[0, c, h], both f32[1, ., 55]   ->   x to y, 3520 elements on
#include "ir/tensor/moves.h"

#include <gtest/gtest.h>

#include "ir/expr/text.h"
#include "ir/tensor/text.h"

namespace tenon::tensor {
namespace {

// "x -> y + 3520 (source)", or "none".
std::string moves_of(const std::string& text) {
  ExprPool pool;
  Ranges ranges;
  ranges.set("n", pool.index(1), pool.index(8));
  auto moves = find_moves(parse_function(text, "test", pool), ranges, pool);
  if (!moves) return "none";
  std::string result;
  for (const Move& move : *moves)
    result += (result.empty() ? "" : ", ") + move.source + " -> " + move.target + " + " +
              to_string(move.distance) + (move.whole_source ? " source" : "") +
              (move.whole_target ? " target" : "");
  return result;
}

TEST(Moves, ConcatenationOfWholeBlocks) {
  EXPECT_EQ(moves_of(R"(func @f(a: f32[1, 64, 55], b: f32[1, 32, 55]) -> (y: f32[1, 96, 55]) {
    y_0: y[i, c, h] for i:1, c:64, h:55 = a[i, c, h]
    y_1: y[i, c + 64, h] for i:1, c:32, h:55 = b[i, c, h] })"),
            "a -> y + 0 source, b -> y + 3520 source");
}

TEST(Moves, ConcatenationOfBlockedChannels) {
  const std::string blocks = "<0, 1/16, 2, 1%16>";
  EXPECT_EQ(moves_of("func @f(a: f32[1, 64, 55]" + blocks + ", b: f32[1, 32, 55]" + blocks +
                     ") -> (y: f32[1, 96, 55]" + blocks + R"() {
    y_0: y[i, c, h] for i:1, c:64, h:55 = a[i, c, h]
    y_1: y[i, c + 64, h] for i:1, c:32, h:55 = b[i, c, h] })"),
            "a -> y + 0 source, b -> y + 3520 source");
}

TEST(Moves, SymbolicExtentsBehindTheAxis) {
  EXPECT_EQ(moves_of(R"(func @f(a: f32[2, n], b: f32[3, n]) -> (y: f32[5, n]) {
    y_0: y[r, i] for r:2, i:n = a[r, i]
    y_1: y[r + 2, i] for r:3, i:n = b[r, i] })"),
            "a -> y + 0 source, b -> y + n*2 source");
}

TEST(Moves, SplitAndSliceReadFromWithin) {
  EXPECT_EQ(moves_of(R"(func @f(x: f32[6, 4]) -> (a: f32[2, 4], b: f32[4, 4]) {
    a[r:2, i:4] = x[r, i]
    b[r:4, i:4] = x[r + 2, i] })"),
            "x -> a + 0 target, x -> b + -8 target");
}

TEST(Moves, CopiesAreWholeOnBothSides) {
  EXPECT_EQ(moves_of("func @f(x: f32[6, 4]) -> (y: f32[6, 4]) { y[r:6, i:4] = x[r, i] }"),
            "x -> y + 0 source target");
}

TEST(Moves, WhatIsNoBlockIsNoMove) {
  for (const char* text : {
           // Parts of each row.
           "func @f(a: f32[2, 4], b: f32[2, 4]) -> (y: f32[2, 8]) {\n"
           "y_0: y[r, i] for r:2, i:4 = a[r, i]\ny_1: y[r, i + 4] for r:2, i:4 = b[r, i] }",
           // A transpose, a reversal, every other element, one element for all.
           "func @f(x: f32[3, 4]) -> (y: f32[4, 3]) { y[i:4, j:3] = x[j, i] }",
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = x[3 - i] }",
           "func @f(x: f32[8]) -> (y: f32[4]) { y[i:4] = x[i*2] }",
           "func @f(x: f32[1]) -> (y: f32[4]) { y[i:4] = x[0] }",
           // Arithmetic, reductions, values outside.
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = x[i] + 1.0 }",
           "func @f(x: f32[4]) -> (y: f32[1]) { y[i:1] = sum[k:4](x[k]) }",
           "func @f(x: f32[4]) -> (y: f32[4]) { y[i:4] = x[i + 1] else 0.0 }",
           // 5 channels in blocks of 4: the padding is zero, and what follows is not.
           "func @f(x: f32[10]<0/4, 0%4>) -> (y: f32[5]<0/4, 0%4>) { y[i:5] = x[i] }",
           // A layout that is not the other's.
           "func @f(x: f32[4, 8]<1/4, 0, 1%4>) -> (y: f32[4, 8]) { y[i:4, j:8] = x[i, j] }",
           // A part of a part.
           "func @f(x: f32[8]) -> (y: f32[8]) {\n"
           "y_0: y[i] for i:4 = x[i]\ny_1: y[i + 4] for i:4 = x[i] }",
       })
    EXPECT_EQ(moves_of(text), "none") << text;
}

}  // namespace
}  // namespace tenon::tensor
