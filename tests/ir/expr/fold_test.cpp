// What operations give on values: the edges of integers and floats, and which identities the pool
// may use.
#include "ir/expr/fold.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "ir/expr/element.h"
#include "ir/expr/text.h"

namespace tenon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

int64_t integer_op(Op op, DType type, int64_t a, int64_t b = 0) {
  Scalar operands[] = {{.i = a}, {.i = b}, {}};
  return evaluate(op, type, operands).i;
}
double float_op(Op op, DType type, double a, double b = 0, double c = 0) {
  Scalar operands[] = {{.f = a}, {.f = b}, {.f = c}};
  return evaluate(op, type, operands).f;
}
bool compare_op(Op op, double a, double b) {
  Scalar operands[] = {{.f = a}, {.f = b}};
  return evaluate(op, DType::F32, operands).i != 0;
}
int64_t to_integer(DType to, DType from, double value) { return convert(to, from, {.f = value}).i; }
double to_float(DType to, DType from, int64_t value) { return convert(to, from, {.i = value}).f; }

TEST(FoldTest, IntegersWrap) {
  EXPECT_EQ(integer_op(Op::Add, DType::I8, 127, 1), -128);
  EXPECT_EQ(integer_op(Op::Add, DType::U8, 255, 1), 0);
  EXPECT_EQ(integer_op(Op::Sub, DType::U32, 0, 1), 0xffffffff);
  EXPECT_EQ(integer_op(Op::Mul, DType::I32, 65536, 65536), 0);
  EXPECT_EQ(integer_op(Op::Mul, DType::I64, INT64_MAX, 2), -2);
  EXPECT_EQ(integer_op(Op::Neg, DType::I32, INT32_MIN), INT32_MIN);
  EXPECT_EQ(integer_op(Op::Abs, DType::I8, -128), -128);
  EXPECT_EQ(integer_op(Op::Not, DType::U8, 1), 254);
  EXPECT_EQ(integer_op(Op::Not, DType::Bool, 1), 0);
}

TEST(FoldTest, DivisionIsTotal) {
  for (Op op : {Op::FloorDiv, Op::FloorMod, Op::TruncDiv, Op::TruncRem})
    EXPECT_EQ(integer_op(op, DType::I32, 7, 0), 0);
  EXPECT_EQ(integer_op(Op::FloorDiv, DType::I32, INT32_MIN, -1), INT32_MIN);
  EXPECT_EQ(integer_op(Op::TruncDiv, DType::I64, INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(integer_op(Op::TruncRem, DType::I64, INT64_MIN, -1), 0);
  EXPECT_EQ(integer_op(Op::FloorMod, DType::I8, -128, -1), 0);
  EXPECT_EQ(integer_op(Op::FloorDiv, DType::I32, -7, 2), -4);
  EXPECT_EQ(integer_op(Op::FloorMod, DType::I32, -7, 2), 1);
  EXPECT_EQ(integer_op(Op::FloorDiv, DType::I32, 7, -2), -4);
  EXPECT_EQ(integer_op(Op::FloorMod, DType::I32, 7, -2), -1);
  EXPECT_EQ(integer_op(Op::TruncDiv, DType::I32, -7, 2), -3);
  EXPECT_EQ(integer_op(Op::TruncRem, DType::I32, -7, 2), -1);
  EXPECT_EQ(integer_op(Op::FloorDiv, DType::U64, -1, 2), INT64_MAX);  // 2^64 - 1 halved
  EXPECT_EQ(integer_op(Op::FloorMod, DType::U64, -1, 10), 5);
}

TEST(FoldTest, FloorDivisionHoldsItsIdentity) {
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      if (b == 0) continue;
      int64_t q = integer_op(Op::FloorDiv, DType::I16, a, b),
              r = integer_op(Op::FloorMod, DType::I16, a, b);
      ASSERT_EQ(q * b + r, a);
      ASSERT_TRUE(r == 0 || (r < 0) == (b < 0)) << a << " % " << b;
      ASSERT_EQ(integer_op(Op::TruncDiv, DType::I16, a, b), a / b);
      ASSERT_EQ(integer_op(Op::TruncRem, DType::I16, a, b), a % b);
    }
  }
}

