// Large constants computed by machine code: the interpreter's bits.
#include "driver/setup_code.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ir/loop/constants.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"

namespace tenon::driver {
namespace {

// A module whose setup calls @fold on a constant; the function's text may use `x` and `y`.
loop::Module module_of(int64_t elements, const std::string& value) {
  std::string n = std::to_string(elements);
  std::string text = "module m\nconst x: f32[" + n + "] = initializer \"x\"\nconst y: f32[" + n +
                     "] = computed\n\nfunc @fold(const x: f32[" + n + "], out y: f32[" + n +
                     "]) {\n  for i in " + n + " {\n    y[i] = " + value +
                     "\n  }\n}\n\nsetup {\n  call @fold(x, y)\n}\n\nmain {\n}\n";
  loop::Module module = loop::parse_module(text, "fold");
  for (loop::Function& function : module.functions)
    function = loop::expand_math(function, *module.pool);
  return module;
}

std::vector<uint8_t> ramp(int64_t elements) {
  std::vector<uint8_t> bytes(static_cast<size_t>(elements) * sizeof(float));
  for (int64_t i = 0; i < elements; ++i) {
    float value = static_cast<float>(i - elements / 2) * 0.01f;
    std::memcpy(bytes.data() + static_cast<size_t>(i) * sizeof value, &value, sizeof value);
  }
  return bytes;
}

TEST(SetupCode, GivesTheInterpretersBits) {
  constexpr int64_t kElements = 5000;
  for (const char* value :
       {"x[4999 - i] * 2.5", "tanh(x[i]) + x[i] / 3.0", "exp(x[i]) - sin(x[i])"}) {
    loop::Module module = module_of(kElements, value);
    SetupCode code(module);
    ASSERT_EQ(code.compiled(), 1) << value;
    const loop::Function& function = module.functions[0];
    std::vector<std::vector<uint8_t>> found = {ramp(kElements),
                                               std::vector<uint8_t>(kElements * 4)};
    std::vector<std::vector<uint8_t>> expected = found;
    ASSERT_TRUE(code.run(function, found)) << value;
    loop::Outcome outcome = loop::Interpreter(function, {}).run({{expected[0]}, {expected[1]}});
    ASSERT_TRUE(outcome.ok());
    EXPECT_TRUE(found == expected) << value;
  }
}

TEST(SetupCode, LeavesSmallConstantsToTheInterpreter) {
  loop::Module module = module_of(SetupCode::kInterpreted, "x[i] + 1.0");
  SetupCode code(module);
  EXPECT_EQ(code.compiled(), 0);
  std::vector<std::vector<uint8_t>> memory(2, ramp(SetupCode::kInterpreted));
  EXPECT_FALSE(code.run(module.functions[0], memory));
}

}  // namespace
}  // namespace tenon::driver
