// Pieces, literals, lines and names of generated text.
#include <gtest/gtest.h>

#include <cmath>

#include "codegen/source/literals.h"
#include "codegen/source/names.h"
#include "codegen/source/piece.h"
#include "codegen/source/writer.h"

namespace tenon::codegen::source {
namespace {

TEST(Piece, HasTheParenthesesThatAreNeeded) {
  Piece a{"a"}, b{"b"}, c{"c"};
  EXPECT_EQ(binary(binary(a, "*", b), "+", c).text, "a * b + c");
  EXPECT_EQ(binary(binary(a, "+", b), "*", c).text, "(a + b) * c");
  EXPECT_EQ(binary(a, "-", binary(b, "+", c)).text, "a - (b + c)");
  EXPECT_EQ(binary(binary(a, "-", b), "+", c).text, "a - b + c");
  EXPECT_EQ(binary(a, "/", binary(b, "*", c)).text, "a / (b * c)");
  EXPECT_EQ(unary("-", unary("-", a)).text, "-(-a)");
  EXPECT_EQ(cast("float", binary(a, "+", b)).text, "(float)(a + b)");
}

TEST(Piece, KeepsCompilersQuiet) {
  Piece a{"a"}, b{"b"}, c{"c"};
  EXPECT_EQ(binary(binary(a, "&&", b), "||", c).text, "(a && b) || c");
  EXPECT_EQ(binary(binary(a, "<", b), "&&", c).text, "a < b && c");
  EXPECT_EQ(binary(binary(a, "+", b), "<<", c).text, "(a + b) << c");
}

TEST(Literal, IsTheShortestThatReadsBack) {
  EXPECT_EQ(real_literal(DType::F32, 0.0625).text, "0.0625f");
  EXPECT_EQ(real_literal(DType::F32, static_cast<float>(0.1)).text, "0.1f");
  EXPECT_EQ(real_literal(DType::F64, 2).text, "2.0");
  EXPECT_EQ(real_literal(DType::F32, -HUGE_VAL).text, "-TN_INFINITY");
  EXPECT_EQ(integer_literal(DType::I32, INT32_MIN).text, "INT32_MIN");
  EXPECT_EQ(integer_literal(DType::I64, 5).text, "INT64_C(5)");
  EXPECT_EQ(integer_literal(DType::U8, 255).text, "(uint8_t)255");
}

TEST(Writer, BracesWhatHasMoreThanOneLine) {
  SourceWriter out;
  out.open("for (a)");
  out.open("for (b)");
  out.line("x = 1;");
  out.close();
  out.close();
  EXPECT_EQ(out.take(), "for (a) {\n  for (b)\n    x = 1;\n}\n");
}

TEST(Writer, FoldsLongLinesWhereTheFewestParenthesesAreOpen) {
  SourceWriter out;
  out.line("result = tn_fma(" + std::string(50, 'a') + ", tn_max(" + std::string(30, 'b') +
           ", c), ddddddddddd);");
  EXPECT_EQ(out.take(), "result = tn_fma(" + std::string(50, 'a') + ",\n    tn_max(" +
                            std::string(30, 'b') + ", c), ddddddddddd);\n");
}

TEST(Names, AreShortAndDifferInOneScope) {
  Names names;
  EXPECT_EQ(names.declare("acc.c.o", loop_names("acc.c.o")), "c_o");
  EXPECT_EQ(names.declare("wi.head.init", loop_names("wi.head.init")), "wi");
  names.enter();
  EXPECT_NE(names.declare("wi", loop_names("wi")), "wi");
  names.leave();
  EXPECT_EQ(names.declare("acc.r", loop_names("acc.r")), "r");
  EXPECT_EQ(buffer_names("layer1_layer1_0_conv1.tile")[0], "tile");
}

}  // namespace
}  // namespace tenon::codegen::source
