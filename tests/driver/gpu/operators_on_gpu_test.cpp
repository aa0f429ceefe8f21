// Every operator scheduled for a GPU: the graphs of tests/ir/high/*_cases.txt go through the whole
// pipeline for `cuda`. Each kernel has a launch and a text; the scheduled module gives the same bits
// in the interpreter, in the emulator and, its bound loops run in order, as machine code.
//
//   case softmax_last   ->   one launch, for grid rows in 2 { for thread ... }, 0.090030573 in both
#include <gtest/gtest.h>

#include "codegen/cuda/emit_module.h"
#include "tests/driver/gpu/on_gpu.h"

namespace tenon::driver {
namespace {

void expect_same_bits(const Backend& backend) {
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  expect_same_bits(cases, backend);
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInOrder) {
  target::Target host = target::find_target("x86-64-v3").value();
  if (!target::native_target().value().features.has_all(host.features))
    GTEST_SKIP() << "this processor does not run code for " << host.name;
  expect_same_bits(in_order(host));
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInTheEmulator) { expect_same_bits(in_emulator({0})); }

TEST(OperatorsOnGpu, AllHaveTextsAndLaunches) {
  for_each_case(high::read_cases(), [](const high::Case& c) {
    LoweredModel lowered = lower_case(model_case(c), target::cuda_target());
    const loop::Module& module = lowered.program.module;
    codegen::CudaOptions options;
    options.prefix = "model";
    for (const loop::Constant& constant : module.constants)
      options.weight_offsets[constant.buffer.name] = 0;
    Result<codegen::CudaModule> emitted =
        codegen::emit_cuda(module, target::default_gpu_architectures(), options);
    ASSERT_TRUE(emitted) << c.name << ": " << emitted.reason();
    size_t calls = 0;
    loop::for_each_stmt(module.main,
                        [&](const loop::Stmt& stmt) { calls += stmt.as<loop::Call>() != nullptr; });
    EXPECT_EQ(emitted->plan.launches.size(), calls) << c.name;
    for (const codegen::PrintedKernel& kernel : emitted->kernels) {
      EXPECT_EQ(kernel.threads > 1, kernel.text.find("tn_thread()") != std::string::npos)
          << c.name << "\n"
          << kernel.text;
      EXPECT_GE(kernel.threads, 1) << c.name;
    }
  });
}

}  // namespace
}  // namespace tenon::driver