TEST(FoldTest, ShiftsBeyondTheWidthGiveZero) {
  EXPECT_EQ(integer_op(Op::Shl, DType::I32, 1, 31), INT32_MIN);
  EXPECT_EQ(integer_op(Op::Shl, DType::I32, 1, 32), 0);
  EXPECT_EQ(integer_op(Op::Shl, DType::U8, 255, 4), 240);
  EXPECT_EQ(integer_op(Op::Shr, DType::I32, -8, 1), -4);
  EXPECT_EQ(integer_op(Op::Shr, DType::I32, -8, 32), 0);
  EXPECT_EQ(integer_op(Op::Shr, DType::U32, 0x80000000, 31), 1);
  EXPECT_EQ(integer_op(Op::Shr, DType::U64, -1, 63), 1);
  EXPECT_EQ(integer_op(Op::Shl, DType::I64, 1, 64), 0);
  EXPECT_EQ(integer_op(Op::Shl, DType::I32, 1, -1), 0);
}

TEST(FoldTest, UnsignedComparisonsAreUnsigned) {
  EXPECT_EQ(integer_op(Op::Lt, DType::U64, 1, -1), 1);
  EXPECT_EQ(integer_op(Op::Lt, DType::I64, 1, -1), 0);
  EXPECT_EQ(integer_op(Op::Max, DType::U64, 1, -1), -1);
  EXPECT_EQ(integer_op(Op::Min, DType::I64, 1, -1), -1);
}

TEST(FoldTest, MinAndMaxPropagateNaN) {
  for (Op op : {Op::Min, Op::Max}) {
    EXPECT_TRUE(std::isnan(float_op(op, DType::F32, kNaN, 1)));
    EXPECT_TRUE(std::isnan(float_op(op, DType::F64, 1, kNaN)));
  }
  EXPECT_EQ(float_op(Op::Min, DType::F32, -kInfinity, 1), -kInfinity);
  EXPECT_EQ(float_op(Op::Max, DType::F32, 2, 1), 2);
}

TEST(FoldTest, ComparisonsAreOrderedButForNe) {
  for (Op op : {Op::Eq, Op::Lt, Op::Le}) EXPECT_FALSE(compare_op(op, kNaN, kNaN)) << text_of(op);
  EXPECT_TRUE(compare_op(Op::Ne, kNaN, kNaN));
  EXPECT_TRUE(compare_op(Op::Eq, 0.0, -0.0));
}

TEST(FoldTest, FloatsRoundOnceToTheirType) {
  EXPECT_EQ(float_op(Op::Add, DType::F32, 1, 0x1p-24), 1);
  EXPECT_EQ(float_op(Op::Add, DType::F64, 1, 0x1p-24), 1 + 0x1p-24);
  EXPECT_EQ(float_op(Op::Div, DType::F32, 1, 3), 1.0f / 3.0f);
  EXPECT_EQ(float_op(Op::Sqrt, DType::F32, 2), std::sqrt(2.0f));
  EXPECT_EQ(float_op(Op::Mul, DType::F32, 0x1p-100, 0x1p-49), 0x1p-149);  // subnormals are kept
  // One rounding: the product alone would round to 1.
  double x = 1 + 0x1p-23;
  EXPECT_EQ(float_op(Op::Fma, DType::F32, x, 1 - 0x1p-23, -1), -0x1p-46);
  EXPECT_EQ(float_op(Op::Sub, DType::F32, float_op(Op::Mul, DType::F32, x, 1 - 0x1p-23), 1), 0);
  EXPECT_EQ(float_op(Op::RoundEven, DType::F32, 2.5), 2);
  EXPECT_EQ(float_op(Op::RoundEven, DType::F32, -3.5), -4);
  EXPECT_EQ(float_op(Op::Trunc, DType::F32, -1.9), -1);
}

