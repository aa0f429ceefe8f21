// Every template for processors: the graphs of template_cases.txt go through the whole pipeline for
// a target; the schedules are those that the case names, and the object code that `compile` writes
// gives the bits that the interpreter gives for the same scheduled module.
//
//   case conv_chain, x86-64-v3   ->   "peel wo at 1, 2" is there; 0.11907883 in both, to the last bit
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/driver/model_cases.h"

namespace tenon::driver {
namespace {

class TemplatesOn : public testing::TestWithParam<const char*> {};

TEST_P(TemplatesOn, GiveTheInterpretersBits) {
  target::Target target = target::find_target(GetParam()).value();
  if (!target::native_target().value().features.has_all(target.features))
    GTEST_SKIP() << "this processor does not run code for " << target.name;
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  const Backend backend = as_machine_code(target, 2);
  for_each_case(cases, [&](const TemplateCase& each) {
    ModelCase c = model_case(each);
    LoweredModel lowered = lower_case(c, target);
    expect_schedules(c.name, lowered.program.module, each.cpu);
    EXPECT_EQ(difference_on(backend, std::move(lowered), c), "") << c.name;
  });
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
