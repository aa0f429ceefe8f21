// Every operator scheduled and compiled: the graphs of tests/ir/high/*_cases.txt go through the
// whole pipeline for a target; the object code that `compile` writes gives the bits that the
// interpreter gives for the same scheduled module.
//
//   case softmax_last, x86-64-v3   ->   0.090030573 in both, to the last bit
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/driver/model_cases.h"

namespace tenon::driver {
namespace {

class OperatorsOn : public testing::TestWithParam<const char*> {};

TEST_P(OperatorsOn, GiveTheInterpretersBits) {
  target::Target target = target::find_target(GetParam()).value();
  if (!target::native_target().value().features.has_all(target.features))
    GTEST_SKIP() << "this processor does not run code for " << target.name;
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  const Backend backend = as_machine_code(target, 1);
  for_each_case(cases, [&](const high::Case& each) {
    ModelCase c = model_case(each);
    EXPECT_EQ(difference_on(backend, lower_case(c, target), c), "") << c.name;
  });
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
