// What code generators read of main: which functions it calls and under which names, where its
// buffers lie, and which sizes have numbers.
#include "codegen/program/main_program.h"

#include <gtest/gtest.h>

#include "codegen/program/size_table.h"
#include "ir/expr/text.h"
#include "ir/loop/text.h"

namespace tenon::codegen {
namespace {

const std::string kHead = R"(symbol n in 1..8
input x: f32[n, 4]
output y: f32[n, 4]

)";

std::string copy(const std::string& name) {
  return "func @" + name + R"((a: f32[n, 4], out b: f32[n, 4]) {
  for i in n {
    for j in 4 {
      b[i, j] = a[i, j]
    }
  }
}

)";
}

std::vector<std::string> words_of(const std::vector<std::string>& functions) {
  std::string text = kHead, calls;
  for (const std::string& name : functions) {
    text += copy(name);
    calls += "  call @" + name + "(x, y)\n";
  }
  loop::Module module = loop::parse_module(text + "main {\n" + calls + "}\n", "test");
  MainProgram program = read_main(module).value();
  std::vector<std::string> words;
  for (const ProgramKernel& kernel : program.kernels) words.push_back(kernel.word);
  return words;
}

TEST(MainProgram, KernelsHaveWordsOfTheirOwn) {
  EXPECT_EQ(words_of({"conv.1", "conv_1", "conv"}),
            (std::vector<std::string>{"conv_1", "conv_1_2", "conv"}));
}

TEST(MainProgram, NoKernelTakesANameOfTheRuntime) {
  EXPECT_EQ(words_of({"run", "open", "rt_pool", "model_sizes", "runs"}),
            (std::vector<std::string>{"kernel_run", "kernel_open", "kernel_rt_pool",
                                      "kernel_model_sizes", "runs"}));
}

TEST(MainProgram, FunctionsThatNobodyCallsAreNoKernels) {
  loop::Module module = loop::parse_module(
      kHead + copy("unused") + copy("used") + "main {\n  call @used(x, y)\n  call @used(x, y)\n}\n",
      "test");
  MainProgram program = read_main(module).value();
  ASSERT_EQ(program.kernels.size(), 1u);
  EXPECT_EQ(program.kernels[0].function->name, "used");
  ASSERT_EQ(program.calls.size(), 2u);
  EXPECT_EQ(program.calls[1].kernel, 0u);
  EXPECT_EQ(program.members, (std::map<std::string, size_t>{{"x", 0}, {"y", 1}}));
}

TEST(MainProgram, RefusesLoopsInMain) {
  loop::Module module = loop::parse_module(
      kHead + copy("used") + "main {\n  for i in 2 {\n    call @used(x, y)\n  }\n}\n", "test");
  Result<MainProgram> program = read_main(module);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.reason(), "main holds a loop or a condition");
}

TEST(SizeTable, NumbersWhatIsNoLiteralOnce) {
  ExprPool pool;
  Expr n = pool.var("n");
  SizeTable sizes(3);
  sizes.add(pool.index(64));
  sizes.add(n * 8);
  sizes.add(n * 512);
  sizes.add(n * 8);
  EXPECT_EQ(sizes.computed().size(), 2u);
  EXPECT_EQ(sizes.number(n * 8), 3u);
  EXPECT_EQ(sizes.number(n * 512), 4u);
  EXPECT_EQ(sizes.count(), 5u);
  EXPECT_EQ(SizeTable().count(), 1u);
}

TEST(SizeTable, BoundsASizeByItsDimensions) {
  ExprPool pool;
  Ranges ranges;
  ranges.set("n", pool.index(1), pool.index(8));
  EXPECT_EQ(upper_bound(pool.var("n") * 512, ranges), 4096u);
  EXPECT_EQ(upper_bound({}, ranges), 0u);
}

}  // namespace
}  // namespace tenon::codegen
