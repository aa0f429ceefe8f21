// Values of options: what is understood, and what is refused.
#include "driver/options.h"

#include <gtest/gtest.h>

#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

TEST(Options, DimensionsAreASizeOrARange) {
  auto [name, size] = parse_dim("batch=4");
  EXPECT_EQ(name, "batch");
  EXPECT_EQ(size.least, 4);
  EXPECT_EQ(size.most, 4);
  auto [other, range] = parse_dim("a.b=1..512");
  EXPECT_EQ(other, "a.b");
  EXPECT_EQ(range.least, 1);
  EXPECT_EQ(range.most, 512);
}

TEST(Options, DimensionsAreBelowTwoToTheFortieth) {
  EXPECT_EQ(parse_dim("n=1..1099511627775").second.most, 1099511627775);
  for (const char* text : {"n=1..1099511627776", "n=99999999999999999999", "n=0", "n=-1", "n=3..2",
                           "n", "=1", "n=", "n=1..", "n=..2", "n=1...2", "n=1x", "n=0x10"})
    EXPECT_THROW(parse_dim(text), UserErrors) << text;
}

TEST(Options, ShapesAreExtents) {
  EXPECT_EQ(parse_shape("x=1,3,224").second, (std::vector<int64_t>{1, 3, 224}));
  EXPECT_EQ(parse_shape("x=0").second, std::vector<int64_t>{0});
  for (const char* text : {"x", "x=", "x=1,", "x=,1", "x=1,,2", "x=-1", "x=1 2", "=1"})
    EXPECT_THROW(parse_shape(text), UserErrors) << text;
}

TEST(Options, PairsEndAtTheFirstEqualsSign) {
  EXPECT_EQ(parse_pair("a=b=c", "--rename"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_EQ(parse_pair("a=", "--input").second, "");
  EXPECT_THROW(parse_pair("=b", "--rename"), UserErrors);
  EXPECT_THROW(parse_pair("ab", "--rename"), UserErrors);
}

TEST(Options, TargetsAreNamedOrPutTogether) {
  ModelOptions options;
  EXPECT_EQ(resolve_target(options, "x86-64-v2").name, "x86-64-v2");
  options.cpu = "znver4";
  EXPECT_EQ(resolve_target(options, "x86-64-v2").name, "znver4");
  options.target = "x86-64-v3";
  EXPECT_THROW(resolve_target(options, "x86-64-v2"), UserErrors);
}

}  // namespace
}  // namespace tenon::driver
