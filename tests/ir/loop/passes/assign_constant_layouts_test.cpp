// Constants take the layouts in which kernels read them.
//
//   const w: f32[4] and a kernel that reads f32[4]<0/2, 0%2>   ->   const w: f32[4]<0/2, 0%2>
#include <gtest/gtest.h>

#include "ir/expr/element.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::loop {
namespace {

// Declarations of constants, and main, after the pass.
std::string assigned(const std::string& text) {
  Module module = parse_module(text, "test");
  assign_constant_layouts(module);
  EXPECT_EQ(verify(module), std::vector<std::string>{});
  std::string all = to_string(module), result = "\n";
  bool in_main = false;
  for (size_t at = 0; at < all.size();) {
    size_t end = all.find('\n', at);
    std::string line = all.substr(at, end - at);
    in_main = in_main || line == "main {";
    if (in_main || line.starts_with("const")) result += line + "\n";
    at = end + 1;
  }
  return result;
}

std::vector<uint8_t> floats(const std::vector<float>& values) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  return {bytes, bytes + 4 * values.size()};
}

constexpr const char* kKernels = R"(
func @packed(x: f32[3], const w: f32[3, 6]<1/3, 0, 1%3>, out y: f32[6]) {
  for n in 6 {
    y[n] = 0.0
    for k in 3 {
      y[n] = y[n] + x[k] * w[k, n]
    }
  }
}

func @plain(x: f32[3], const w: f32[3, 6], out y: f32[6]) {
  for n in 6 {
    y[n] = x[0] + w[2, n]
  }
}
)";

TEST(AssignConstantLayouts, AConstantIsPackedAsItsKernelReadsIt) {
  EXPECT_EQ(assigned(std::string(R"(const w: f32[3, 6] = initializer "w"
input x: f32[3]
output y: f32[6]
)") + kKernels + "main {\n  call @packed(x, w, y)\n}"),
            R"(
const w: f32[3, 6]<1/3, 0, 1%3> = initializer "w"
main {
  call @packed(x, w, y)
}
)");
}

TEST(AssignConstantLayouts, TwoLayoutsAreTwoConstants) {
  EXPECT_EQ(assigned(std::string(R"(const w: f32[3, 6] = initializer "w"
input x: f32[3]
output y: f32[6]
output z: f32[6]
output v: f32[6]
)") + kKernels +
                     "main {\n  call @packed(x, w, y)\n  call @plain(x, w, z)\n"
                     "  call @packed(x, w, v)\n}"),
            R"(
const w: f32[3, 6]<1/3, 0, 1%3> = initializer "w"
const w_2: f32[3, 6] = initializer "w"
main {
  call @packed(x, w, y)
  call @plain(x, w_2, z)
  call @packed(x, w, v)
}
)");
}

TEST(AssignConstantLayouts, UnreadConstantsGoUnlessSetupReadsThem) {
  EXPECT_EQ(assigned(std::string(R"(const unused: f32[3, 6] = initializer "unused"
const v: f32[3, 6] = initializer "v"
const w: f32[3, 6] = computed
input x: f32[3]
output y: f32[6]
)") + kKernels + R"(
func @double(const v: f32[3, 6], out w: f32[3, 6]) {
  for i in 3 {
    for j in 6 {
      w[i, j] = v[i, j] + v[i, j]
    }
  }
}

setup {
  call @double(v, w)
}

main {
  call @packed(x, w, y)
})"),
            R"(
const w: f32[3, 6]<1/3, 0, 1%3> = computed
const v: f32[3, 6] = initializer "v"
main {
  call @packed(x, w, y)
}
)");
}

// Two layouts of one computed constant.
std::string computed_twice() {
  return std::string(R"(const v: f32[3, 6] = initializer "v"
const w: f32[3, 6] = computed
input x: f32[3]
output y: f32[6]
output z: f32[6]
)") + kKernels +
         R"(
func @double(const v: f32[3, 6], out w: f32[3, 6]) {
  for i in 3 {
    for j in 6 {
      w[i, j] = v[i, j] + v[i, j]
    }
  }
}

setup {
  call @double(v, w)
}

main {
  call @packed(x, w, y)
  call @plain(x, w, z)
})";
}

TEST(AssignConstantLayouts, ASecondLayoutOfAComputedConstantIsACopy) {
  EXPECT_EQ(assigned(computed_twice()), R"(
const w: f32[3, 6]<1/3, 0, 1%3> = computed
const w_2: f32[3, 6] = copy of w
const v: f32[3, 6] = initializer "v"
main {
  call @packed(x, w, y)
  call @plain(x, w_2, z)
}
)");
}

TEST(AssignConstantLayouts, ACopyIsOfAComputedConstantBeforeIt) {
  Module module = parse_module(computed_twice(), "test");
  assign_constant_layouts(module);
  for (const char* original : {"v", "x", "w_2"}) {
    module.constants[1].copy_of = original;
    EXPECT_EQ(verify(module)[0], std::string("the constant w_2 is a copy of ") + original +
                                     ", which is no computed constant of its type and size "
                                     "before it");
  }
}

TEST(AssignConstantLayouts, CopiesHoldTheSameElements) {
  Module module = parse_module(computed_twice(), "test");
  assign_constant_layouts(module);
  module = parse_module(to_string(module), "test");
  std::vector<float> v(18), x = {1, 2, 5};
  for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i * i % 11);
  std::vector<float> y(6), z(6);
  for (size_t n = 0; n < 6; ++n) {
    y[n] = 2 * (1 * v[n] + 2 * v[6 + n] + 5 * v[12 + n]);
    z[n] = 1 + 2 * v[12 + n];
  }
  std::vector<std::vector<uint8_t>> inputs = {floats(x)};
  ModuleOutcome outcome =
      run_module(module, [&](const Constant&) { return floats(v); }, inputs, {});
  ASSERT_FALSE(outcome.outcome.fault) << outcome.outcome.fault->message;
  EXPECT_EQ(outcome.outputs, (std::vector<std::vector<uint8_t>>{floats(y), floats(z)}));
}

TEST(AssignConstantLayouts, KernelsReadTheSameElements) {
  // The two kernels agree with what the row-major elements say.
  Module module = parse_module(std::string(R"(const w: f32[3, 6] = initializer "w"
input x: f32[3]
output y: f32[6]
output z: f32[6]
)") + kKernels + "main {\n  call @packed(x, w, y)\n  call @plain(x, w, z)\n}",
                               "test");
  assign_constant_layouts(module);
  std::vector<float> w(18), y(6), z(6);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i * i % 11);
  for (size_t n = 0; n < 6; ++n) {
    y[n] = 1 * w[n] + 2 * w[6 + n] + 5 * w[12 + n];
    z[n] = 1 + w[12 + n];
  }
  std::vector<std::vector<uint8_t>> inputs = {floats({1, 2, 5})};
  ModuleOutcome outcome =
      run_module(module, [&](const Constant&) { return floats(w); }, inputs, {});
  ASSERT_FALSE(outcome.outcome.fault) << outcome.outcome.fault->message;
  EXPECT_EQ(outcome.outputs, (std::vector<std::vector<uint8_t>>{floats(y), floats(z)}));
}

}  // namespace
}  // namespace tenon::loop
