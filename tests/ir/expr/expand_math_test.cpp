// The expansions against the C library in a wider type: greatest errors over sweeps, special
// values, and what is left.
#include "ir/expr/expand_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "ir/expr/text.h"
#include "tests/ir/expr/flat_evaluator.h"

namespace tenon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Expr expansion(ExprPool& pool, Op op, DType type) {
  std::vector<Expr> operands = {pool.read("x0", type, {})};
  if (arity_of(op) == 2) operands.push_back(pool.read("x1", type, {}));
  return expand_math(pool.apply(op, operands));
}

long double reference(Op op, long double x, long double y = 0) {
  switch (op) {
    case Op::Exp: return std::exp(x);
    case Op::Log: return std::log(x);
    case Op::Tanh: return std::tanh(x);
    case Op::Erf: return std::erf(x);
    case Op::Sigmoid: return 1 / (1 + std::exp(-x));
    case Op::Sin: return std::sin(x);
    case Op::Cos: return std::cos(x);
    case Op::Tan: return std::tan(x);
    case Op::Asin: return std::asin(x);
    case Op::Acos: return std::acos(x);
    case Op::Atan: return std::atan(x);
    case Op::Sinh: return std::sinh(x);
    case Op::Cosh: return std::cosh(x);
    case Op::Asinh: return std::asinh(x);
    case Op::Acosh: return std::acosh(x);
    case Op::Atanh: return std::atanh(x);
    case Op::Pow: return std::pow(x, y);
    default: return std::fmod(x, y);
  }
}

// The distance of `got` from `want` in units of the last place of `want`, rounded to the type;
// subnormals share one unit.
double ulps(DType type, double got, long double want) {
  bool single = type == DType::F32;
  double rounded =
      single ? static_cast<double>(static_cast<float>(want)) : static_cast<double>(want);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) && std::isnan(got) ? 0 : kInfinity;
  if (std::isinf(got) && got == rounded) return 0;
  double limit = single ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  if (std::isinf(got)) got = std::copysign(limit, got);
  if (std::isinf(rounded)) rounded = std::copysign(limit, rounded), want = rounded;
  int exponent = std::max(rounded == 0 ? -2000 : std::ilogb(rounded), single ? -126 : -1022);
  return static_cast<double>(std::fabs(got - want) /
                             std::ldexp(1.0L, exponent - (single ? 23 : 52)));
}

struct Promise {
  Op op;
  double single, twice;      // greatest error in f32 and f64
  double least, greatest;    // of the operands swept in f64
  double limit = kInfinity;  // of the magnitude of operands in f64
};

// The table at the head of expand_math.h.
constexpr double kReach = 0x1p30;
const Promise kPromises[] = {
    {Op::Exp, 1.1, 1.1, -750, 720},
    {Op::Log, 0.9, 0.9, 0, 100},
    {Op::Tanh, 1.4, 1.4, -20, 20},
    {Op::Erf, 1.9, 1.9, -6, 6},
    {Op::Sigmoid, 1.9, 1.9, -750, 40},
    {Op::Sin, 1.6, 2.5, -100, 100, kReach},
    {Op::Cos, 1.6, 2.5, -100, 100, kReach},
    {Op::Tan, 0.6, 4, -100, 100, kReach},
    {Op::Asin, 0.6, 2, -1, 1},
    {Op::Acos, 0.6, 2, -1, 1},
    {Op::Atan, 0.6, 2, -10, 10},
    {Op::Sinh, 0.6, 2.5, -3, 3},
    {Op::Cosh, 0.6, 2, -712, 712},
    {Op::Asinh, 0.6, 2.5, -3, 3},
    {Op::Acosh, 0.6, 2.5, 1, 3},
    {Op::Atanh, 0.6, 2.5, -1, 1},
};

TEST(ExpandMath, SingleStaysWithinItsBounds) {
  for (const Promise& promise : kPromises) {
    ExprPool pool;
    FlatEvaluator evaluate_at(expansion(pool, promise.op, DType::F32));
    double worst = 0, worst_x = 0;
    for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 99991) {
      double x = std::bit_cast<float>(static_cast<uint32_t>(bits));
      double error = ulps(DType::F32, evaluate_at(x).f, reference(promise.op, x));
      if (error > worst) worst = error, worst_x = x;
    }
    EXPECT_LE(worst, promise.single) << text_of(promise.op) << " at " << worst_x;
  }
}

