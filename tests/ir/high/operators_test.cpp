// Every operator against ONNX Runtime: the graphs of *_cases.txt, lowered to loops and run by the
// interpreter, give the outputs that the file holds. make_operator_cases.py writes
// operator_cases.txt; a file beside it may hold cases that are written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/high/lower_to_module.h"
#include "ir/high/op.h"
#include "ir/high/text.h"
#include "ir/high/verify.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/verify.h"
#include "ir/tensor/passes.h"
#include "ir/tensor/verify.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::high {
namespace {

using testing::IsEmpty;

// A few roundings of the type apart, relative to 1 or to the value; other types are equal.
bool agrees(DType type, Scalar found, Scalar expected) {
  if (!is_float(type)) return found.i == expected.i;
  if (std::isnan(expected.f) || std::isinf(expected.f))
    return std::isnan(expected.f) ? std::isnan(found.f) : found.f == expected.f;
  double unit = type == DType::F16 ? 1e-3 : type == DType::F64 ? 1e-7 : 2e-6;
  return std::fabs(found.f - expected.f) <= 2 * unit * std::max(1.0, std::fabs(expected.f));
}

std::string difference(DType type, const std::vector<uint8_t>& found,
                       const std::vector<std::string>& words) {
  std::vector<uint8_t> expected = bytes_of_words(type, words);
  if (found.size() != expected.size())
    return "the sizes are " + std::to_string(found.size()) + " and " +
           std::to_string(expected.size());
  for (size_t i = 0; i < words.size(); ++i) {
    int64_t at = static_cast<int64_t>(i);
    Scalar x = load_element(type, found.data(), at);
    if (agrees(type, x, load_element(type, expected.data(), at))) continue;
    std::string text = is_float(type) ? std::to_string(x.f) : std::to_string(x.i);
    return "element " + std::to_string(i) + " is " + text + ", expected is " + words[i];
  }
  return "";
}

// Runs a program of the graph and compares the outputs; "" when all agree.
std::string run(const Graph& graph, const tensor::Program& program, const Case& c) {
  EXPECT_THAT(tensor::verify(program, {.require_proofs = true}), IsEmpty());
  loop::Module module = lower_to_module(graph, program);
  EXPECT_THAT(loop::verify(module), IsEmpty());
  std::vector<std::vector<uint8_t>> inputs;
  for (size_t i = 0; i < module.inputs.size(); ++i)
    inputs.push_back(bytes_of_words(module.inputs[i].type, c.inputs.at(i)));
  auto no_file = [](const loop::Constant&) { return std::vector<uint8_t>(); };
  loop::ModuleOutcome outcome = loop::run_module(module, no_file, inputs, c.symbols);
  if (outcome.outcome.fault) return outcome.outcome.fault->message;
  if (outcome.outcome.failed_require) return "a requirement does not hold";
  for (size_t i = 0; i < module.outputs.size(); ++i) {
    std::string text = difference(module.outputs[i].type, outcome.outputs.at(i), c.outputs.at(i));
    if (!text.empty()) return "output " + std::to_string(i) + ": " + text;
  }
  return "";
}

TEST(Operators, AgreeWithTheReference) {
  std::vector<Case> cases = read_cases();
  ASSERT_GT(cases.size(), 250u);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    try {
      Graph graph = parse_graph(c.graph, c.name);
      EXPECT_THAT(verify(graph), IsEmpty());
      tensor::Program program = lower_to_tensor(graph);
      std::string text = tensor::to_string(program);
      EXPECT_EQ(tensor::to_string(tensor::parse_program(text, c.name)), text);
      EXPECT_EQ(run(graph, program, c), "") << text;
      for (tensor::Function& function : program.functions)
        function = tensor::inline_elementwise(function, *program.pool);
      EXPECT_EQ(run(graph, program, c), "") << "after inline_elementwise\n"
                                            << tensor::to_string(program);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Operators, EachHasACase) {
  std::set<std::string> covered;
  for (const Case& c : read_cases())
    for (const Node& node : parse_graph(c.graph, c.name).nodes)
      covered.insert(std::string(node.op->name));
  for (const Operator* op : operator_table())
    EXPECT_TRUE(covered.count(std::string(op->name))) << op->name;
}

}  // namespace
}  // namespace tenon::high
