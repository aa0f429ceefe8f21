// One line per rule of the simplifier: what is written, and what comes back.
#include "ir/expr/simplify.h"

#include <gtest/gtest.h>

#include <ctime>

#include "ir/expr/text.h"

namespace tenon {
namespace {

// ci, lane in 0..15, mi in 0..7, y4 in 0..3, i in 0..n-1, s, n, w, h in 1..512, t in 0..s-1, x, co,
// a, b: anything
class SimplifyTest : public testing::Test {
 protected:
  SimplifyTest() {
    for (auto [name, extent] : {std::pair{"ci", "16"},
                                {"lane", "16"},
                                {"mi", "8"},
                                {"mo", "16"},
                                {"y4", "4"},
                                {"i", "n"},
                                {"t", "s"},
                                {"wx", "w"},
                                {"hy", "h"},
                                {"p", "past + s"},
                                {"ki", "min(8, n - 8*ko)"}})
      ranges_.set_extent(name, parse(extent));
    for (const char* symbol : {"s", "n", "w", "h", "batch"})
      ranges_.set(symbol, pool_.index(1), pool_.index(512));
    ranges_.set("past", pool_.index(0), pool_.index(511));
    ranges_.set("ko", pool_.index(0), parse("(n + 7) // 8 - 1"));
    ranges_.set("row", parse("max(i - 2, 0)"), parse("i"));
  }

  Expr parse(const std::string& text) {
    Lexer lexer(text, "test");
    Expr e = parse_expr(lexer, pool_, [](const std::string& name) {
      return name == "idx" ? DType::I64 : DType::F32;
    });
    if (!lexer.at_end()) lexer.fail("expected the end");
    return e;
  }

  void check(const std::string& before, const std::string& after) {
    Expr simplified = simplify(parse(before), ranges_);
    EXPECT_EQ(to_string(simplified), after) << before;
    EXPECT_EQ(simplify(simplified, ranges_), simplified) << before;
    EXPECT_EQ(to_string(parse(to_string(simplified))), to_string(simplified));
  }
  void check_bounds(const std::string& text, int64_t min, int64_t max) {
    Interval interval = bounds_of(parse(text), ranges_);
    EXPECT_EQ(interval.min, min) << text;
    EXPECT_EQ(interval.max, max) << text;
  }
  bool proved(const std::string& text) { return prove(parse(text), ranges_); }