TEST(ExpandMath, DoubleStaysWithinItsBounds) {
  std::mt19937_64 random(11);
  for (const Promise& promise : kPromises) {
    ExprPool pool;
    FlatEvaluator evaluate_at(expansion(pool, promise.op, DType::F64));
    double worst = 0, worst_x = 0;
    auto measure = [&](double x) {
      if (std::isfinite(x) && std::fabs(x) > promise.limit) return;
      double error = ulps(DType::F64, evaluate_at(x).f, reference(promise.op, x));
      if (error > worst) worst = error, worst_x = x;
    };
    for (int i = 0; i < 30000; ++i) {
      uint64_t bits = random();
      double unit = static_cast<double>(bits >> 11) * 0x1p-53;
      measure(promise.least + (promise.greatest - promise.least) * unit);
      measure(std::ldexp(2 * unit - 1, -static_cast<int>(bits % 64)));  // near zero
      measure(std::bit_cast<double>(bits));                             // anywhere
    }
    EXPECT_LE(worst, promise.twice) << text_of(promise.op) << " at " << worst_x;
  }
}

TEST(ExpandMath, PowerStaysWithinItsBounds) {
  std::mt19937_64 random(12);
  ExprPool pool;
  FlatEvaluator single(expansion(pool, Op::Pow, DType::F32)),
      twice(expansion(pool, Op::Pow, DType::F64));
  auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  double worst_single = 0, worst_twice = 0;
  for (int i = 0; i < 60000; ++i) {
    // Operands whose result is a normal number, over the whole range of bases.
    double x = std::ldexp(0.5 + unit(), static_cast<int>(random() % 240) - 120);
    if (i % 2) x = 1 + (unit() - 0.5) * std::ldexp(1.0, -static_cast<int>(random() % 20));
    float xf = static_cast<float>(x),
          yf = static_cast<float>((2 * unit() - 1) * 86 / (std::fabs(std::log(x)) + 1e-30));
    if (xf != 1)
      worst_single =
          std::max(worst_single, ulps(DType::F32, single(xf, yf).f, reference(Op::Pow, xf, yf)));
    double y = (2 * unit() - 1) * 707 / (std::fabs(std::log(x)) + 1e-30);
    if (x != 1)
      worst_twice =
          std::max(worst_twice, ulps(DType::F64, twice(x, y).f, reference(Op::Pow, x, y)));
  }
  EXPECT_LE(worst_single, 0.6);
  EXPECT_LE(worst_twice, 1.5);
}

TEST(ExpandMath, PowerOfSmallIntegersIsProducts) {
  ExprPool pool;
  Expr x = pool.read("x0", DType::F32, {});
  auto power = [&](double y) {
    return to_string(expand_math(pool.apply(Op::Pow, {x, pool.real(DType::F32, y)})));
  };
  EXPECT_EQ(power(2), "x0[] * x0[]");
  EXPECT_EQ(power(3), "x0[] * x0[] * x0[]");
  EXPECT_EQ(power(4), "x0[] * x0[] * (x0[] * x0[])");
}

TEST(ExpandMath, RemainderIsExact) {
  std::mt19937_64 random(13);
  ExprPool pool;
  FlatEvaluator single(expansion(pool, Op::Fmod, DType::F32)),
      twice(expansion(pool, Op::Fmod, DType::F64));
  for (int i = 0; i < 40000; ++i) {
    uint64_t bits = random();
    float x = std::bit_cast<float>(static_cast<uint32_t>(bits)),
          y = std::bit_cast<float>(static_cast<uint32_t>(bits >> 32));
    if (std::isnan(x) || std::isnan(y)) continue;
    double got = single(x, y).f, want = std::fmod(x, y);
    ASSERT_TRUE(got == want || (std::isnan(got) && std::isnan(want)))
        << x << " by " << y << " gives " << got;
    double wide = std::ldexp(static_cast<double>(bits >> 10), -60),
           narrow = std::ldexp(1.0 + static_cast<double>(random() >> 12) * 0x1p-52,
                               -static_cast<int>(bits % 120));
    ASSERT_EQ(twice(-wide, narrow).f, std::fmod(-wide, narrow)) << wide << " by " << narrow;
  }
  EXPECT_TRUE(
      std::isnan(twice(1e300, 1e-300).f));  // beyond the promised ratio, never a wrong number
}

