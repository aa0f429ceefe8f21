// Every template for processors: the graphs of template_cases.txt go through the whole pipeline for
// a target; the schedules are those that the case names, and the object code that `compile` writes
// gives the bits that the interpreter gives for the same scheduled module.
//
//   case conv_chain, x86-64-v3   ->   "peel wo at 1, 2" is there; 0.11907883 in both, to the last bit
#include <gtest/gtest.h>

#include <algorithm>

#include "driver/build.h"
#include "driver/commands/commands.h"
#include "driver/runner.h"
#include "tests/driver/same_bits.h"
#include "tests/driver/template_cases.h"

namespace tenon::driver {
namespace {

void no_progress(const std::string&) {}

// What differs between the interpreter and the machine code at these sizes, or "".
std::string run(ModelRunner& runner, const loop::Module& module, const frontend::ModelFile& file,
                const loop::SymbolValues& sizes) {
  std::map<std::string, Array> arrays = random_inputs(module, sizes, 1);
  std::vector<Bytes> inputs;
  for (const loop::Buffer& input : module.inputs)
    inputs.push_back(arrays.at(module.onnx_names.at(input.name)).bytes);
  auto weights = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = file.initializer(constant.initializer);
    return Bytes(bytes.begin(), bytes.end());
  };
  loop::ModuleOutcome outcome = loop::run_module(module, weights, inputs, sizes);
  if (outcome.outcome.fault) return "the interpreter: " + outcome.outcome.fault->message;

  runner.prepare(arrays, 2);
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

void expect_same_bits(const TemplateCase& c, const target::Target& target) {
  frontend::Imported imported = import_case(c);
  std::shared_ptr<const frontend::ModelFile> file = imported.file;
  Diagnostics diagnostics;
  BuildRequest request;
  request.name = "model";
  BuiltModel built = build_model(lower_graph(std::move(imported), {}, target, no_progress), target,
                                 request, diagnostics, no_progress);
  expect_schedules(c.name, built.module(), c.cpu);
  ModelRunner runner(built.module(), built.interface, built.take_objects());
  for (const loop::SymbolValues& sizes : c.sizes)
    EXPECT_EQ(run(runner, built.module(), *file, sizes), "") << c.name;
}

class TemplatesOn : public testing::TestWithParam<const char*> {};

TEST_P(TemplatesOn, GiveTheInterpretersBits) {
  target::Target target = target::find_target(GetParam()).value();
  if (!target::native_target().value().features.has_all(target.features))
    GTEST_SKIP() << "this processor does not run code for " << target.name;
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  for (const TemplateCase& c : cases) {
    try {
      expect_same_bits(c, target);
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, TemplatesOn,
                         testing::Values("x86-64-v2", "x86-64-v3", "x86-64-v4"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tenon::driver
