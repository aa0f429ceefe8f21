// Every operator scheduled and compiled: the graphs of tests/ir/high/*_cases.txt go through the
// whole pipeline for a target; the object code that `compile` writes gives the bits that the
// interpreter gives for the same scheduled module.
//
//   case softmax_last, x86-64-v3   ->   0.090030573 in both, to the last bit
#include <gtest/gtest.h>

#include <algorithm>

#include "driver/build.h"
#include "driver/commands/commands.h"
#include "driver/runner.h"
#include "ir/high/text.h"
#include "tests/driver/same_bits.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::driver {
namespace {

// What differs between the interpreter and the machine code, or "".
std::string run(const high::Case& c, const target::Target& target) {
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  Diagnostics diagnostics;
  auto silent = [](const std::string&) {};
  BuildRequest request;
  request.name = "model";
  BuiltModel built = build_model(lower_graph(std::move(imported), {}, target, silent), target,
                                 request, diagnostics, silent);
  const loop::Module& module = built.module();

  std::vector<Bytes> inputs;
  std::map<std::string, Array> arrays;
  for (const loop::Buffer& input : module.inputs) {
    inputs.push_back(high::bytes_of_words(input.type, c.inputs.at(inputs.size())));
    arrays[module.onnx_names.at(input.name)] = {numpy_type(input.type), shape_at(input, c.symbols),
                                                inputs.back()};
  }
  auto no_file = [](const loop::Constant&) { return Bytes(); };
  loop::ModuleOutcome outcome = loop::run_module(module, no_file, inputs, c.symbols);
  if (outcome.outcome.fault) return "the interpreter: " + outcome.outcome.fault->message;

  ModelRunner runner(module, built.interface, built.take_objects());
  runner.prepare(arrays, 1);
  runner.call();
  std::map<std::string, Array> outputs = runner.outputs();
  for (size_t i = 0; i < module.outputs.size(); ++i) {
    const loop::Buffer& output = module.outputs[i];
    std::string text = difference(output, outcome.outputs.at(i),
                                  outputs.at(module.onnx_names.at(output.name)).bytes);
    if (!text.empty()) return text;
  }
  return "";
}

class OperatorsOn : public testing::TestWithParam<const char*> {};

TEST_P(OperatorsOn, GiveTheInterpretersBits) {
  target::Target target = target::find_target(GetParam()).value();
  if (!target::native_target().value().features.has_all(target.features))
    GTEST_SKIP() << "this processor does not run code for " << target.name;
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  for (const high::Case& c : cases) {
    try {
      EXPECT_EQ(run(c, target), "") << c.name;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, OperatorsOn,
                         testing::Values("x86-64-v2", "x86-64-v3", "x86-64-v4"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tenon::driver
