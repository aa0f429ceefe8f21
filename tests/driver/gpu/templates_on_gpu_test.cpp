// Every template for a GPU: the graphs of template_cases.txt go through the whole pipeline for
// `cuda`; the schedules are those that the case names, and the scheduled module gives the same bits
// in the interpreter, in the emulator in three orders of threads and blocks and, its bound loops run
// in order, as machine code.
//
//   case conv_chain   ->   "cache_read x in shared at steps -> x.s" is there; 0.119078 in all
#include <gtest/gtest.h>

#include "tests/driver/gpu/on_gpu.h"

namespace tenon::driver {
namespace {

void expect_same_bits(const Backend& backend) {
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  expect_same_bits(cases, backend);
}

TEST(TemplatesOnGpu, AreThoseOfTheCases) {
  for (const TemplateCase& c : read_template_cases()) {
    LoweredModel lowered = lower_case(model_case(c), target::cuda_target());
    expect_schedules(c.name, lowered.program.module, c.gpu);
  }
}

TEST(TemplatesOnGpu, GiveTheInterpretersBitsInOrder) {
  target::Target host = target::find_target("x86-64-v3").value();
  if (!target::native_target().value().features.has_all(host.features))
    GTEST_SKIP() << "this processor does not run code for " << host.name;
  expect_same_bits(in_order(host));
}

TEST(TemplatesOnGpu, GiveTheInterpretersBitsInTheEmulator) {
  expect_same_bits(in_emulator({0, 1, 5}));
}

}  // namespace
}  // namespace tenon::driver
