// The pool and the rewriting of expressions: equal expressions are one node, order is by content,
// rewriting shares.
#include "ir/expr/expr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/expr/text.h"

namespace tenon {
namespace {

TEST(ExprTest, EqualExpressionsAreOneNode) {
  ExprPool pool;
  Expr i = pool.var("i"), n = pool.var("n");
  EXPECT_EQ(i + n * 2, pool.var("i") + pool.var("n") * 2);
  EXPECT_NE(i + n, n + i);
  EXPECT_NE(pool.integer(DType::I32, 1), pool.integer(DType::I64, 1));
  EXPECT_NE(pool.real(DType::F32, 0.0), pool.real(DType::F32, -0.0));
  EXPECT_EQ(pool.real(DType::F32, NAN), pool.real(DType::F32, -NAN));
  EXPECT_NE(pool.read("x", DType::F32, {i}),
            pool.read("x", DType::F32, {i}, pool.real(DType::F32, 0)));
  EXPECT_NE(pool.cast(DType::I32, pool.read("x", DType::F32, {})),
            pool.bitcast(DType::I32, pool.read("x", DType::F32, {})));
  size_t size = pool.size();
  (void)(i + n * 2);
  EXPECT_EQ(pool.size(), size);
}

TEST(ExprTest, MakersRefuseWrongTypes) {
  ExprPool pool, other;
  Expr x = pool.read("x", DType::F32, {}), i = pool.var("i");
  EXPECT_THROW(x + i, InternalError);
  EXPECT_THROW(i / i, InternalError);
  EXPECT_THROW(floor_div(x, x), InternalError);
  EXPECT_THROW(select(i, x, x), InternalError);
  EXPECT_THROW(pool.bitcast(DType::F64, x), InternalError);
  EXPECT_THROW(pool.read("y", DType::F32, {x}), InternalError);
  EXPECT_THROW(i + other.var("i"), InternalError);
  EXPECT_THROW(pool.apply(Op::Add, {i}), InternalError);
}

// The order must not depend on which node was made first.
TEST(ExprTest, OrderIsByContent) {
  const char* texts[] = {"3",   "-1",    "a",         "b",       "a + b", "b + a",
                         "a*b", "a % 2", "min(a, b)", "a + b*2", "a//b"};
  auto sorted_texts = [&](bool backwards) {
    ExprPool pool;
    std::vector<Expr> list;
    std::vector<std::string> order(std::begin(texts), std::end(texts));
    if (backwards) std::reverse(order.begin(), order.end());
    for (const std::string& text : order) {
      Lexer lexer(text, "test");
      list.push_back(parse_index(lexer, pool));
    }
    std::sort(list.begin(), list.end(), [](Expr x, Expr y) { return compare(x, y) < 0; });
    std::string result;
    for (Expr e : list) result += to_string(e) + "; ";
    return result;
  };
  EXPECT_EQ(sorted_texts(false), sorted_texts(true));
  ExprPool pool, other;
  EXPECT_EQ(compare(pool.var("a") + pool.var("b"), other.var("a") + other.var("b")), 0);
  EXPECT_LT(compare(pool.index(9), pool.var("a")), 0);
  EXPECT_GT(compare(pool.var("b"), pool.var("a")), 0);
}

TEST(ExprTest, SubstitutionIsSimultaneous) {
  ExprPool pool;
  Expr i = pool.var("i"), j = pool.var("j");
  Expr e = i * 8 + j;
  std::vector<Substitution> swap = {{"i", j}, {"j", i}};
  EXPECT_EQ(to_string(substitute(e, swap)), "j*8 + i");
  EXPECT_EQ(substitute(e, std::vector<Substitution>{{"k", i}}), e);
  EXPECT_EQ(substitute(e, std::vector<Substitution>{{"i", pool.index(2)}, {"j", pool.index(1)}}),
            pool.index(17));
}

TEST(ExprTest, TraversalSeesEachNodeOnce) {
  ExprPool pool;
  Expr e = pool.var("b") + pool.var("a");
  for (int k = 0; k < 60; ++k) e = e + e;  // a tree of 2^60 leaves
  int nodes = 0;
  for_each_node(e, [&](Expr) { ++nodes; });
  EXPECT_EQ(nodes, 63);
  EXPECT_EQ(variables_of(e), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(uses_var(e, "a"));
  EXPECT_FALSE(uses_var(e, "c"));
  Expr renamed = substitute(e, std::vector<Substitution>{{"a", pool.var("c")}});
  EXPECT_TRUE(uses_var(renamed, "c"));
  ExprPool other;
  EXPECT_EQ(variables_of(other.import(e)), variables_of(e));
}

}  // namespace
}  // namespace tenon
