// The tables of operations follow the features of the targets.
//
//   x86-64-v2: no fma, no f16 <-> f32;   x86-64-v3: both;   bf16: on none
#include <gtest/gtest.h>

#include <sstream>

#include "target/operations.h"

namespace tenon::target {
namespace {

bool has(const OperationTable& table, const std::string& operation, DType type) {
  for (const OperationRow& row : table.operations) {
    std::istringstream words{std::string(row.operations)};
    for (std::string word; words >> word;)
      if (word == operation && row.types.has(type)) return true;
  }
  return false;
}

bool converts(const OperationTable& table, DType to, DType from) {
  for (const ConversionRow& row : table.conversions)
    if (row.to.has(to) && row.from.has(from)) return true;
  return false;
}

TEST(Operations, FollowTheFeatures) {
  for (const Target& target : all_targets()) {
    SCOPED_TRACE(target.name);
    OperationTable table = operations_of(target);
    for (DType type : {DType::F32, DType::F64}) {
      EXPECT_EQ(has(table, "fma", type), target.has_fma());
      EXPECT_EQ(has(table, "floor", type), target.architecture != Architecture::armv7);
      EXPECT_FALSE(has(table, "fmod", type));
    }
    EXPECT_EQ(converts(table, DType::F16, DType::F32), target.has_f16c());
    EXPECT_EQ(converts(table, DType::F32, DType::F16), target.has_f16c());
    EXPECT_FALSE(converts(table, DType::F16, DType::F64));
    EXPECT_FALSE(converts(table, DType::BF16, DType::F32));
    EXPECT_EQ(converts(table, DType::F32, DType::U64), target.index_bits == 64);
    for (DType stored : {DType::F16, DType::BF16}) {
      EXPECT_TRUE(has(table, "select", stored));
      EXPECT_FALSE(has(table, "+", stored));
    }
  }
}

// Facts of a row of another architecture: the tables depend on nothing else.
Target of_architecture(Architecture architecture, FeatureSet features) {
  Target target{};
  target.architecture = architecture;
  target.features = features;
  return target;
}

TEST(Operations, OfAArch64AreAllInLine) {
  OperationTable table = operations_of(of_architecture(Architecture::aarch64, {}));
  for (const char* operation : {"fma", "floor", "ceil", "round_even", "trunc", "sqrt", "/"})
    EXPECT_TRUE(has(table, operation, DType::F64)) << operation;
  EXPECT_TRUE(has(table, "div_trunc", DType::I64));
  EXPECT_TRUE(converts(table, DType::U64, DType::F32));
  EXPECT_TRUE(converts(table, DType::F16, DType::F32));
  EXPECT_FALSE(converts(table, DType::BF16, DType::F32));
}

TEST(Operations, OfARMv7LackDivisionAndRounding) {
  OperationTable table =
      operations_of(of_architecture(Architecture::armv7, {CpuFeature::neon, CpuFeature::vfp4}));
  EXPECT_TRUE(has(table, "fma", DType::F32));
  EXPECT_TRUE(has(table, "/", DType::F64));
  EXPECT_FALSE(has(table, "floor", DType::F32));
  for (DType type : {DType::I8, DType::U32, DType::I64})
    EXPECT_FALSE(has(table, "//", type)) << name_of(type);
  EXPECT_TRUE(converts(table, DType::U32, DType::F64));
  EXPECT_FALSE(converts(table, DType::F32, DType::I64));
  EXPECT_FALSE(converts(table, DType::U64, DType::F64));
  EXPECT_TRUE(converts(table, DType::I8, DType::U64));
}

TEST(Operations, OfAProcessorWithoutOneFeature) {
  Target target = custom_target("", "x86-64-v3", "-f16c").value();
  OperationTable table = operations_of(target);
  EXPECT_FALSE(converts(table, DType::F32, DType::F16));
  EXPECT_TRUE(has(table, "fma", DType::F32));
}

}  // namespace
}  // namespace tenon::target
