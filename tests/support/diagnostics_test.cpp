// How errors look: the text that the user reads.
#include "support/diagnostics.h"

#include <gtest/gtest.h>

#include "support/check.h"
#include "support/result.h"

namespace tenon {
namespace {

TEST(DiagnosticsTest, ShowsPlaceFactsAndRemedy) {
  Diagnostics diagnostics;
  diagnostics
      .error({"model.onnx", "node \"/head/Conv\" (Conv, opset 11)"},
             "the weight has 16 input channels in each group, the input gives 32")
      .note("input   \"/neck/Relu_output_0\" : f32[1, 32, 28, 28]")
      .note("weight  \"head.weight\"         : f32[64, 16, 3, 3]   group = 1")
      .help("with group = 2 these shapes agree; or give a weight of f32[64, 32, 3, 3]");
  EXPECT_EQ(to_string(diagnostics.all()[0]),
            "tenon: error: model.onnx: node \"/head/Conv\" (Conv, opset 11): the weight has 16 "
            "input channels in each "
            "group, the input gives 32\n"
            "  input   \"/neck/Relu_output_0\" : f32[1, 32, 28, 28]\n"
            "  weight  \"head.weight\"         : f32[64, 16, 3, 3]   group = 1\n"
            "  help: with group = 2 these shapes agree; or give a weight of f32[64, 32, 3, 3]\n");
}

TEST(DiagnosticsTest, PartsOfThePlaceMayBeMissing) {
  EXPECT_EQ(to_string(Diagnostic{Severity::Warning, {}, "slow", {}, ""}), "tenon: warning: slow\n");
  EXPECT_EQ(to_string(Diagnostic{Severity::Error, {"a.tenon", "", 3, 7}, "odd", {}, ""}),
            "tenon: error: a.tenon:3:7: odd\n");
  EXPECT_EQ(to_string(Diagnostic{Severity::Error, {"", "input \"x\""}, "odd", {}, ""}),
            "tenon: error: input \"x\": odd\n");
}

TEST(DiagnosticsTest, CheckpointThrowsAllErrorsTogether) {
  Diagnostics diagnostics;
  diagnostics.warning({}, "first");
  EXPECT_NO_THROW(diagnostics.checkpoint());
  diagnostics.error({}, "second");
  diagnostics.error({}, "third");
  EXPECT_EQ(diagnostics.error_count(), 2);
  try {
    diagnostics.checkpoint();
    FAIL();
  } catch (const UserErrors& errors) {
    EXPECT_EQ(errors.diagnostics().size(), 3u);
    EXPECT_STREQ(errors.what(),
                 "tenon: warning: first\ntenon: error: second\ntenon: error: third\n");
  }
}

TEST(DiagnosticsTest, NearestNameForgivesAThird) {
  std::vector<std::string> known = {"znver4", "cortex-a53", "cortex-a72", "batch", "seq"};
  EXPECT_EQ(nearest_name("cortex-a71", known), "cortex-a72");
  EXPECT_EQ(nearest_name("znver", known), "znver4");
  EXPECT_EQ(nearest_name("btach", known), "");  // two edits of five
  EXPECT_EQ(nearest_name("sek", known), "seq");
  EXPECT_EQ(nearest_name("anything", known), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(DiagnosticsTest, ChecksNamePlaceAndCondition) {
  try {
    TENON_CHECK(1 + 1 == 3, "arithmetic");
    FAIL();
  } catch (const InternalError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("diagnostics_test.cpp:")) << error.what();
    EXPECT_TRUE(std::string(error.what()).ends_with(": 1 + 1 == 3: arithmetic")) << error.what();
  }
}

TEST(DiagnosticsTest, AResultHoldsAValueOrAReason) {
  Result<int> good = 3, bad = Failure{"no loop of this name"};
  EXPECT_EQ(*good, 3);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.reason(), "no loop of this name");
  EXPECT_THROW(bad.value(), InternalError);
}

}  // namespace
}  // namespace tenon
