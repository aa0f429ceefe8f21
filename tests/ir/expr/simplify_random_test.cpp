// The simplifier against evaluation at every point: random index expressions and conditions over a
// few variables with small ranges, before and after.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "ir/expr/simplify.h"
#include "ir/expr/text.h"
#include "tests/ir/expr/tree_evaluator.h"

namespace tenon {
namespace {

// i in 0..5, j in -3..4, k in 0..s-1, s in 1..4
class Generator {
 public:
  Generator(ExprPool& pool, uint32_t seed) : pool_(pool), random_(seed) {}

  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

  Expr index(int depth) {
    if (depth == 0 || below(8) == 0) {
      static constexpr const char* kNames[] = {"i", "j", "k", "s"};
      return below(3) ? pool_.var(kNames[below(4)]) : pool_.index(below(13) - 4);
    }
    switch (below(12)) {
      case 0:
      case 1:
      case 2: return index(depth - 1) + index(depth - 1);
      case 3: return index(depth - 1) - index(depth - 1);
      case 4: return index(depth - 1) * pool_.index(below(9) - 2);
      case 5: return index(depth - 1) * index(depth - 1);
      case 6: return floor_div(index(depth - 1), divisor());
      case 7: return floor_mod(index(depth - 1), divisor());
      case 8: return min(index(depth - 1), index(depth - 1));
      case 9: return max(index(depth - 1), index(depth - 1));
      case 10: return select(condition(depth - 1), index(depth - 1), index(depth - 1));
      default: return -index(depth - 1);
    }
  }

  // Divisors are positive, as the semantics demand.
  Expr divisor() {
    static constexpr int kConstants[] = {1, 2, 3, 4, 6, 8, 12};
    switch (below(6)) {
      case 0: return pool_.var("s");
      case 1: return pool_.var("s") * pool_.index(1 + below(3));
      case 2: return pool_.var("s") + pool_.var("i");
      default: return pool_.index(kConstants[below(7)]);
    }
  }

  Expr condition(int depth) {
    if (depth > 0) {
      int kind = below(6);
      if (kind == 0) return condition(depth - 1) & condition(depth - 1);
      if (kind == 1) return condition(depth - 1) | condition(depth - 1);
      if (kind == 2) return logical_not(condition(depth - 1));
    }
    Expr a = index(depth), b = index(depth);
    static constexpr Op kComparisons[] = {Op::Lt, Op::Le, Op::Eq, Op::Ne};
    return pool_.apply(kComparisons[below(4)], {a, b});
  }

 private:
  ExprPool& pool_;
  std::mt19937 random_;
};

class SimplifyRandomTest : public testing::Test {
 protected:
  SimplifyRandomTest() {
    ranges_.set("i", pool_.index(0), pool_.index(5));
    ranges_.set("j", pool_.index(-3), pool_.index(4));
    ranges_.set("s", pool_.index(1), pool_.index(4));
    ranges_.set_extent("k", pool_.var("s"));
  }

  static void for_each_point(const std::function<void(const Point&)>& visit) {
    for (int i = 0; i <= 5; ++i)
      for (int j = -3; j <= 4; ++j)
        for (int s = 1; s <= 4; ++s)
          for (int k = 0; k < s; ++k) visit({{"i", i}, {"j", j}, {"k", k}, {"s", s}});
  }

  // The values of `e` at all points, in one order.
  static std::vector<int64_t> values(Expr e) {
    std::vector<int64_t> result;
    for_each_point([&](const Point& point) { result.push_back(value_of(e, point)); });
    return result;
  }

  ExprPool pool_;
  Ranges ranges_;
};

TEST_F(SimplifyRandomTest, KeepsTheValueAndTheSecondPassChangesNothing) {
  Generator generator(pool_, 1);
  for (int round = 0; round < 4000; ++round) {
    Expr e =
        generator.below(4) ? generator.index(1 + round % 4) : generator.condition(1 + round % 3);
    Expr simplified = simplify(e, ranges_);
    ASSERT_EQ(values(e), values(simplified)) << to_string(e) << "   ->   " << to_string(simplified);
    Expr twice = simplify(simplified, ranges_);
    EXPECT_EQ(to_string(twice), to_string(simplified)) << to_string(e);
  }
}

TEST_F(SimplifyRandomTest, TheTextOfTheResultReadsBackInAnotherPool) {
  Generator generator(pool_, 2);
  for (int round = 0; round < 2000; ++round) {
    std::string text = to_string(simplify(generator.index(1 + round % 4), ranges_));
    ExprPool other;
    Lexer lexer(text, "test");
    Expr read = parse_index(lexer, other);
    EXPECT_EQ(to_string(read), text);
    EXPECT_EQ(to_string(simplify(read, ranges_)), text);
  }
}

TEST_F(SimplifyRandomTest, BoundsHold) {
  Generator generator(pool_, 3);
  int tight = 0;
  for (int round = 0; round < 4000; ++round) {
    Expr e = generator.index(1 + round % 4);
    Interval interval = bounds_of(e, ranges_);
    std::vector<int64_t> all = values(e);
    auto [least, greatest] = std::minmax_element(all.begin(), all.end());
    ASSERT_LE(interval.min, *least) << to_string(e);
    ASSERT_GE(interval.max, *greatest) << to_string(e);
    tight += interval.min == *least && interval.max == *greatest;
  }
  EXPECT_GT(tight, 2000);
}

TEST_F(SimplifyRandomTest, NothingFalseIsProvedAndMostTruthsAre) {
  Generator generator(pool_, 4);
  int truths = 0, proofs = 0;
  for (int round = 0; round < 6000; ++round) {
    Expr e = generator.condition(round % 3);
    std::vector<int64_t> all = values(e);
    bool holds = std::find(all.begin(), all.end(), 0) == all.end();
    bool proved = prove(e, ranges_);
    ASSERT_TRUE(holds || !proved) << to_string(e);
    truths += holds;
    proofs += proved;
  }
  EXPECT_GT(proofs * 10, truths * 8) << proofs << " of " << truths;
}

}  // namespace
}  // namespace tenon