  ExprPool pool_;
  Ranges ranges_;
};

TEST_F(SimplifyTest, SumsAndProducts) {
  check("mi + mo*8 + 3", "mo*8 + mi + 3");
  check("3 + 2", "5");
  check("x - x", "0");
  check("x + x", "x*2");
  check("x - 1*a", "x - a");
  check("-x", "-x");
  check("-(x - a)", "a - x");
  check("3 - x", "3 - x");
  check("-3 - x*2", "x*-2 - 3");
  check("(x + 1) * (x - 1)", "x*x - 1");
  check("(mo*8 + mi)*768 + ci", "mo*6144 + mi*768 + ci");
  check("batch*s*4 + s*batch", "batch*s*5");
  check("8 - a*2 + x", "x - a*2 + 8");
  check("9223372036854775807*x + x", "x + x*9223372036854775807");
}

TEST_F(SimplifyTest, DivisionByConstants) {
  check("(co*16 + ci) // 16", "co");
  check("(co*16 + ci) % 16", "ci");
  check("x // 1", "x");
  check("x % 1", "0");
  check("(x*32 + a) // 16", "x*2 + a//16");
  check("(x*32 + a) % 16", "a % 16");
  check("(x + 35) // 16", "(x + 3)//16 + 2");
  check("(x - 1) // 16", "(x + 15)//16 - 1");
  check("(x - 1) % 16", "(x + 15) % 16");
  check("ci // 16", "0");
  check("(ci + 16) // 16", "1");
  check("(ci + 16) % 16", "ci");
  check("(ci - 16) // 16", "-1");
  check("(x*4 + y4) // 16", "x // 4");
  check("(x*4 + y4) % 16", "x%4*4 + y4");
  check("(x*4 + 3) // 8", "x // 2");
  check("(x*4 + 3) % 8", "x%2*4 + 3");
  check("(x*4 + ci) // 16", "(x*4 + ci) // 16");
  check("(mo*128 + mi*16 + lane) // 16 % 8", "mi");
  check("x // 4 // 8", "x // 32");
  check("(x // 4 + 3) // 8", "(x + 12) // 32");
  check("x % 32 // 4", "x//4 % 8");
  check("x % 32 % 8", "x % 8");
  check("(a + x % 32) % 8", "(a + x) % 8");
  check("(x % 5) // 3", "x%5 // 3");
  check("x // -2", "x // -2");
  check("x // 0", "x // 0");
}

TEST_F(SimplifyTest, DivisionBySymbols) {
  check("(x*batch) // batch", "x");
  check("(x*batch) % batch", "0");
  check("(b*s + t) // s", "b");
  check("(b*s + t) % s", "t");
  check("(b*h*w + hy*w + wx) // w % h", "hy");
  check("(b*h*w + hy*w + wx) // (h*w)", "b");
  check("(b*h*w + hy*w + wx) % (h*w)", "hy*w + wx");
  check("(b*(past + s) + p) // (past + s)", "b");
  check("(b*(past + s) + p) % (past + s)", "p");
  check("(x*s) // (a*s)", "s*x // (a*s)");  // the sign of a is not known
  check("(x*s) // (n*s)", "x // n");
  check("(x*s) % (n*s)", "s*(x%n)");
  check("(x*w + wx) // (w*4)", "x // 4");
  check("(x*w + wx) % (w*4)", "w*(x%4) + wx");
  check("(x*w + wx) // (h*w)", "x // h");
  check("x*8*s // (s*4)", "x*2");
  check("x // w // h", "x // (h*w)");
  check("t // s", "0");
  check("(t - s) // s", "-1");
  check("x // x", "x // x");
  check("s // s", "1");
}

TEST_F(SimplifyTest, DivisionsJoin) {
  check("x // 16 * 16 + x % 16", "x");
  check("x // 196 * 196 + x // 14 % 14 * 14 + x % 14", "x");
  check("x // s * s + x % s", "x");
  check("x // (h*w) * h * w + x // w % h * w + x % w", "x");
  check("(x // 16 * 16 + x % 16) * 3 + 1", "x*3 + 1");
  check("x // 16 * 8 + x % 16", "x//16*8 + x%16");
}

TEST_F(SimplifyTest, MinMaxSelect) {
  check("min(mi, 8)", "mi");
  check("max(mi, 0)", "mi");
  check("min(x, x + 1)", "x");
  check("max(x, x + 1)", "x + 1");
  check("min(i, n - 1)", "i");
  check("min(5, x)", "min(x, 5)");
  check("min(min(x, 3), min(a, 4))", "min(min(a, x), 3)");
  check("max(min(mi, 7), 0)", "mi");
  check("min(ki + ko*8, n - 1)", "ko*8 + ki");
  check("select(mi < 8, x, a)", "x");
  check("select(n <= i, x, a)", "a");
  check("select(x < a, mi + 1, 1 + mi)", "mi + 1");
}

TEST_F(SimplifyTest, Conditions) {
  check("i < n", "true");
  check("n <= i", "false");
  check("x + 1 < a + 1", "x < a");
  check("x + 1 <= a", "x < a");
  check("x <= a", "x <= a");
  check("x - 3 < a", "x < a + 3");
  check("x + 3 < a", "x + 3 < a");
  check("x*8 < 128", "x < 16");
  check("x*8 <= 127", "x < 16");
  check("0 <= x", "0 <= x");
  check("1 <= x", "0 < x");
  check("x == x", "true");
  check("x*2 == a*2 + 1", "false");
  check("a*2 == x*2", "a == x");
  check("x == a", "a == x");
  check("3 == x", "x == 3");
  check("mi != 8", "true");
  check("not(x < a)", "a <= x");
  check("not(x == a)", "a != x");
  check("not(x < a & b == 0)", "a <= x | b != 0");
  check("x < 3 & x < 5", "x < 3");
  check("x < 3 | x < 5", "x < 5");
  check("x < 3 & 2 < x", "false");
  check("x < 3 | 2 < x", "true");
  check("x < a & mi < 8 & x < a", "x < a");
  check("x == a & x != a", "false");
}

TEST_F(SimplifyTest, BelowReadsCastsAndSelects) {
  check("x0[(co*16 + ci)//16, ci + 0] + 0.0", "x0[co, ci] + 0.0");
  check("f32(1 + i - 1)", "f32(i)");
  check("select(i < n, x0[i], 0.0)", "x0[i]");
  check("x0[i - 1 + 1] else 0.0", "x0[i] else 0.0");
  check("index(i64(x + 1 - 1))", "x");
  check("index(idx[1 + x - 1])", "index(idx[x])");
  check("x0[0] * 0.0 + (x0[1] - x0[1])", "x0[0] * 0.0 + (x0[1] - x0[1])");
}

TEST_F(SimplifyTest, Bounds) {
  check_bounds("mo*8 + mi", 0, 127);
  check_bounds("n - i", 1, 512);
  check_bounds("n - 1 - i", 0, 511);
  check_bounds("x", Interval::kMin, Interval::kMax);
  check_bounds("min(x, 5)", Interval::kMin, 5);
  check_bounds("x % 7", 0, 6);
  check_bounds("mi*mi", 0, 49);
  check_bounds("mi - 8", -8, -1);
  check_bounds("n//8*8 - n", -7, 0);
  check_bounds("i - row", 0, 2);
  check_bounds("index(u8(1u8)) + mi", 1, 8);
  check_bounds("batch*s*n*w*h*batch*s*n", 1, Interval::kMax);  // 2^72 does not fit
}

TEST_F(SimplifyTest, Proofs) {
  EXPECT_TRUE(proved("mo*8 + mi < 128"));
  EXPECT_FALSE(proved("mo*8 + mi < 127"));
  EXPECT_TRUE(proved("b*s + t < (b + 1)*s"));
  EXPECT_TRUE(proved("hy*w + wx < h*w"));
  EXPECT_TRUE(proved("0 <= i & i < n"));
  EXPECT_TRUE(proved("ko*8 + ki < n"));
  EXPECT_TRUE(proved("min(x, n - 1) < n"));
  EXPECT_TRUE(proved("max(x, 0) >= 0"));
  EXPECT_FALSE(proved("max(x, 0) > 0"));
  EXPECT_TRUE(proved("n//8*8 <= n"));
  EXPECT_TRUE(proved("n < n//8*8 + 8"));
  EXPECT_TRUE(proved("x//s*s <= x"));
  EXPECT_TRUE(proved("x - x//s*s < s"));
  EXPECT_TRUE(proved("row <= i & i - row <= 2"));
  EXPECT_TRUE(proved("x*x - 2*x + 1 == (x - 1)*(x - 1)"));
  EXPECT_TRUE(proved("2*x + 1 != 4*a"));
  EXPECT_TRUE(proved("not(i == n)"));
  EXPECT_FALSE(proved("x < a"));
  EXPECT_FALSE(proved("i == n - 1"));
}

// Of this process alone: tests run beside others.
double processor_seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// The search ends where it would branch too often: each min doubles the cases.
TEST_F(SimplifyTest, SearchIsBounded) {
  std::string sum = "0";
  for (int k = 0; k < 40; ++k)
    sum += " + min(a" + std::to_string(k) + ", b" + std::to_string(k) + ")";
  std::clock_t start = std::clock();
  EXPECT_FALSE(proved("0 <= " + sum));
  EXPECT_LT(processor_seconds_since(start), 0.5);
}

TEST_F(SimplifyTest, IsFast) {
  std::vector<Expr> expressions;
  for (int k = 0; k < 10000; ++k) {
    std::string c = std::to_string(k + 2);
    expressions.push_back(
        parse("((mo*8 + mi)*" + c + " + (ci*4 + y4)//4) // " + c + " * 16 + (i + t - 1)%s + " + c));
  }
  std::clock_t start = std::clock();
  for (Expr e : expressions) simplify(e, ranges_);
  EXPECT_LT(processor_seconds_since(start), 4);  // 0.2 in a release build; sanitizers need more
}

}  // namespace
}  // namespace tenon
