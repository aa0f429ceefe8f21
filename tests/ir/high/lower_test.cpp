// From graphs to tensor functions and to modules: what the programs look like.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/high/lower_to_module.h"
#include "ir/high/text.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::high {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string functions_of(const std::string& graph) {
  return tensor::to_string(lower_to_tensor(parse_graph("model m {\n" + graph + "}\n", "test")));
}

loop::Module module_of(const std::string& text) {
  Graph graph = parse_graph("model m {\n" + text + "}\n", "test");
  loop::Module module = lower_to_module(graph, lower_to_tensor(graph));
  EXPECT_THAT(loop::verify(module), IsEmpty());
  return module;
}

// The lines of `main`, and of `setup` when there is one.
std::string main_of(const std::string& graph) {
  std::string text = loop::to_string(module_of(graph));
  size_t setup = text.find("\nsetup {"), main = text.find("\nmain {");
  return text.substr(std::min(setup, main) + 1);
}

TEST(LowerToTensor, AGroupIsOneFunction) {
  EXPECT_EQ(functions_of(R"(
    symbol batch in 1..8
    input %x : f32[batch, 768] "x"
    const %w : f32[768, 3072] = initializer "w"
    const %b : f32[3072] = initializer "b"
    group @fc1_relu {
      %fc1 = gemm %x, %w, %b : f32[batch, 3072] loc("/fc1/Gemm")
      %y = relu %fc1 : f32[batch, 3072] loc("/act/Relu")
    }
    output %y "y"
  )"),
            R"(symbol batch in 1..8

func @fc1_relu(x: f32[batch, 768], const w: f32[768, 3072], const b: f32[3072]) -> (y: f32[batch, 3072]) anchor(acc: gemm) loc("/fc1/Gemm", "/act/Relu") {
  acc[m:batch, n:3072] = sum[k:768](x[m, k] * w[k, n]) loc("/fc1/Gemm")
  fc1[m:batch, n:3072] = acc[m, n] + b[n] loc("/fc1/Gemm")
  y[i0:batch, i1:3072] = max(fc1[i0, i1], 0.0) loc("/act/Relu")
}
)");
}

TEST(LowerToTensor, AxesAvoidTheNamesOfSymbols) {
  EXPECT_THAT(functions_of(R"(
    symbol n in 1..8
    input %x : f32[n, 4] "x"
    input %w : f32[4, 3] "w"
    %y = matmul %x, %w : f32[n, 3]
    output %y "y"
  )"),
              HasSubstr("y[m:n, n_:3] = sum[k:4](x[m, k] * w[k, n_])"));
}

TEST(LowerToTensor, BordersOfWindowsAreConditionsWhereTheyMatter) {
  std::string text = functions_of(R"(
    input %x : f32[1, 3, 8, 8] "x"
    input %w : f32[4, 3, 3, 3] "w"
    %y = conv %x, %w {pads=[1, 0, 0, 0]} : f32[1, 4, 7, 6]
    output %y "y"
  )");
  EXPECT_THAT(
      text,
      HasSubstr(
          "sum[c:3, r:3, s:3 where 0 <= h + r - 1](x[n, c, h + r - 1, w + s] * w[o, c, r, s])"));
}

TEST(LowerToTensor, WhatNobodyReadsIsNotComputed) {
  EXPECT_THAT(functions_of(R"(
    input %x : f32[4] "x"
    %a = exp %x : f32[4]
    %b = log %a : f32[4]
    %y = relu %x : f32[4]
    output %y "y"
  )"),
              Not(HasSubstr("exp")));
}

TEST(LowerToModule, EqualFunctionsShareOneKernel) {
  loop::Module module = module_of(R"(
    input %x : f32[4, 8] "x"
    const %v : f32[8, 8] = initializer "v"
    const %w : f32[8, 8] = initializer "w"
    %a = matmul %x, %v : f32[4, 8] loc("/a")
    %b = matmul %a, %w : f32[4, 8] loc("/b")
    %y = relu %b : f32[4, 8] loc("/c")
    output %y "y"
  )");
  ASSERT_EQ(module.functions.size(), 2u);
  EXPECT_EQ(module.functions[0].name, "a");
  EXPECT_EQ(module.functions[0].location, (Location{"/a", "/b"}));
  EXPECT_THAT(loop::to_string(module), HasSubstr("call @a(x, v, a) loc(\"/a\")"));
  EXPECT_THAT(loop::to_string(module), HasSubstr("call @a(a, w, b) loc(\"/b\")"));
}