TEST(FoldTest, FloatToIntegerSaturates) {
  EXPECT_EQ(to_integer(DType::I8, DType::F32, 1000), 127);
  EXPECT_EQ(to_integer(DType::I8, DType::F32, -1000), -128);
  EXPECT_EQ(to_integer(DType::U8, DType::F32, -1), 0);
  EXPECT_EQ(to_integer(DType::U8, DType::F32, -0.5), 0);
  EXPECT_EQ(to_integer(DType::I32, DType::F32, 2147483648.0), INT32_MAX);
  EXPECT_EQ(to_integer(DType::I32, DType::F64, -2147483648.9), INT32_MIN);
  EXPECT_EQ(to_integer(DType::I64, DType::F64, 9.3e18), INT64_MAX);
  EXPECT_EQ(to_integer(DType::I64, DType::F64, -kInfinity), INT64_MIN);
  EXPECT_EQ(to_integer(DType::U64, DType::F64, 1.8e19),
            static_cast<int64_t>(18000000000000000000u));
  EXPECT_EQ(to_integer(DType::U64, DType::F64, kInfinity), -1);
  EXPECT_EQ(to_integer(DType::U32, DType::F32, 3e9), 3000000000);
  for (DType type : {DType::I8, DType::U8, DType::I32, DType::U64, DType::Index})
    EXPECT_EQ(to_integer(type, DType::F64, kNaN), 0);
  EXPECT_EQ(to_integer(DType::I32, DType::F32, -1.9), -1);
  EXPECT_EQ(to_integer(DType::Bool, DType::F32, kNaN), 1);
  EXPECT_EQ(to_integer(DType::Bool, DType::F32, -0.0), 0);
}

TEST(FoldTest, IntegerToFloatRoundsOnce) {
  EXPECT_EQ(to_float(DType::F32, DType::I32, 16777217), 16777216);
  EXPECT_EQ(to_float(DType::F32, DType::I64, (int64_t{1} << 54) + (int64_t{1} << 30) + 1),
            0x1p54 + 0x1p31);  // not through f64
  EXPECT_EQ(to_float(DType::F64, DType::U64, -1), 0x1p64);
  EXPECT_EQ(to_float(DType::F32, DType::U64, -1), 0x1p64);
  EXPECT_EQ(to_float(DType::F16, DType::I32, 65519), 65504);
  EXPECT_EQ(to_float(DType::F16, DType::I32, 65520), kInfinity);
  EXPECT_EQ(to_float(DType::BF16, DType::I32, 257), 256);
  EXPECT_EQ(to_float(DType::BF16, DType::I32, 259), 260);
  // 2^60 + 2^52 lies half way between two bf16: one more is above, and f64 cannot hold it.
  constexpr int64_t kHalf = (int64_t{1} << 60) + (int64_t{1} << 52);
  EXPECT_EQ(to_float(DType::BF16, DType::I64, kHalf), 0x1p60);
  EXPECT_EQ(to_float(DType::BF16, DType::I64, kHalf + 1), 0x1.02p60);
  EXPECT_EQ(to_float(DType::BF16, DType::I64, -kHalf - 1), -0x1.02p60);
  EXPECT_EQ(to_float(DType::BF16, DType::U64, kHalf + 1), 0x1.02p60);
  EXPECT_EQ(convert(DType::I8, DType::I32, {.i = 300}).i, 44);
  EXPECT_EQ(convert(DType::U32, DType::I32, {.i = -1}).i, 0xffffffff);
  EXPECT_EQ(convert(DType::F16, DType::F64, {.f = 1 + 0x1p-11 + 0x1p-40}).f,
            1 + 0x1p-10);  // not through f32
}

TEST(FoldTest, BitsAreReinterpreted) {
  EXPECT_EQ(reinterpret(DType::I32, DType::F32, {.f = -0.0}).i, INT32_MIN);
  EXPECT_EQ(reinterpret(DType::U32, DType::F32, {.f = 1}).i, 0x3f800000);
  EXPECT_EQ(reinterpret(DType::F32, DType::U32, {.i = 0x7f800000}).f, kInfinity);
  EXPECT_EQ(reinterpret(DType::F64, DType::I64, {.i = 0x3ff0000000000000}).f, 1);
  EXPECT_EQ(reinterpret(DType::U16, DType::F16, {.f = -2}).i, 0xc000);
  EXPECT_EQ(reinterpret(DType::F32, DType::BF16, {.f = 1}).f,
            load_element(DType::F32, std::array<uint8_t, 4>{0x80, 0x3f, 0, 0}.data(), 0).f);
  EXPECT_EQ(reinterpret(DType::I8, DType::U8, {.i = 200}).i, -56);
}

