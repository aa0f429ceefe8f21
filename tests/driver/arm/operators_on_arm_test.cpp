// Every operator and every template compiled for ARM: the graphs of tests/ir/high/*_cases.txt and of
// template_cases.txt go through the whole pipeline for a target; the object code that `compile`
// writes gives, under qemu, the bits that the interpreter gives for the same scheduled module.
//
//   case softmax_last, cortex-a53   ->   0.090030573 in both, to the last bit
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "driver/commands/commands.h"
#include "driver/runner.h"
#include "tests/driver/arm/emulated_models.h"
#include "tests/driver/template_cases.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::driver {
namespace {

void no_progress(const std::string&) {}

BuiltModel build(frontend::Imported imported, const target::Target& target,
                 const std::string& name) {
  Diagnostics diagnostics;
  BuildRequest request;
  request.name = name;
  return build_model(lower_graph(std::move(imported), {}, target, no_progress), target, request,
                     diagnostics, no_progress);
}

// The run with what the interpreter gives for these inputs; throws where it finds a fault.
EmulatedRun interpreted(const loop::Module& module, const loop::InitializerProvider& weights,
                        std::vector<Bytes> inputs, const loop::SymbolValues& sizes) {
  loop::ModuleOutcome outcome = loop::run_module(module, weights, inputs, sizes);
  if (outcome.outcome.fault)
    throw std::runtime_error("the interpreter: " + outcome.outcome.fault->message);
  return {std::move(inputs), sizes, outcome.outputs};
}

void add_operator(EmulatedModels& models, const high::Case& c, const target::Target& target) {
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  BuiltModel built = build(std::move(imported), target, models.next_name());
  std::vector<Bytes> inputs;
  for (const loop::Buffer& input : built.module().inputs)
    inputs.push_back(high::bytes_of_words(input.type, c.inputs.at(inputs.size())));
  auto no_file = [](const loop::Constant&) { return Bytes(); };
  EmulatedRun run = interpreted(built.module(), no_file, std::move(inputs), c.symbols);
  models.add(c.name, std::move(built), {run});
}

void add_template(EmulatedModels& models, const TemplateCase& c, const target::Target& target) {
  frontend::Imported imported = import_case(c);
  std::shared_ptr<const frontend::ModelFile> file = imported.file;
  BuiltModel built = build(std::move(imported), target, models.next_name());
  const loop::Module& module = built.module();
  auto weights = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = file->initializer(constant.initializer);
    return Bytes(bytes.begin(), bytes.end());
  };
  std::vector<EmulatedRun> runs;
  for (const loop::SymbolValues& sizes : c.sizes) {
    std::map<std::string, Array> arrays = random_inputs(module, sizes, 1);
    std::vector<Bytes> inputs;
    for (const loop::Buffer& input : module.inputs)
      inputs.push_back(arrays.at(module.onnx_names.at(input.name)).bytes);
    runs.push_back(interpreted(module, weights, std::move(inputs), sizes));
  }
  models.add(c.name, std::move(built), runs);
}

class OnArm : public testing::TestWithParam<const char*> {
 protected:
  template <class Cases, class Add>
  void expect_same_bits(const Cases& cases, const Add& add) {
    EmulatedModels models(target);
    for (const auto& c : cases) {
      try {
        add(models, c, target);
      } catch (const std::exception& error) {
        ADD_FAILURE() << c.name << ": " << error.what();
      }
    }
    EXPECT_THAT(models.differences(), testing::IsEmpty());
  }

  const target::Target target = target::find_target(GetParam()).value();
};

TEST_P(OnArm, OperatorsGiveTheInterpretersBits) {
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  expect_same_bits(cases, add_operator);
}

TEST_P(OnArm, TemplatesGiveTheInterpretersBits) {
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  expect_same_bits(cases, add_template);
}

INSTANTIATE_TEST_SUITE_P(Targets, OnArm, testing::Values("cortex-a53", "armv7-neon"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tenon::driver
