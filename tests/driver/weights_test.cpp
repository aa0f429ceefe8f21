// Places of weights, and how many may lie inside a library.
#include "driver/weights.h"

#include <gmock/gmock.h>

#include "ir/loop/text.h"

namespace tenon::driver {
namespace {

using testing::HasSubstr;

// Two constants, of which one is read, and a third between them that setup reads alone.
loop::Module module_with_weights(const std::string& extent) {
  return loop::parse_module(
      "module big\n"
      "const small: f32[3] = initializer \"s\"\n"
      "const unread: f32[1000] = initializer \"u\"\n"
      "const large: f32[" +
          extent +
          "] = initializer \"w\"\n"
          "output y: f32[4] \"y\"\n"
          "func @f(const small: f32[3], const large: f32[" +
          extent +
          "], out y: f32[4]) {\n}\n"
          "main {\n  call @f(small, large, y)\n}\n",
      "test");
}

std::string refusal(const loop::Module& module) {
  try {
    check_embedded_weights(plan_weights(module), "big.onnx");
  } catch (const UserErrors& errors) {
    return errors.what();
  }
  return "";
}

TEST(Weights, LieInTheOrderOfConstantsAtMultiplesOf64) {
  loop::Module module = module_with_weights("5");
  WeightsPlan plan = plan_weights(module);
  ASSERT_EQ(plan.places.size(), 2u);
  EXPECT_EQ(plan.places[0].constant->buffer.name, "small");
  EXPECT_EQ(plan.places[0].offset, 0);
  EXPECT_EQ(plan.places[1].constant->buffer.name, "large");
  EXPECT_EQ(plan.places[1].offset, 64);
  EXPECT_EQ(plan.bytes, 128);
  EXPECT_EQ(plan.layout_text, "small: f32[3] at 0\nlarge: f32[5] at 64\n");
}

TEST(Weights, InsideALibraryAreAtMostOneGibibyte) {
  int64_t most = (kMostEmbeddedBytes - 64) / 4;
  EXPECT_EQ(refusal(module_with_weights(std::to_string(most))), "");
  std::string text = refusal(module_with_weights(std::to_string(most + 1)));
  EXPECT_THAT(text, HasSubstr("big.onnx: the weights are 1.00 GiB (1073741888 bytes), and inside "
                              "a library they may be at most 1 GiB"));
  EXPECT_THAT(text, HasSubstr("help: compile with --weights=file"));
}

}  // namespace
}  // namespace tenon::driver
