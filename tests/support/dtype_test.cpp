// Element types: names, numbers, sizes, and rounding against values known from the formats'
// definitions.
#include "support/dtype.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenon {
namespace {

const DType kAll[] = {
#define X(name, text, bits, onnx) DType::name,
    TENON_DTYPES(X)
#undef X
};

TEST(DTypeTest, NamesAndNumbersReadBack) {
  for (DType type : kAll) {
    EXPECT_EQ(dtype_named(name_of(type)), type);
    if (type != DType::Index) {
      EXPECT_EQ(dtype_from_onnx(onnx_number(type)), type);
    }
  }
  EXPECT_EQ(onnx_number(DType::F32), 1);
  EXPECT_EQ(onnx_number(DType::BF16), 16);
  EXPECT_EQ(dtype_from_onnx(0), std::nullopt);
  EXPECT_EQ(dtype_from_onnx(14), std::nullopt);  // COMPLEX64
  EXPECT_EQ(dtype_named("float"), std::nullopt);
}

TEST(DTypeTest, SizesPackSubBytes) {
  EXPECT_EQ(bytes_of(DType::F32, 3), 12);
  EXPECT_EQ(bytes_of(DType::Bool, 3), 3);
  EXPECT_EQ(bytes_of(DType::I4, 3), 2);
  EXPECT_EQ(bytes_of(DType::U2, 5), 2);
  EXPECT_EQ(bytes_of(DType::I2, 4), 1);
  EXPECT_EQ(bytes_of(DType::F4E2M1, 0), 0);
}

TEST(DTypeTest, Classes) {
  EXPECT_TRUE(is_float(DType::F8E5M2));
  EXPECT_FALSE(is_float(DType::I32));
  EXPECT_TRUE(is_integer(DType::U4));
  EXPECT_FALSE(is_integer(DType::Bool));
  EXPECT_FALSE(is_integer(DType::Index));
  EXPECT_TRUE(is_signed(DType::Index));
  EXPECT_FALSE(is_signed(DType::U64));
  EXPECT_TRUE(is_arithmetic(DType::Bool));
  EXPECT_FALSE(is_arithmetic(DType::F16));
  EXPECT_FALSE(is_arithmetic(DType::I4));
}

TEST(DTypeTest, RoundsToHalf) {
  EXPECT_EQ(round_to(DType::F16, 1 + 0x1p-11), 1);               // a tie goes to even
  EXPECT_EQ(round_to(DType::F16, 1 + 3 * 0x1p-11), 1 + 0x1p-9);  // the other way
  EXPECT_EQ(round_to(DType::F16, 1 + 0x1p-11 + 0x1p-30), 1 + 0x1p-10);
  EXPECT_EQ(round_to(DType::F16, 65519.999), 65504);
  EXPECT_EQ(round_to(DType::F16, 65520), INFINITY);
  EXPECT_EQ(round_to(DType::F16, -1e10), -INFINITY);
  EXPECT_EQ(round_to(DType::F16, 0x1p-24), 0x1p-24);  // the least subnormal
  EXPECT_EQ(round_to(DType::F16, 0x1p-25), 0);
  EXPECT_EQ(round_to(DType::F16, 0x1.8p-25), 0x1p-24);
  EXPECT_TRUE(std::signbit(round_to(DType::F16, -0x1p-26)));
  EXPECT_TRUE(std::isnan(round_to(DType::F16, NAN)));
}

TEST(DTypeTest, RoundsToBrainFloat) {
  EXPECT_EQ(round_to(DType::BF16, 1 + 0x1p-8), 1);
  EXPECT_EQ(round_to(DType::BF16, 1 + 3 * 0x1p-8), 1 + 0x1p-6);
  EXPECT_EQ(round_to(DType::BF16, 3.14159265), 3.140625);
  EXPECT_EQ(round_to(DType::BF16, 3.4e38), INFINITY);
  EXPECT_EQ(round_to(DType::BF16, 0x1p-133), 0x1p-133);
  EXPECT_EQ(round_to(DType::BF16, 0x1p-134), 0);
}

TEST(DTypeTest, SmallFloatsSaturate) {
  EXPECT_EQ(round_to(DType::F8E4M3FN, 1e9), 448);
  EXPECT_EQ(round_to(DType::F8E4M3FN, 17), 16);
  EXPECT_EQ(round_to(DType::F8E4M3FN, 0x1p-10), 0);
  EXPECT_EQ(round_to(DType::F8E4M3FN, 0x1.8p-10), 0x1p-9);
  EXPECT_EQ(round_to(DType::F8E4M3FNUZ, -INFINITY), -240);
  EXPECT_FALSE(std::signbit(round_to(DType::F8E4M3FNUZ, -0.0)));
  EXPECT_EQ(round_to(DType::F8E5M2, 70000), 57344);
  EXPECT_EQ(round_to(DType::F8E5M2FNUZ, 0x1p-17), 0x1p-17);
  EXPECT_EQ(round_to(DType::F4E2M1, 2.5), 2);
  EXPECT_EQ(round_to(DType::F4E2M1, 5.1), 6);
  EXPECT_EQ(round_to(DType::F4E2M1, -7), -6);
  EXPECT_EQ(round_to(DType::F4E2M1, 0.25), 0);
  EXPECT_EQ(round_to(DType::F4E2M1, 0.3), 0.5);
}

TEST(DTypeTest, OtherTypesStay) {
  EXPECT_EQ(round_to(DType::F64, 0.1), 0.1);
  EXPECT_EQ(round_to(DType::F32, 0.1), 0.1f);
  EXPECT_EQ(round_to(DType::I8, 300.5), 300.5);
}

}  // namespace
}  // namespace tenon
