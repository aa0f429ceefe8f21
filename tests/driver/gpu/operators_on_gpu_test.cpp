// Every operator scheduled for a GPU: the graphs of tests/ir/high/*_cases.txt go through the whole
// pipeline for `cuda`. Each kernel has a launch and a text; the scheduled module gives the same bits
// in the interpreter, in the emulator and, its bound loops run in order, as machine code.
//
//   case softmax_last   ->   one launch, for grid rows in 2 { for thread ... }, 0.090030573 in both
#include <gtest/gtest.h>

#include <cmath>

#include "codegen/cuda/emit_module.h"
#include "driver/build.h"
#include "driver/commands/commands.h"
#include "driver/cuda_runner.h"
#include "driver/runner.h"
#include "ir/high/text.h"
#include "ir/loop/interpreter.h"
#include "target/operations.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::driver {
namespace {

using Bytes = std::vector<uint8_t>;

// Free are the payload of a NaN and the sign of a zero.
bool same_bits(DType type, const Bytes& a, const Bytes& b, int64_t i) {
  Scalar x = load_element(type, a.data(), i), y = load_element(type, b.data(), i);
  return is_float(type) ? x.f == y.f || (std::isnan(x.f) && std::isnan(y.f)) : x.i == y.i;
}

std::string difference(const loop::Buffer& output, const Bytes& wanted, const Bytes& found) {
  if (wanted.size() != found.size()) return output.name + " has another size";
  for (int64_t i = 0; i < static_cast<int64_t>(wanted.size()) * 8 / bits_of(output.type); ++i)
    if (!same_bits(output.type, wanted, found, i))
      return output.name + " differs at element " + std::to_string(i);
  return "";
}

LoweredModel lowered_for_gpu(const high::Case& c) {
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  return lower_graph(std::move(imported), {}, target::cuda_target(), [](const std::string&) {});
}

// The module with its bound loops run in order, for the processor of this machine.
void serialize(loop::Module& module, const target::Target& host) {
  LegalOperations legal(target::operations_of(host));
  for (loop::Function& function : module.functions)
    function = loop::legalize(loop::serialize_bound_loops(function, *module.pool), legal);
}

using Outputs = std::map<std::string, Array>;
using Call = std::function<Outputs(LoweredModel lowered, const Outputs& inputs)>;

// What differs between the interpreter and what `call` gives, or "".
std::string run(const high::Case& c, const Call& call) {
  LoweredModel lowered = lowered_for_gpu(c);
  const loop::Module scheduled = lowered.program.module;
  std::vector<Bytes> inputs;
  std::map<std::string, Array> arrays;
  for (const loop::Buffer& input : scheduled.inputs) {
    inputs.push_back(high::bytes_of_words(input.type, c.inputs.at(inputs.size())));
    arrays[scheduled.onnx_names.at(input.name)] = {numpy_type(input.type),
                                                   shape_at(input, c.symbols), inputs.back()};
  }
  auto no_file = [](const loop::Constant&) { return Bytes(); };
  loop::ModuleOutcome outcome = loop::run_module(scheduled, no_file, inputs, c.symbols);
  if (outcome.outcome.fault) return "the interpreter: " + outcome.outcome.fault->message;

  Outputs outputs = call(std::move(lowered), arrays);
  for (size_t i = 0; i < scheduled.outputs.size(); ++i) {
    const loop::Buffer& output = scheduled.outputs[i];
    std::string text = difference(output, outcome.outputs.at(i),
                                  outputs.at(scheduled.onnx_names.at(output.name)).bytes);
    if (!text.empty()) return text;
  }
  return "";
}

void no_progress(const std::string&) {}

void expect_same_bits(const Call& call) {
  std::vector<high::Case> cases = high::read_cases();
  ASSERT_GT(cases.size(), 250u);
  for (const high::Case& c : cases) {
    try {
      EXPECT_EQ(run(c, call), "") << c.name;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInOrder) {
  target::Target host = target::find_target("x86-64-v3").value();
  if (!target::native_target().value().features.has_all(host.features))
    GTEST_SKIP() << "this processor does not run code for " << host.name;
  expect_same_bits([&](LoweredModel lowered, const Outputs& inputs) {
    serialize(lowered.program.module, host);
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    BuiltModel built = build_model(std::move(lowered), host, request, diagnostics, no_progress);
    ModelRunner runner(built.module(), built.interface, built.take_objects());
    runner.prepare(inputs, 1);
    runner.call();
    return runner.outputs();
  });
}

TEST(OperatorsOnGpu, GiveTheInterpretersBitsInTheEmulator) {
  expect_same_bits([&](LoweredModel lowered, const Outputs& inputs) {
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    BuiltModel built = describe_model(std::move(lowered), target::cuda_target(), request,
                                      diagnostics, no_progress);
    CudaCode cuda = build_cuda(built, target::default_gpu_architectures(), CudaImages::kEmulated,
                               target::find_target("x86-64-v2").value(), no_progress);
    CudaRunner runner(built, cuda, CudaDevice::kEmulated);
    runner.prepare(inputs);
    runner.call();
    return runner.outputs();
  });
}

TEST(OperatorsOnGpu, AllHaveTextsAndLaunches) {
  for (const high::Case& c : high::read_cases()) {
    try {
      LoweredModel lowered = lowered_for_gpu(c);
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
