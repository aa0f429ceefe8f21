// The text of expressions: every operation and literal prints and reads back as the same node,
// faults name their place.
#include "ir/expr/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace tenon {
namespace {

std::optional<DType> types_of(const std::string& name) {
  // A tensor is named after its element type: t_f32, t_i8.
  return name.starts_with("t_") ? dtype_named(name.substr(2)) : std::nullopt;
}

class ExprTextTest : public testing::Test {
 protected:
  Expr parse(const std::string& text) {
    Lexer lexer(text, "test");
    Expr e = parse_expr(lexer, pool_, types_of);
    if (!lexer.at_end()) lexer.fail("expected the end");
    return e;
  }
  std::string again(const std::string& text) { return to_string(parse(text)); }
  std::string error_of(const std::string& text) {
    try {
      return "no error: " + again(text);
    } catch (const UserErrors& errors) {
      const Diagnostic& first = errors.diagnostics()[0];
      return std::to_string(first.place.column) + ": " + first.message;
    }
  }
  Expr tensor(DType type) {
    return pool_.read("t_" + std::string(name_of(type)), type, {pool_.var("i")});
  }

  ExprPool pool_;
};

const DType kArithmetic[] = {DType::Index, DType::Bool, DType::I8,  DType::U8,
                             DType::I16,   DType::U16,  DType::I32, DType::U32,
                             DType::I64,   DType::U64,  DType::F32, DType::F64};

TEST_F(ExprTextTest, EveryOperationReadsBack) {
  int seen = 0;
  for (int i = 0; i <= static_cast<int>(Op::Select); ++i) {
    Op op = static_cast<Op>(i);
    for (DType type : kArithmetic) {
      if (!applies_to(op, type)) continue;
      std::vector<Expr> operands;
      for (int k = 0; k < arity_of(op); ++k)
        operands.push_back(
            pool_.read("t_" + std::string(name_of(type)), type, {pool_.var("i") + k}));
      if (op == Op::Select) operands[0] = tensor(DType::Bool);
      Expr e = pool_.apply(op, operands);
      EXPECT_EQ(parse(to_string(e)), e) << to_string(e);
      ++seen;
    }
  }
  EXPECT_GT(seen, 250);
}

TEST_F(ExprTextTest, EveryLiteralReadsBack) {
  for (DType type :
       {DType::Index, DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::U32,
        DType::I64, DType::U64, DType::I4, DType::U4, DType::I2, DType::U2, DType::Bool}) {
    for (int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{100}, INT64_MAX, INT64_MIN,
                          int64_t{INT32_MIN}}) {
      Expr e = pool_.integer(type, value);
      EXPECT_EQ(parse(to_string(e)), e) << to_string(e);
    }
  }
  std::mt19937_64 random(3);
  for (DType type : {DType::F32, DType::F64, DType::F16, DType::BF16, DType::F8E4M3FN,
                     DType::F8E5M2, DType::F4E2M1}) {
    std::vector<double> values = {0.0,    -0.0,   1,     -1.5,     0.1,       1e-40,
                                  5e-324, 3.4e38, 1e300, INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 200; ++i) values.push_back(std::bit_cast<double>(random()));
    for (int i = 0; i < 200; ++i)
      values.push_back(std::bit_cast<float>(static_cast<uint32_t>(random())));
    for (double value : values) {
      Expr e = pool_.real(type, value);
      EXPECT_EQ(parse(to_string(e)), e) << to_string(e);
    }
  }
}

TEST_F(ExprTextTest, Forms) {
  for (const char* text : {
           "select(i < n, t_f32[i, j*2 + 1] else 0.0, -1.5)",
           "t_f32[i] * t_f32[j] + t_f32[k]",
           "(t_f32[i] + t_f32[j]) * t_f32[k]",
           "t_f32[i] - (t_f32[j] - t_f32[k])",
           "max(t_f32[i], 0.0)",
           "(i + 15) // 16",
           "i//16*16 + i%16",
           "i//4 % 8",
           "a*(b + c)",
           "i < n & j < m | k == 0",
           "(i < n) == (j < m)",
           "not(i < n)",
           "bits_i32(t_f32[i]) & 255i32",
           "f32(t_f16[i])",
           "t_i32[i] << 2i32 >> 1i32",
           "-t_f32[i] * -(t_f32[j] + 1.0)",
           "(t_f32[i] else 0.0) + 1.0",
           "t_f32[i] else -t_f32[j]",
           "t_f32[] else (t_f32[j] + 1.0)",
           "18446744073709551615u64",
           "-128i8",
           "inf",
           "-inf_f64",
           "nan_f64",
           "acc.m*8 + mi",
       })
    EXPECT_EQ(again(text), text);
  EXPECT_EQ(again("a > b"), "b < a");
  EXPECT_EQ(again("a >= b"), "b <= a");
  EXPECT_EQ(again("((a))+b"), "a + b");
}

