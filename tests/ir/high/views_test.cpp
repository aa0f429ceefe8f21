// Concatenations, cuts and reshapes that need no kernel: what main looks like, and that it computes
// the same.
//
//   %c = concat %a, %b {axis=0}   ->   a and b lie in c, and who computes them writes them there
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ir/high/lower_to_module.h"
#include "ir/high/text.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "ir/loop/verify.h"

namespace tenon::high {
namespace {

using testing::IsEmpty;

loop::Module module_of(const std::string& text) {
  Graph graph = parse_graph("model m {\n" + text + "}\n", "test");
  loop::Module module = lower_to_module(graph, lower_to_tensor(graph));
  EXPECT_THAT(loop::verify(module), IsEmpty());
  std::string all = loop::to_string(module);
  EXPECT_EQ(loop::to_string(loop::parse_module(all, "again")), all);
  return module;
}

std::string main_of(const std::string& graph) {
  std::string text = loop::to_string(module_of(graph));
  return text.substr(text.find("\nmain {") + 1);
}

// The outputs for inputs 1, 2, 3, ..., one list after the other, in an arena that is planned.
std::vector<std::vector<float>> run(const std::string& graph, const loop::SymbolValues& symbols) {
  loop::Module module = module_of(graph);
  loop::plan_memory(module);
  std::vector<std::vector<uint8_t>> inputs;
  float next = 1;
  for (const loop::Buffer& buffer : module.inputs) {
    std::vector<float> elements(static_cast<size_t>(
        loop::evaluate_index(loop::bytes_of(buffer, *module.pool), symbols) / 4));
    for (float& element : elements) element = next++;
    const auto* bytes = reinterpret_cast<const uint8_t*>(elements.data());
    inputs.emplace_back(bytes, bytes + 4 * elements.size());
  }
  loop::ModuleOutcome outcome = loop::run_module(module, {}, inputs, symbols);
  EXPECT_FALSE(outcome.outcome.fault) << outcome.outcome.fault->message;
  std::vector<std::vector<float>> results;
  for (const std::vector<uint8_t>& bytes : outcome.outputs) {
    results.emplace_back(bytes.size() / 4);
    std::memcpy(results.back().data(), bytes.data(), bytes.size());
  }
  return results;
}

constexpr const char* kConcat = R"(
    symbol n in 1..8
    input %x : f32[n, 2] "x"
    input %z : f32[3, 2] "z"
    %a = relu %x : f32[n, 2] loc("/a")
    %b = neg %z : f32[3, 2] loc("/b")
    %c = concat %a, %b {axis=0} : f32[n + 3, 2] loc("/c")
    %y = neg %c : f32[n + 3, 2] loc("/y")
    output %y "y"
  )";

TEST(Views, OperandsOfAConcatenationLieInIt) {
  EXPECT_EQ(main_of(kConcat), R"(main {
  buffer c: f32[n + 3, 2] in arena
  buffer a: f32[n, 2] over c in arena
  call @a(x, a) loc("/a")
  buffer b: f32[3, 2] over c at n*8 in arena
  call @b(z, b) loc("/b")
  call @y(c, y) loc("/y")
}
)");
  EXPECT_THAT(run(kConcat, {{"n", 1}}),
              testing::ElementsAre(testing::ElementsAre(-1, -2, 3, 4, 5, 6, 7, 8)));
  EXPECT_THAT(run(kConcat, {{"n", 2}}),
              testing::ElementsAre(testing::ElementsAre(-1, -2, -3, -4, 5, 6, 7, 8, 9, 10)));
}

TEST(Views, PartsOfRowsAreNoViews) {
  std::string main = main_of(R"(
    input %x : f32[3, 2] "x"
    %a = relu %x : f32[3, 2] loc("/a")
    %b = neg %x : f32[3, 2] loc("/b")
    %c = concat %a, %b {axis=1} : f32[3, 4] loc("/c")
    %y = neg %c : f32[3, 4] loc("/y")
    output %y "y"
  )");
  EXPECT_EQ(main.find("over"), std::string::npos) << main;
  EXPECT_NE(main.find("call @c(a, b, c)"), std::string::npos) << main;
}

