// The graphs of tests/ir/high/*_cases.txt (every operator) and of template_cases.txt (every template)
// as models, and what the interpreter gives for them.
//
//   ModelCase c = model_case(softmax_last);
//   LoweredModel lowered = lower_case(c, x86_64_v3);
//   difference_on(as_machine_code(x86_64_v3, 1), lowered, c)   ->   "", or what differs
#pragma once

#include <functional>
#include <stdexcept>

#include "driver/build.h"
#include "driver/commands/commands.h"
#include "driver/runner.h"
#include "ir/loop/interpreter.h"
#include "tests/driver/same_bits.h"
#include "tests/driver/template_cases.h"

namespace tenon::driver {

inline void no_progress(const std::string&) {}

using Arrays = std::map<std::string, Array>;  // by the names of the model
/// The inputs of a module at some sizes.
using MakeInputs = std::function<Arrays(const loop::Module&, const loop::SymbolValues&)>;

struct ModelCase {
  std::string name;
  frontend::Imported imported;
  std::vector<loop::SymbolValues> sizes;
  MakeInputs make_inputs;
};

inline ModelCase model_case(const high::Case& c) {
  auto inputs = [words = c.inputs](const loop::Module& module, const loop::SymbolValues& sizes) {
    Arrays arrays;
    size_t number = 0;
    for (const loop::Buffer& input : module.inputs)
      arrays[module.onnx_names.at(input.name)] = {
          numpy_type(input.type), shape_at(input, sizes),
          high::bytes_of_words(input.type, words.at(number++))};
    return arrays;
  };
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  return {c.name, std::move(imported), {c.symbols}, inputs};
}

inline ModelCase model_case(const TemplateCase& c) {
  auto inputs = [](const loop::Module& module, const loop::SymbolValues& sizes) {
    return random_inputs(module, sizes, 1);
  };
  return {c.name, import_case(c), c.sizes, inputs};
}

/// Calls `check` with each case; what it throws is a failure of that case alone.
template <class Case, class Check>
void for_each_case(const std::vector<Case>& cases, const Check& check) {
  for (const Case& c : cases) {
    try {
      check(c);
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

inline LoweredModel lower_case(const ModelCase& c, const target::Target& target) {
  return lower_graph(c.imported, {}, target, no_progress);
}

/// A model's tensors in order, as the interpreter takes and gives them.
struct Interpreted {
  std::vector<Bytes> inputs, outputs;
};

/// Throws where the interpreter finds a fault.
inline Interpreted interpret(const loop::Module& module, const ModelCase& c, const Arrays& arrays,
                             const loop::SymbolValues& sizes) {
  Interpreted result;
  for (const loop::Buffer& input : module.inputs)
    result.inputs.push_back(arrays.at(module.onnx_names.at(input.name)).bytes);
  auto weights = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = c.imported.file->initializer(constant.initializer);
    return Bytes(bytes.begin(), bytes.end());
  };
  loop::ModuleOutcome outcome = loop::run_module(module, weights, result.inputs, sizes);
  if (outcome.outcome.fault)
    throw std::runtime_error("the interpreter: " + outcome.outcome.fault->message);
  result.outputs = std::move(outcome.outputs);
  return result;
}

/// Runs a built model; the outputs of each order in which the backend can run it.
using Run = std::function<std::vector<Arrays>(const Arrays& inputs)>;
using Backend = std::function<Run(LoweredModel lowered)>;

/// The object code that `compile` writes.
inline Backend as_machine_code(const target::Target& target, int threads) {
  return [target, threads](LoweredModel lowered) -> Run {
    Diagnostics diagnostics;
    BuildRequest request;
    request.name = "model";
    auto built = std::make_shared<BuiltModel>(
        build_model(std::move(lowered), target, request, diagnostics, no_progress));
    auto runner =
        std::make_shared<ModelRunner>(built->module(), built->interface, built->take_objects());
    return [built, runner, threads](const Arrays& inputs) -> std::vector<Arrays> {
      runner->prepare(inputs, threads);
      runner->call();
      return {runner->outputs()};
    };
  };
}

/// What differs between the interpreter and the backend, or "".
inline std::string difference_on(const Backend& backend, LoweredModel lowered, const ModelCase& c) {
  const loop::Module module = lowered.program.module;
  const Run run = backend(std::move(lowered));
  for (const loop::SymbolValues& sizes : c.sizes) {
    const Arrays arrays = c.make_inputs(module, sizes);
    const Interpreted wanted = interpret(module, c, arrays, sizes);
    for (const Arrays& outputs : run(arrays))
      for (size_t i = 0; i < module.outputs.size(); ++i) {
        const loop::Buffer& output = module.outputs[i];
        std::string text = difference(output, wanted.outputs.at(i),
                                      outputs.at(module.onnx_names.at(output.name)).bytes);
        if (!text.empty()) return text;
      }
  }
  return "";
}

}  // namespace tenon::driver