TEST_F(ExprTextTest, FaultsNameTheirPlace) {
  EXPECT_EQ(error_of("1.0 + i"), "5: the operands are of types f32 and index, found '+'");
  EXPECT_EQ(error_of("2 * foo(3)"), "5: no operation of this name exists, found 'foo'");
  EXPECT_EQ(error_of("max(i)"), "1: max takes 2 operands, found 'max'");
  EXPECT_EQ(error_of("x[i]"), "1: no tensor of this name is in scope, found 'x'");
  EXPECT_EQ(error_of("t_f32[1.0]"), "1: a subscript must be of type index, found 't_f32'");
  EXPECT_EQ(error_of("t_f32[i] else 0"),
            "1: the else value must be of the tensor's type, found 't_f32'");
  EXPECT_EQ(error_of("select(i, 1, 2)"),
            "1: the condition of select must be a bool, found 'select'");
  EXPECT_EQ(error_of("i +"), "4: expected an expression, found the end of the text");
  EXPECT_EQ(error_of("(i"), "3: expected ')', found the end of the text");
  EXPECT_EQ(error_of("3q"), "1: 'q' is no type, found '3'");
  EXPECT_EQ(error_of("3f32"), "1: this literal does not fit its type, found '3'");
  EXPECT_EQ(error_of("1.5i32"), "1: this literal does not fit its type, found '1.5'");
  EXPECT_EQ(error_of("bits_f64(1.0)"), "1: the widths differ, found 'bits_f64'");
  EXPECT_EQ(error_of("f32(1, 2)"), "1: a conversion takes one operand, found 'f32'");
  EXPECT_EQ(error_of("t_f16[i] + t_f16[i]"), "10: + is not defined for f16, found '+'");
  EXPECT_EQ(error_of("sqrt(i)"), "1: sqrt is not defined for index, found 'sqrt'");
  EXPECT_EQ(error_of("true < false"), "6: < is not defined for bool, found '<'");
}

TEST_F(ExprTextTest, IndexExpressionsReadNoTensor) {
  auto parse_as_index = [&](const std::string& text) {
    Lexer lexer(text, "test");
    return parse_index(lexer, pool_);
  };
  EXPECT_EQ(to_string(parse_as_index("n - 1")), "n - 1");
  EXPECT_THROW(parse_as_index("1.0"), UserErrors);
  EXPECT_THROW(parse_as_index("t_i64[0]"), UserErrors);
}

// Random expressions of all types, through text and back.
class RandomExpr {
 public:
  RandomExpr(ExprPool& pool, uint32_t seed) : pool_(pool), random_(seed) {}

  Expr make(DType type, int depth) {
    if (depth == 0 || below(6) == 0) return leaf(type);
    if (below(8) == 0) return pool_.cast(type, make(kArithmetic[below(12)], depth - 1));
    if (below(12) == 0)
      return pool_.read("t_" + std::string(name_of(type)), type, {make(DType::Index, depth - 1)},
                        make(type, depth - 1));
    while (true) {
      Op op = static_cast<Op>(below(static_cast<int>(Op::Select) + 1));
      bool comparison = op == Op::Eq || op == Op::Ne || op == Op::Lt || op == Op::Le;
      DType operand_type = comparison ? kArithmetic[below(12)] : type;
      if ((comparison && type != DType::Bool) || !applies_to(op, operand_type)) continue;
      std::vector<Expr> operands;
      for (int i = 0; i < arity_of(op); ++i)
        operands.push_back(
            make(op == Op::Select && i == 0 ? DType::Bool : operand_type, depth - 1));
      return pool_.apply(op, operands);
    }
  }

  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

 private:
  Expr leaf(DType type) {
    if (type == DType::Index && below(2))
      return pool_.var(std::string(1, static_cast<char>('i' + below(4))));
    if (below(2))
      return pool_.read("t_" + std::string(name_of(type)), type,
                        {pool_.var("i"), pool_.index(below(5) - 1)});
    return is_float(type) ? pool_.real(type, (below(200) - 100) / 7.0)
                          : pool_.integer(type, below(200) - 100);
  }

  ExprPool& pool_;
  std::mt19937 random_;
};

TEST_F(ExprTextTest, RandomExpressionsReadBack) {
  RandomExpr random(pool_, 5);
  for (int round = 0; round < 3000; ++round) {
    Expr e = random.make(kArithmetic[random.below(12)], 1 + round % 5);
    std::string text = to_string(e);
    ASSERT_EQ(parse(text), e) << text;
    ExprPool other;
    Expr imported = other.import(e);
    ASSERT_EQ(to_string(imported), text);
    ASSERT_EQ(pool_.import(imported), e);
  }
}

}  // namespace
}  // namespace tenon