// An input of the model and the second use of a value are copied, and only they.
constexpr const char* kMixed = R"(
    input %x : f32[2] "x"
    %a = neg %x : f32[2] loc("/a")
    %c = concat %x, %a, %a {axis=0} : f32[6] loc("/c")
    output %c "y"
  )";

TEST(Views, OperandsThatCannotMoveAreCopied) {
  EXPECT_EQ(main_of(kMixed), R"(main {
  buffer a: f32[2] over c at 8 in arena
  call @a(x, a) loc("/a")
  buffer x_part: f32[2] over c in arena
  call @copy(x, x_part)
  buffer a_part: f32[2] over c at 16 in arena
  call @copy(a, a_part)
}
)");
  EXPECT_THAT(run(kMixed, {}), testing::ElementsAre(testing::ElementsAre(1, 2, -1, -2, -1, -2)));
}

constexpr const char* kNested = R"(
    input %x : f32[2] "x"
    %a = neg %x : f32[2] loc("/a")
    %b = relu %x : f32[2] loc("/b")
    %c = concat %b, %a {axis=0} : f32[4] loc("/c")
    %d = reshape %c {shape=[1, 4]} : f32[1, 4] loc("/d")
    %e = neg %d : f32[1, 4] loc("/e")
    %f = concat %e, %d {axis=1} : f32[1, 8] loc("/f")
    output %f "y"
  )";

TEST(Views, ConcatenationsNest) {
  EXPECT_EQ(main_of(kNested), R"(main {
  buffer a: f32[2] over f at 24 in arena
  call @a(x, a) loc("/a")
  buffer b: f32[2] over f at 16 in arena
  call @b(x, b) loc("/b")
  buffer d: f32[1, 4] over f at 16 in arena
  buffer e: f32[1, 4] over f in arena
  call @e(d, e) loc("/e")
}
)");
  EXPECT_THAT(run(kNested, {}),
              testing::ElementsAre(testing::ElementsAre(-1, -2, 1, 2, 1, 2, -1, -2)));
}

constexpr const char* kSplit = R"(
    input %x : f32[5, 2] "x"
    %t = neg %x : f32[5, 2] loc("/t")
    %a, %b = split %t {axis=0, sizes=[2, 3]} : f32[2, 2], f32[3, 2] loc("/s")
    %c = slice %b {starts=[1], ends=[3], axes=[0]} : f32[2, 2] loc("/c")
    %y = add %a, %c : f32[2, 2] loc("/y")
    output %y "y"
  )";

TEST(Views, CutsLieInTheirOperand) {
  EXPECT_EQ(main_of(kSplit), R"(main {
  buffer t: f32[5, 2] in arena
  call @t(x, t) loc("/t")
  buffer a: f32[2, 2] over t in arena
  buffer c: f32[2, 2] over t at 24 in arena
  call @y(a, c, y) loc("/y")
}
)");
  EXPECT_THAT(run(kSplit, {}), testing::ElementsAre(testing::ElementsAre(-8, -10, -12, -14)));
}

TEST(Views, CutsOfInputsLieInThem) {
  EXPECT_THAT(main_of(R"(
    input %x : f32[4, 2] "x"
    %a = slice %x {starts=[1], ends=[2], axes=[0]} : f32[1, 2] loc("/a")
    %y = neg %a : f32[1, 2] loc("/y")
    output %y "y"
  )"),
              R"(main {
  buffer a: f32[1, 2] over x at 8 in arena
  call @y(a, y) loc("/y")
}
)");
}

TEST(Views, CutsThatAreOutputsAreCopies) {
  std::string main = main_of(R"(
    input %x : f32[4, 2] "x"
    %t = neg %x : f32[4, 2] loc("/t")
    %y = slice %t {starts=[1], ends=[2], axes=[0]} : f32[1, 2] loc("/y")
    output %y "y"
  )");
  EXPECT_NE(main.find("call @y(t, y)"), std::string::npos) << main;
}

}  // namespace
}  // namespace tenon::high
