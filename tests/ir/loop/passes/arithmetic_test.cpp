// The passes that change only arithmetic: form_fma, legalize, expand_math.
//
//   acc[i] = acc[i] + x[k] * w[k, i]   ->   acc[i] = fma(x[k], w[k, i], acc[i])   and back
#include <cmath>
#include <cstring>

#include "tests/ir/loop/passes/check_pass.h"

namespace tenon::loop {
namespace {

constexpr const char* kDot = R"(func @f(x: f32[n], w: f32[n], out y: f32[3]) {
  y[0] = 0.0
  for k in n {
    y[0] = y[0] + x[k] * w[k]
  }
  y[1] = 0.0
  for k in n {
    y[1] = w[k] * x[k] + y[1]
  }
  y[2] = y[1] + x[0] * w[0]
}
)";

TEST(FormFma, SumsOfProductsAreFused) {
  ExprPool pool;
  Function before = parse_function(kDot, "test", pool);
  Function after = form_fma(before, pool);
  expect_same(before, after);
  // What is no sum in place keeps the rounding of its product.
  EXPECT_EQ(text_after(after), R"(
func @f(x: f32[n], w: f32[n], out y: f32[3]) {
  y[0] = 0.0
  for k in n {
    y[0] = fma(x[k], w[k], y[0])
  }
  y[1] = 0.0
  for k in n {
    y[1] = fma(w[k], x[k], y[1])
  }
  y[2] = y[1] + x[0] * w[0]
}
)");
}

TEST(FormFma, OtherTypesAndBuffersStay) {
  const std::string text = R"(func @f(x: f32[n], i: i32[n], out y: f32[1], out z: i32[1]) {
  y[0] = x[0]
  z[0] = 0i32
  for k in n {
    z[0] = z[0] + i[k] * i[k]
  }
  y[0] = x[0] + x[0] * x[0]
}
)";
  ExprPool pool;
  Function before = parse_function(text, "test", pool);
  EXPECT_EQ(text_after(form_fma(before, pool)), "\n" + text);
}

TEST(Legalize, TargetsWithoutFmaRoundTwice) {
  ExprPool pool;
  Function before = parse_function(kDot, "test", pool);
  Function fused = form_fma(before, pool);
  EXPECT_EQ(to_string(legalize(fused, LegalOperations())), to_string(fused));
  Function after = legalize(fused, LegalOperations(OperationTable{}));
  EXPECT_EQ(text_after(after).find("fma"), std::string::npos);
  EXPECT_NE(text_after(after).find("y[0] = x[k] * w[k] + y[0]"), std::string::npos)
      << text_after(after);
  expect_same(before, after);
}

TEST(ExpandMath, NoFunctionIsLeft) {
  for (const char* name : {"exp", "log", "tanh", "erf", "sigmoid", "sin", "cos"}) {
    ExprPool pool;
    std::string text =
        std::string("func @f(x: f32[n], out y: f32[n]) {\n  for i in n {\n    y[i] = ") + name +
        "(x[i])\n  }\n}\n";
    Function before = parse_function(text, "test", pool);
    Function after = expand_math(before, pool);
    for_each_expr(after.body, [&](Expr e) {
      for_each_node(e, [&](Expr node) {
        const Apply* apply = node.as<Apply>();
        EXPECT_FALSE(apply && is_math_function(apply->op)) << name;
      });
    });
    EXPECT_EQ(verify(after, test_ranges(pool)), std::vector<std::string>{});
    // Near the function itself; ir/expr's tests measure how near.
    SymbolValues nine{{"n", 9}};
    Inputs inputs = random_inputs(before, nine, 1, 3);
    RunResult expected = run_function(before, nine, inputs),
              found = run_function(after, nine, inputs);
    ASSERT_EQ(expected.fault + found.fault, "");
    for (size_t i = 0; i < 9; ++i) {
      float a = 0, b = 0;
      std::memcpy(&a, &expected.outputs.at("y")[4 * i], 4);
      std::memcpy(&b, &found.outputs.at("y")[4 * i], 4);
      if (std::isfinite(a))
        EXPECT_NEAR(a, b, 1e-6 * std::max(1.0f, std::fabs(a))) << name;
      else
        EXPECT_EQ(std::isnan(a), std::isnan(b)) << name;
    }
  }
}

}  // namespace
}  // namespace tenon::loop
