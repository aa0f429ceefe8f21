// Shape arithmetic that is settled while a graph is built, with literal and with symbolic
// dimensions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/expr/text.h"
#include "ir/high/lower_to_tensor.h"
#include "ir/high/text.h"

namespace tenon::high {
namespace {

using testing::ElementsAre;

// Elements of the value %y of a graph with the symbols batch in 1..8 and seq in 1..512, %s =
// [batch, seq, 768] and a runtime %x; "unknown" alone when they are not known.
std::vector<std::string> elements_of(const std::string& nodes) {
  std::string text =
      "model m {\n symbol batch in 1..8\n symbol seq in 1..512\n input %x : i64[2] \"x\"\n"
      " const %zero : i64[] = [0]\n const %one : i64[1] = [1]\n const %two : i64[1] = [2]\n const "
      "%heads : i64[1] = [12]\n"
      " const %open : i64[1] = [-1]\n const %half : f32[1] = [0.5]\n"
      " %s = elements {values=[batch, seq, 768], shape=[3]} : i64[3]\n" +
      nodes + "}\n";
  Graph graph = parse_graph(text, "test");
  for (const Value& value : graph.values) {
    if (value.name != "y") continue;
    if (!value.elements) return {"unknown"};
    std::vector<std::string> result;
    for (Expr element : *value.elements) result.push_back(to_string(element));
    return result;
  }
  return {"no %y"};
}

TEST(KnownElements, ExportedReshapeChain) {
  EXPECT_THAT(elements_of(R"(
    %b = gather %s, %zero : i64[]
    %b1 = reshape %b {shape=[1]} : i64[1]
    %q = gather %s, %one : i64[1]
    %c = slice %s {starts=[2], ends=[3], axes=[0]} : i64[1]
    %d = div %c, %heads : i64[1]
    %y = concat %b1, %q, %heads, %d {axis=0} : i64[4]
  )"),
              ElementsAre("batch", "seq", "12", "64"));
}

TEST(KnownElements, Arithmetic) {
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = add %q, %two : i64[1]"),
              ElementsAre("seq + 2"));
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = mul %q, %heads : i64[1]"),
              ElementsAre("seq*12"));
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = div %q, %two : i64[1]"),
              ElementsAre("seq // 2"));
  EXPECT_THAT(elements_of("%y = reduce_prod %s {axes=[0], keepdims=0} : i64[]"),
              ElementsAre("batch*seq*768"));
  EXPECT_THAT(elements_of("%y = reduce_max %s {axes=[0], keepdims=0} : i64[]"), ElementsAre("768"));
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = neg %q : i64[1]"),
              ElementsAre("-seq"));
}

TEST(KnownElements, ConversionsAndFloats) {
  EXPECT_THAT(elements_of("%y = cast %s {to=i32} : i32[3]"), ElementsAre("batch", "seq", "768"));
  // Upsampling by a factor, as exporters write it.
  EXPECT_THAT(elements_of(R"(
    %h = gather %s, %two : i64[1]
    %f = cast %h {to=f32} : f32[1]
    %g = mul %f, %half : f32[1]
    %r = floor %g : f32[1]
    %y = cast %r {to=i64} : i64[1]
  )"),
              ElementsAre("384"));
  // A float of a symbol is not followed, nor what a narrow type might not hold.
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = cast %q {to=f32} : f32[1]"),
              ElementsAre("unknown"));
  EXPECT_THAT(elements_of("%q = gather %s, %one : i64[1] %y = cast %q {to=i8} : i8[1]"),
              ElementsAre("unknown"));
  EXPECT_THAT(elements_of("%b = gather %s, %zero : i64[] %y = cast %b {to=i8} : i8[]"),
              ElementsAre("batch"));
}

TEST(KnownElements, ChoicesThatTheRangesDecide) {
  // Expand's idiom: where a requested extent is -1, the tensor's own.
  EXPECT_THAT(elements_of(R"(
    %want = concat %open, %two, %open {axis=0} : i64[3]
    %same = equal %want, %open : bool[3]
    %y = where %same, %s, %want : i64[3]
  )"),
              ElementsAre("batch", "2", "768"));
  EXPECT_THAT(elements_of("%c = equal %s, %open : bool[3] %y = logical_not %c : bool[3]"),
              ElementsAre("true", "true", "true"));
}

TEST(KnownElements, Sequences) {
  EXPECT_THAT(
      elements_of("const %n : i64[] = [4] const %i : i64[] = [1] %r = range %zero, %n, %i : i64[4] "
                  "%y = cum_sum %r {axis=0} : i64[4]"),
      ElementsAre("0", "1", "3", "6"));
}

TEST(KnownElements, RunTimeValuesStayUnknown) {
  EXPECT_THAT(elements_of("%y = add %x, %two : i64[2]"), ElementsAre("unknown"));
  EXPECT_THAT(elements_of("%y = concat %x, %s {axis=0} : i64[5]"), ElementsAre("unknown"));
}

TEST(KnownElements, WhatIsKnownIsNotComputed) {
  Graph graph = parse_graph(R"(model m {
    symbol batch in 1..8
    input %x : f32[batch, 768] "x"
    const %zero : i64[] = [0]
    %s = elements {values=[batch, 768], shape=[2]} : i64[2]
    %b = gather %s, %zero : i64[]
    %f = cast %b {to=f32} : f32[]
    %y = div %x, %f : f32[batch, 768]
    output %y "y"
  })",
                            "test");
  // The conversion to a float is computed, straight from the symbol; nothing reads %s and %b.
  EXPECT_EQ(tensor::to_string(lower_to_tensor(graph)),
            "symbol batch in 1..8\n\n"
            "func @cast() -> (f: f32[]) {\n  f[] = f32(i64(batch))\n}\n\n"
            "func @div(x: f32[batch, 768], f: f32[]) -> (y: f32[batch, 768]) {\n"
            "  y[i0:batch, i1:768] = x[i0, i1] / f[]\n}\n");
}

}  // namespace
}  // namespace tenon::high