// Infinities, NaN, zeros with their signs, subnormals, the ends of domains and ranges, in both
// types.
TEST(ExpandMath, SpecialValuesAreThoseOfC) {
  for (DType type : {DType::F32, DType::F64}) {
    bool single = type == DType::F32;
    double tiny = single ? 0x1p-149 : 0x1p-1074,
           huge = single ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
    std::vector<double> values;
    for (double x :
         {0.0, tiny, 3 * tiny, 0x1p-126, 0x1p-100, 0.5,   0.75,  1.0,  1.5,  2.0,      3.0,
          4.0, 7.0,  20.0,     88.75,    104.0,    710.0, 745.5, 1e10, huge, kInfinity})
      values.insert(values.end(), {x, -x});
    values.push_back(kNaN);
    for (int i = static_cast<int>(Op::Exp); i <= static_cast<int>(Op::Fmod); ++i) {
      Op op = static_cast<Op>(i);
      ExprPool pool;
      FlatEvaluator evaluate_at(expansion(pool, op, type));
      for (double x : values) {
        for (double y : values) {
          if (op == Op::Fmod && !single && std::fabs(x / y) >= 0x1p125 && std::isfinite(x) &&
              y != 0)
            continue;
          bool circular = op == Op::Sin || op == Op::Cos || op == Op::Tan;
          if (circular && !single && std::fabs(x) > kReach && std::isfinite(x)) {
            if (op != Op::Tan) {
              EXPECT_LE(std::fabs(evaluate_at(x).f), 1) << text_of(op) << " of " << x;
            }
            break;
          }
          double got = evaluate_at(x, y).f;
          long double want = reference(op, x, y);
          EXPECT_LE(ulps(type, got, want), 4)
              << text_of(op) << " " << name_of(type) << " of " << x << ", " << y << ": " << got;
          if (want == 0 && got == 0) {
            EXPECT_EQ(std::signbit(got), std::signbit(want))
                << text_of(op) << " " << name_of(type) << " of " << x << ", " << y;
          }
          if (arity_of(op) == 1) break;
        }
      }
    }
  }
}

TEST(ExpandMath, LeavesArithmeticOnly) {
  for (DType type : {DType::F32, DType::F64}) {
    for (int i = static_cast<int>(Op::Exp); i <= static_cast<int>(Op::Fmod); ++i) {
      ExprPool pool;
      Expr e = expansion(pool, static_cast<Op>(i), type);
      EXPECT_EQ(e.type(), type);
      for_each_node(e, [&](Expr node) {
        const Apply* apply = node.as<Apply>();
        EXPECT_FALSE(apply && is_math_function(apply->op)) << to_string(node);
      });
    }
  }
}

// Operations of the hot functions; a step that costs more should be a decision.
TEST(ExpandMath, HotFunctionsAreCheap) {
  for (auto [op, most] : {std::pair{Op::Exp, 19},
                          {Op::Tanh, 29},
                          {Op::Sigmoid, 20},
                          {Op::Erf, 28},
                          {Op::Log, 31},
                          {Op::Sin, 55}}) {
    ExprPool pool;
    int operations = 0;
    for_each_node(expansion(pool, op, DType::F32), [&](Expr node) {
      operations += node.as<Apply>() || (node.as<Cast>() && !node.as<Cast>()->bits);
    });
    EXPECT_LE(operations, most) << text_of(op);
  }
}

TEST(ExpandMath, WorksInsideOutAndShares) {
  ExprPool pool;
  Expr x = pool.read("x0", DType::F32, {});
  Expr e = expand_math(call(Op::Exp, call(Op::Tanh, x)) + call(Op::Exp, call(Op::Tanh, x)));
  ASSERT_TRUE(e.as_op(Op::Add));
  EXPECT_EQ(e.children()[0], e.children()[1]);
  EXPECT_EQ(expand_math(e), e);
  EXPECT_EQ(expand_math(x + 1), x + 1);
  // A literal folds to what the expansion gives.
  ExprPool other;
  FlatEvaluator exp_at(expansion(other, Op::Exp, DType::F32));
  Expr folded = expand_math(call(Op::Exp, pool.real(DType::F32, 1.25)));
  ASSERT_TRUE(folded.as<FloatImm>());
  EXPECT_EQ(folded.as<FloatImm>()->value, exp_at(1.25).f);
}

}  // namespace
}  // namespace tenon
