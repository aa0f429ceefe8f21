// Golden vectors for --selftest.
//
// The expected outputs come from the model compiled for this machine and run here, so they are made
// for any target; the bounds leave room for another order of sums and another set of instructions.
#include "driver/selftest.h"

#include <cstring>

#include "driver/commands/commands.h"

namespace tenon::driver {
namespace {

constexpr uint64_t kSeed = 20;
constexpr double kRelative = 1e-3;

// The largest magnitude of a float array.
double magnitude(const Array& array) {
  double largest = 0;
  for (int64_t i = 0; array.type == DType::F32 && i < array.element_count(); ++i) {
    float value;
    std::memcpy(&value, array.bytes.data() + static_cast<size_t>(i) * sizeof value, sizeof value);
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  return largest;
}

}  // namespace

codegen::SelfTest make_selftest(const CompileOptions& options, const Progress& progress) {
  RunOptions run;
  run.model = options.model;
  run.model.target = "native";
  run.model.triple = run.model.cpu = run.model.features = "";
  run.model.dump_folder = "";
  Session session = compile_for_call(run, {}, progress);
  const loop::Module& module = session.model.module();
  loop::SymbolValues dims = chosen_dimensions(module, options.model.at);
  std::map<std::string, Array> inputs = random_inputs(module, dims, kSeed);
  ModelRunner runner(module, session.model.interface, session.objects);
  runner.prepare(inputs, 1);
  runner.call();
  std::map<std::string, Array> outputs = runner.outputs();

  codegen::SelfTest selftest;
  selftest.buffer_bytes = static_cast<uint64_t>(loop::evaluate_index(module.arena_bytes, dims));
  selftest.scratch_bytes = session.model.interface.scratch_bytes_most;
  for (const codegen::InterfaceDim& dim : session.model.interface.dims)
    selftest.dims.push_back(dims.at(dim.name));
  for (const loop::Buffer& buffer : module.inputs)
    selftest.tensors.push_back({inputs.at(module.onnx_names.at(buffer.name)).bytes, 0, 0, 0});
  for (const loop::Buffer& buffer : module.outputs) {
    const Array& array = outputs.at(module.onnx_names.at(buffer.name));
    selftest.tensors.push_back({array.bytes, kRelative * magnitude(array), kRelative, 0});
  }
  return selftest;
}

}  // namespace tenon::driver