// Rounding a literal and storing it agree for every float type of at most 16 bits.
TEST(FoldTest, RoundingAgreesWithStoring) {
  for (DType type : {DType::F16, DType::BF16, DType::F8E4M3FN, DType::F8E4M3FNUZ, DType::F8E5M2,
                     DType::F8E5M2FNUZ, DType::F4E2M1}) {
    for (int exponent = -30; exponent < 40; ++exponent) {
      for (int step = -64; step <= 64; ++step) {
        double value = std::ldexp(1 + std::abs(step) / 64.0 + 0x1p-20 * (step % 3), exponent) *
                       (step < 0 ? -1 : 1);
        uint8_t bytes[2] = {};
        store_element(type, bytes, 0, {.f = value});
        ASSERT_EQ(round_to(type, value), load_element(type, bytes, 0).f)
            << name_of(type) << " of " << value;
      }
    }
  }
}

class FoldingPoolTest : public testing::Test {
 protected:
  std::string folded(const std::string& text) {
    Lexer lexer(text, "test");
    return to_string(parse_expr(lexer, pool_, [](const std::string& name) {
      return name == "b" ? DType::Bool : name == "d" ? DType::I32 : DType::F32;
    }));
  }
  ExprPool pool_;
};

TEST_F(FoldingPoolTest, FloatsKeepWhatNaNAndZerosNeed) {
  for (const char* kept : {"f[] + 0.0", "f[] * 0.0", "f[] - f[]", "0.0 - f[]", "f[] == f[]",
                           "f[] / f[]", "0.0 / f[]", "min(f[], f[])"})
    EXPECT_EQ(folded(kept), kept);
  EXPECT_EQ(folded("f[] * 1.0"), "f[]");
  EXPECT_EQ(folded("1.0 * f[]"), "f[]");
  EXPECT_EQ(folded("f[] / 1.0"), "f[]");
  EXPECT_EQ(folded("f[] - 0.0"), "f[]");
  EXPECT_EQ(folded("f[] - -0.0"), "f[] - -0.0");
  EXPECT_EQ(folded("--f[]"), "f[]");
}

TEST_F(FoldingPoolTest, IntegersAndBooleansUseTheirIdentities) {
  EXPECT_EQ(folded("d[] + 0i32"), "d[]");
  EXPECT_EQ(folded("d[] * 0i32"), "0i32");
  EXPECT_EQ(folded("d[] - d[]"), "0i32");
  EXPECT_EQ(folded("d[] // 1i32"), "d[]");
  EXPECT_EQ(folded("d[] % 1i32"), "0i32");
  EXPECT_EQ(folded("d[] // d[]"), "d[] // d[]");  // 0 where d is 0
  EXPECT_EQ(folded("b[] & true"), "b[]");
  EXPECT_EQ(folded("b[] & false"), "false");
  EXPECT_EQ(folded("b[] | b[]"), "b[]");
  EXPECT_EQ(folded("not(not(b[]))"), "b[]");
  EXPECT_EQ(folded("select(true, f[], 0.0)"), "f[]");
  EXPECT_EQ(folded("select(b[], f[], f[])"), "f[]");
}

TEST_F(FoldingPoolTest, LiteralsFoldButForMathematicalFunctions) {
  EXPECT_EQ(folded("2 * 3 + 1"), "7");
  EXPECT_EQ(folded("1.0 / 3.0"), "0.33333334");
  EXPECT_EQ(folded("i8(300i32)"), "44i8");
  EXPECT_EQ(folded("i32(nan)"), "0i32");
  EXPECT_EQ(folded("bits_i32(1.0)"), "1065353216i32");
  EXPECT_EQ(folded("bits_i32(nan)"), "bits_i32(nan)");
  EXPECT_EQ(folded("1.0 < nan"), "false");
  EXPECT_EQ(folded("sqrt(4.0)"), "2.0");
  EXPECT_EQ(folded("exp(0.0)"), "exp(0.0)");
}

}  // namespace
}  // namespace tenon