TEST(LowerToModule, KernelsOfOtherShapesOrLiteralsAreOthers) {
  EXPECT_EQ(module_of(R"(
    input %x : f32[4] "x"
    input %z : f32[5] "z"
    %a = leaky_relu %x {alpha=0.5} : f32[4]
    %b = leaky_relu %x {alpha=0.25} : f32[4]
    %c = leaky_relu %z {alpha=0.5} : f32[5]
    output %a "a"
    output %b "b"
    output %c "c"
  )")
                .functions.size(),
            3u);
}

TEST(LowerToModule, FunctionsOfConstantsRunWhileCompiling) {
  EXPECT_EQ(main_of(R"(
    input %x : f32[4, 8] "x"
    const %w : f32[8, 8] = initializer "w"
    %t = transpose %w {perm=[1, 0]} : f32[8, 8] loc("/t")
    %y = matmul %x, %t : f32[4, 8] loc("/y")
    output %y "y"
  )"),
            R"(setup {
  call @t(w, t) loc("/t")
}

main {
  call @y(x, t, y) loc("/y")
}
)");
}

TEST(LowerToModule, AReshapeLiesOverItsOperand) {
  EXPECT_EQ(main_of(R"(
    input %x : f32[4, 8] "x"
    %a = relu %x : f32[4, 8] loc("/a")
    %b = reshape %a {shape=[2, 16]} : f32[2, 16] loc("/b")
    %y = exp %b : f32[2, 16] loc("/y")
    output %y "y"
  )"),
            R"(main {
  buffer a: f32[4, 8] in arena
  call @a(x, a) loc("/a")
  buffer b: f32[2, 16] over a in arena
  call @y(b, y) loc("/y")
}
)");
}

TEST(LowerToModule, WhatAnOutputReshapesLiesInTheOutput) {
  EXPECT_EQ(main_of(R"(
    input %x : f32[4, 8] "x"
    %a = relu %x : f32[4, 8] loc("/a")
    %y = reshape %a {shape=[2, 16]} : f32[2, 16] loc("/b")
    output %y "y"
  )"),
            R"(main {
  buffer a: f32[4, 8] over y in arena
  call @a(x, a) loc("/a")
}
)");
}

TEST(LowerToModule, OutputsThatAreFixedElsewhereAreCopies) {
  std::string text = main_of(R"(
    input %x : f32[4] "x"
    const %c : f32[2] = [1.0, 2.0]
    %y = relu %x : f32[4] loc("/y")
    %r = reshape %x {shape=[2, 2]} : f32[2, 2] loc("/r")
    output %x "same"
    output %c "constant"
    output %y "y"
    output %y "again"
    output %r "reshaped"
  )");
  EXPECT_EQ(text, R"(main {
  call @y(x, y) loc("/y")
  call @r(x, r) loc("/r")
  call @copy(x, x_copy)
  call @copy_1(c, c_copy)
  call @copy(y, y_copy)
}
)");
}

TEST(LowerToModule, NamesOfTheModelStay) {
  loop::Module module = module_of(R"(
    model_file "m.onnx" sha256 "00"
    symbol batch in 1..8
    symbol seq in 1..9
    check batch == seq
    input %x : f32[batch] "x:0"
    %y = relu %x : f32[batch]
    output %y "y:0"
  )");
  EXPECT_EQ(module.onnx_names.at("x"), "x:0");
  EXPECT_EQ(module.onnx_names.at("y"), "y:0");
  EXPECT_EQ(module.model_file, "m.onnx");
  EXPECT_EQ(module.symbols.size(), 2u);
  EXPECT_EQ(module.checks.size(), 1u);
}

}  // namespace
}  // namespace tenon::high
