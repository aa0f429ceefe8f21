// One module scheduled for a GPU, in the backends that run it without one: the interpreter, machine
// code of its loops in order, and its kernels' text in the emulator.
//
//   difference_on(in_emulator({0, 5}), import_case(c), c.sizes, random)   ->   "" or what differs
#pragma once

#include <functional>

#include "driver/build.h"
#include "driver/commands/commands.h"
#include "driver/cuda_runner.h"
#include "driver/runner.h"
#include "ir/loop/interpreter.h"
#include "target/operations.h"
#include "tests/driver/same_bits.h"

namespace tenon::driver {

using Arrays = std::map<std::string, Array>;  // by the names of the model
/// Runs a built model; the outputs of each order in which the backend can run it.
using Run = std::function<std::vector<Arrays>(const Arrays& inputs)>;
using Backend = std::function<Run(LoweredModel lowered)>;

inline void no_progress(const std::string&) {}

inline LoweredModel lower_for_gpu(frontend::Imported imported) {
  return lower_graph(std::move(imported), {}, target::cuda_target(), no_progress);
}

/// Bound loops run in order, as machine code for a processor.
inline Backend in_order(const target::Target& host) {
  return [host](LoweredModel lowered) -> Run {
    loop::Module& module = lowered.program.module;
    LegalOperations legal(target::operations_of(host));
    for (loop::Function& function : module.functions)
      function = loop::legalize(loop::serialize_bound_loops(function, *module.pool), legal);
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    auto built = std::make_shared<BuiltModel>(
        build_model(std::move(lowered), host, request, diagnostics, no_progress));
    auto runner =
        std::make_shared<ModelRunner>(built->module(), built->interface, built->take_objects());
    return [built, runner](const Arrays& inputs) -> std::vector<Arrays> {
      runner->prepare(inputs, 1);
      runner->call();
      return {runner->outputs()};
    };
  };
}

/// The kernels' text and the launches, in each of these orders of threads and blocks (emulator.h).
inline Backend in_emulator(const std::vector<uint64_t>& orders) {
  return [orders](LoweredModel lowered) -> Run {
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    auto built = std::make_shared<BuiltModel>(describe_model(
        std::move(lowered), target::cuda_target(), request, diagnostics, no_progress));
    auto cuda = std::make_shared<CudaCode>(
        build_cuda(*built, target::default_gpu_architectures(), CudaImages::kEmulated,
                   target::find_target("x86-64-v2").value(), no_progress));
    auto runner = std::make_shared<CudaRunner>(*built, *cuda, CudaDevice::kEmulated);
    return [built, cuda, runner, orders](const Arrays& inputs) {
      std::vector<Arrays> outputs;
      runner->prepare(inputs);
      for (uint64_t order : orders) {
        runner->set_thread_order(order);
        runner->call();
        outputs.push_back(runner->outputs());
      }
      return outputs;
    };
  };
}

/// The inputs of a module at some sizes.
using MakeInputs = std::function<Arrays(const loop::Module&, const loop::SymbolValues&)>;

/// What differs between the interpreter and the backend, or "".
inline std::string difference_on(const Backend& backend, frontend::Imported imported,
                                 const std::vector<loop::SymbolValues>& all_sizes,
                                 const MakeInputs& make_inputs) {
  std::shared_ptr<const frontend::ModelFile> file = imported.file;
  auto weights = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = file->initializer(constant.initializer);
    return Bytes(bytes.begin(), bytes.end());
  };
  LoweredModel lowered = lower_for_gpu(std::move(imported));
  const loop::Module module = lowered.program.module;
  const Run run = backend(std::move(lowered));
  for (const loop::SymbolValues& sizes : all_sizes) {
    const Arrays arrays = make_inputs(module, sizes);
    std::vector<Bytes> inputs;
    for (const loop::Buffer& input : module.inputs)
      inputs.push_back(arrays.at(module.onnx_names.at(input.name)).bytes);
    loop::ModuleOutcome outcome = loop::run_module(module, weights, inputs, sizes);
    if (outcome.outcome.fault) return "the interpreter: " + outcome.outcome.fault->message;
    for (const Arrays& outputs : run(arrays))
      for (size_t i = 0; i < module.outputs.size(); ++i) {
        const loop::Buffer& output = module.outputs[i];
        std::string text = difference(output, outcome.outputs.at(i),
                                      outputs.at(module.onnx_names.at(output.name)).bytes);
        if (!text.empty()) return text;
      }
  }
  return "";
}

}  // namespace tenon::driver
