// tenon run: compiles and runs in this process.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "driver/commands/commands.h"
#include "driver/compare.h"
#include "driver/run_once.h"

namespace tenon::driver {
namespace {

// The first elements, the range and the mean.
std::string summary(const Array& array) {
  std::string text;
  int64_t count = array.element_count();
  if (count == 0) return " no elements";
  char number[48];
  double least = INFINITY, most = -INFINITY, sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = element(array, i);
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
    if (i >= 6) continue;
    std::snprintf(number, sizeof number, " %.6g", value);
    text += number;
  }
  if (count > 6) text += " ...";
  std::snprintf(number, sizeof number, "  (%.6g .. %.6g,", least, most);
  text += number;
  std::snprintf(number, sizeof number, " mean %.6g)", sum / static_cast<double>(count));
  return text + number;
}

// The interpreter on the module as compiled: the oracle.
std::map<std::string, Array> interpret(const Session& session,
                                       const std::map<std::string, Array>& inputs,
                                       const loop::SymbolValues& dims) {
  const loop::Module& module = session.model.module();
  std::vector<std::vector<uint8_t>> arrays;
  for (const loop::Buffer& buffer : module.inputs)
    arrays.push_back(inputs.at(module.onnx_names.at(buffer.name)).bytes);
  auto provider = [&](const loop::Constant& constant) {
    std::span<const uint8_t> bytes = session.model.constants->row_major(constant);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  loop::ModuleOutcome outcome = loop::run_module(module, provider, arrays, dims);
  if (outcome.outcome.fault) throw InternalError(outcome.outcome.fault->message);
  if (outcome.outcome.failed_require)
    user_error({module.model_file, "", 0, 0},
               "an index is out of range" + location_suffix(*outcome.outcome.failed_require));
  std::map<std::string, Array> outputs;
  for (size_t i = 0; i < module.outputs.size(); ++i) {
    const loop::Buffer& buffer = module.outputs[i];
    outputs[module.onnx_names.at(buffer.name)] = {buffer.type, shape_at(buffer, dims),
                                                  outcome.outputs[i]};
  }
  return outputs;
}

}  // namespace

std::map<std::string, Array> run_once(const RunOptions& options, Session& session,
                                      GivenInputs& given) {
  const loop::Module& module = session.model.module();
  if (given.random)
    given.arrays = random_inputs(module, chosen_dimensions(module, options.model.at), options.seed);
  if (options.backend == "interpreter")
    return interpret(session, given.arrays, bind_dimensions(module, given.arrays));
  if (session.cuda) {
    std::unique_ptr<CudaRunner> runner = make_cuda_runner(options, session);
    runner->prepare(given.arrays);
    runner->call();
    return runner->outputs();
  }
  ModelRunner runner(module, session.model.interface, session.objects);
  runner.prepare(given.arrays, options.threads);
  runner.call();
  return runner.outputs();
}

int run_run(const RunOptions& options) {
  GivenInputs given = read_inputs(options);
  Session session = compile_for_call(options, given, terminal_progress(false));
  std::map<std::string, Array> outputs = run_once(options, session, given);
  if (!options.outputs_file.empty()) write_npz(options.outputs_file, outputs);
  const loop::Module& module = session.model.module();
  if (!options.output_folder.empty()) {
    std::filesystem::create_directories(options.output_folder);
    for (size_t i = 0; i < module.outputs.size(); ++i) {
      const loop::Buffer& buffer = module.outputs[i];
      const std::string& name = module.onnx_names.at(buffer.name);
      const Array& array = outputs.at(name);
      frontend::write_tensor_file(options.output_folder + "/output_" + std::to_string(i) + ".pb",
                                  {name, buffer.type, array.shape, array.bytes});
    }
  }
  std::printf("target %s, compiled in %.2f s\n", session.target.name.c_str(),
              session.compile_seconds);
  if (given.random)
    std::printf("inputs: seeded, --seed=%llu\n", static_cast<unsigned long long>(options.seed));
  for (const auto& [name, array] : outputs)
    std::printf("%s : %s %s\n", name.c_str(), type_text(array).c_str(), summary(array).c_str());
  return 0;
}

}  // namespace tenon::driver
