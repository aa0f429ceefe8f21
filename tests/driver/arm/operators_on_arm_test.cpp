// Every operator and every template compiled for ARM: the graphs of tests/ir/high/*_cases.txt and of
// template_cases.txt go through the whole pipeline for a target; the object code that `compile`
// writes gives, under qemu, the bits that the interpreter gives for the same scheduled module.
//
//   case softmax_last, cortex-a53   ->   0.090030573 in both, to the last bit
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/driver/arm/emulated_models.h"
#include "tests/driver/model_cases.h"

namespace tenon::driver {
namespace {

void add(EmulatedModels& models, const ModelCase& c, const target::Target& target) {
  Diagnostics diagnostics;
  BuildRequest request;
  request.name = models.next_name();
  BuiltModel built = build_model(lower_case(c, target), target, request, diagnostics, no_progress);
  std::vector<EmulatedRun> runs;
  for (const loop::SymbolValues& sizes : c.sizes) {
    Interpreted known = interpret(built.module(), c, c.make_inputs(built.module(), sizes), sizes);
    runs.push_back({std::move(known.inputs), sizes, std::move(known.outputs)});
  }
  models.add(c.name, std::move(built), runs);
}

class OnArm : public testing::TestWithParam<const char*> {
 protected:
  template <class Case>
  void expect_same_bits(const std::vector<Case>& cases) {
    EmulatedModels models(target);
    for_each_case(cases, [&](const Case& c) { add(models, model_case(c), target); });
    EXPECT_THAT(models.differences(), testing::IsEmpty());
  }

  const target::Target target = target::find_target(GetParam()).value();
};

TEST_P(OnArm, OperatorsGiveTheInterpretersBits) {
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  expect_same_bits(cases);
}

TEST_P(OnArm, TemplatesGiveTheInterpretersBits) {
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  expect_same_bits(cases);
}

INSTANTIATE_TEST_SUITE_P(Targets, OnArm, testing::Values("cortex-a53", "armv7-neon"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tenon::driver
