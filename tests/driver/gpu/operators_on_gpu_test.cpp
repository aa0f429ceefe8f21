// Every operator scheduled for a GPU: the graphs of tests/ir/high/*_cases.txt go through the whole
// pipeline for `cuda`. Each kernel has a launch and a text; the scheduled module gives the same bits
// in the interpreter, in the emulator and, its bound loops run in order, as machine code.
//
//   case softmax_last   ->   one launch, for grid rows in 2 { for thread ... }, 0.090030573 in both
#include <gtest/gtest.h>

#include "codegen/cuda/emit_module.h"
#include "ir/high/text.h"
#include "tests/driver/gpu/on_gpu.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::driver {
namespace {

frontend::Imported import_case(const high::Case& c) {
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  return imported;
}

void expect_same_bits(const Backend& backend) {
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  for (const high::Case& c : cases) {
    auto inputs = [&](const loop::Module& module, const loop::SymbolValues& sizes) {
      Arrays arrays;
      for (const loop::Buffer& input : module.inputs)
        arrays[module.onnx_names.at(input.name)] = {
            numpy_type(input.type), shape_at(input, sizes),
            high::bytes_of_words(input.type, c.inputs.at(arrays.size()))};
      return arrays;
    };
    try {
      EXPECT_EQ(difference_on(backend, import_case(c), {c.symbols}, inputs), "") << c.name;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInOrder) {
  target::Target host = target::find_target("x86-64-v3").value();
  if (!target::native_target().value().features.has_all(host.features))
    GTEST_SKIP() << "this processor does not run code for " << host.name;
  expect_same_bits(in_order(host));
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInTheEmulator) { expect_same_bits(in_emulator({0})); }

TEST(OperatorsOnGpu, AllHaveTextsAndLaunches) {
  for (const high::Case& c : high::read_cases()) {
    try {
      LoweredModel lowered = lower_for_gpu(import_case(c));
      const loop::Module& module = lowered.program.module;
      codegen::CudaOptions options;
      options.prefix = "model";
      for (const loop::Constant& constant : module.constants)
        options.weight_offsets[constant.buffer.name] = 0;
      Result<codegen::CudaModule> emitted =
          codegen::emit_cuda(module, target::default_gpu_architectures(), options);
      ASSERT_TRUE(emitted) << c.name << ": " << emitted.reason();
      size_t calls = 0;
      loop::for_each_stmt(
          module.main, [&](const loop::Stmt& stmt) { calls += stmt.as<loop::Call>() != nullptr; });
      EXPECT_EQ(emitted->plan.launches.size(), calls) << c.name;
      for (const codegen::PrintedKernel& kernel : emitted->kernels) {
        EXPECT_EQ(kernel.threads > 1, kernel.text.find("tn_thread()") != std::string::npos)
            << c.name << "\n"
            << kernel.text;
        EXPECT_GE(kernel.threads, 1) << c.name;
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

}  // namespace
}  // namespace tenon::driver
