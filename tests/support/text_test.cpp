// The lexer, the writer and the small functions on text.
#include "support/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace tenon {
namespace {

std::string tokens_of(std::string_view text) {
  static constexpr const char* kKinds[] = {"W", "I", "F", "S", "P", "E"};
  Lexer lexer(text, "t");
  std::string result;
  while (!lexer.at_end()) {
    Token token = lexer.next();
    if (!result.empty()) result += " ";
    result += kKinds[static_cast<int>(token.kind)] + (":" + token.text);
    if (!token.suffix.empty()) result += "'" + token.suffix;
  }
  return result;
}

std::string error_of(
    std::string_view text, const std::function<void(Lexer&)>& use = [](Lexer&) {}) {
  try {
    Lexer lexer(text, "file.tenon");
    use(lexer);
    return "";
  } catch (const UserErrors& errors) {
    return errors.what();
  }
}

TEST(LexerTest, WordsNumbersAndPunctuation) {
  EXPECT_EQ(tokens_of("func @fc1(x: f32[128])"),
            "W:func P:@ W:fc1 P:( W:x P:: W:f32 P:[ I:128 P:] P:)");
  EXPECT_EQ(tokens_of("acc.m in 0..8"), "W:acc.m W:in I:0 P:.. I:8");
  EXPECT_EQ(tokens_of("a..b"), "W:a P:.. W:b");
  EXPECT_EQ(tokens_of("1.5 2e3 1e-05 3.25f64 7i64 9u64"),
            "F:1.5 F:2e3 F:1e-05 F:3.25'f64 I:7'i64 I:9'u64");
  EXPECT_EQ(tokens_of("inf nan inf_f64 info"), "F:inf F:nan F:inf_f64'f64 W:info");
  EXPECT_EQ(tokens_of("a->b a==b a<=b a<<2 a//2 x+=1"),
            "W:a P:-> W:b W:a P:== W:b W:a P:<= W:b W:a P:<< I:2 W:a P:// I:2 W:x P:+= I:1");
  EXPECT_EQ(tokens_of("a # to the end\n b"), "W:a W:b");
  EXPECT_EQ(tokens_of(""), "");
}

TEST(LexerTest, NumbersHaveTheirValues) {
  Lexer lexer("18446744073709551615u64 2.5 0.1f64 nan", "t");
  EXPECT_EQ(lexer.next().integer, -1);  // the bits of the u64
  EXPECT_EQ(lexer.next().number, 2.5);
  EXPECT_EQ(lexer.next().number, 0.1);
  EXPECT_TRUE(std::isnan(lexer.next().number));
}

TEST(LexerTest, StringsAreUnescaped) {
  Lexer lexer(R"("a\"b\\c\n\x41")", "t");
  EXPECT_EQ(lexer.expect_string("a name"), "a\"b\\c\nA");
}

TEST(LexerTest, QuotedReadsBack) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  std::string text = tenon::quoted(all);
  Lexer lexer(text, "t");
  EXPECT_EQ(lexer.expect_string("all characters"), all);
}

TEST(LexerTest, LocationsReadBack) {
  Location location = {"/fc1/Gemm", "a \"quoted\" one"};
  std::string text = "x" + location_suffix(location);
  EXPECT_EQ(text, "x loc(\"/fc1/Gemm\", \"a \\\"quoted\\\" one\")");
  Lexer lexer(text, "t");
  lexer.next();
  EXPECT_EQ(lexer.accept_location(), location);
  EXPECT_EQ(lexer.accept_location(), Location{});
  EXPECT_EQ(location_suffix({}), "");
  EXPECT_EQ(merge({"a", "b"}, {"b", "c"}), (Location{"a", "b", "c"}));
}

TEST(LexerTest, FaultsShowTheLineUnderACaret) {
  EXPECT_EQ(error_of("one two\n  three = 4\n",
                     [](Lexer& lexer) {
                       lexer.next(), lexer.next(), lexer.next();
                       lexer.expect(":");
                     }),
            "tenon: error: file.tenon:2:9: expected ':', found '='\n"
            "    three = 4\n"
            "          ^\n");
  EXPECT_EQ(
      error_of("a", [](Lexer& lexer) { lexer.next(), lexer.expect_word("a name"); }),
      "tenon: error: file.tenon:1:2: expected a name, found the end of the text\n  a\n   ^\n");
  EXPECT_NE(error_of("x = \"open\n"), "");
  EXPECT_NE(error_of("99999999999999999999"), "");
}

TEST(LexerTest, IntegersTakeASign) {
  Lexer lexer("-5 7 -9223372036854775808", "t");
  EXPECT_EQ(lexer.expect_integer("a"), -5);
  EXPECT_EQ(lexer.expect_integer("b"), 7);
  EXPECT_EQ(lexer.expect_integer("c"), INT64_MIN);
}

TEST(TextWriterTest, Indents) {
  TextWriter writer;
  writer.line("a {");
  writer.indent();
  writer.line("b");
  writer.blank();
  writer.dedent();
  writer.line("}");
  EXPECT_EQ(writer.take(), "a {\n  b\n\n}\n");
}

TEST(TextTest, JoinAndToWord) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"", "b"}, ", "), ", b");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(to_word("/layer1/0/conv1/Conv"), "layer1_0_conv1_Conv");
  EXPECT_EQ(to_word("3d"), "_3d");
  EXPECT_EQ(to_word("::"), "v");
  EXPECT_EQ(to_word("inf"), "v_inf");
  EXPECT_EQ(to_word("nan/x"), "v_nan_x");
  EXPECT_EQ(to_word("true"), "v_true");
  EXPECT_EQ(to_word("truest"), "truest");
  EXPECT_EQ(to_word("info"), "info");
  EXPECT_EQ(to_word("caf\xc3\xa9 au lait"), "caf_au_lait");
}

TEST(BracketedLines, LongListsStandInLines) {
  EXPECT_EQ(bracketed_lines({}, 2), "[]");
  EXPECT_EQ(bracketed_lines({"1", "2"}, 2), "[1, 2]");
  EXPECT_EQ(bracketed_lines({"1", "2", "3", "4", "5", "6", "7", "8", "9"}, 2),
            "[\n  1, 2, 3, 4, 5, 6, 7, 8,\n  9]");
}

}  // namespace
}  // namespace tenon
