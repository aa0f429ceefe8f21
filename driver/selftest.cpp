// Golden vectors for --selftest.
//
// The expected outputs come from the model compiled for one fixed target and run here: the bytes of
// a bundle never depend on the machine that makes it. The bounds leave room for the order of sums
// and the instructions of the bundle's own target.
#include "driver/selftest.h"

#include "driver/commands/commands.h"

namespace tenon::driver {
namespace {

constexpr uint64_t kSeed = 20;
constexpr double kRelative = 1e-3;
// Every machine that tenon runs on can run it, and it has no fused multiply-add.
constexpr const char* kTarget = "x86-64-v2";

// Relative to the largest magnitude of the tensor; nothing but equality for what is no float.
double bound_of(DType type) {
  if (!is_float(type)) return 0;
  // Of values that are stored in 16 bits, each may also be rounded otherwise.
  double rounding = type == DType::F16 ? 0x1p-11 : type == DType::BF16 ? 0x1p-8 : 0;
  return kRelative + 4 * rounding;
}

double magnitude(const Array& array) {
  double largest = 0;
  for (int64_t i = 0; i < array.element_count(); ++i)
    if (double value = element(array, i); std::isfinite(value))
      largest = std::max(largest, std::fabs(value));
  return largest;
}

// The options without what is of the bundle's own target, its schedules above all.
ModelOptions for_golden_target(ModelOptions options) {
  options.target = kTarget;
  options.triple = options.cpu = options.features = "";
  options.schedule_file = options.dump_folder = "";
  options.no_schedule = options.time_passes = false;
  return options;
}

}  // namespace

codegen::SelfTest make_selftest(const CompileOptions& options, const Progress& progress) {
  ModelOptions model = for_golden_target(options.model);
  Diagnostics diagnostics;  // has been shown for the bundle's own target
  frontend::Imported imported = import_for(model, diagnostics, progress);
  std::map<std::string, std::string> producers;  // of outputs
  for (const frontend::NodeResult& result : imported.results) producers[result.name] = result.node;
  Session session = compile_graph_for_call(std::move(imported), model, progress);
  const loop::Module& module = session.model.module();
  loop::SymbolValues dims = chosen_dimensions(module, options.model.at);
  std::map<std::string, Array> inputs = random_inputs(module, dims, kSeed);
  progress("computing the self-test");
  ModelRunner runner(module, session.model.interface, session.objects);
  runner.prepare(inputs, 1);
  runner.call();
  std::map<std::string, Array> outputs = runner.outputs();

  codegen::SelfTest selftest;
  for (const codegen::InterfaceDim& dim : session.model.interface.dims)
    selftest.dims.push_back(dims.at(dim.name));
  for (const loop::Buffer& buffer : module.inputs)
    selftest.tensors.push_back({inputs.at(module.onnx_names.at(buffer.name)).bytes, 0, 0, 0, {}});
  for (const loop::Buffer& buffer : module.outputs) {
    const std::string& name = module.onnx_names.at(buffer.name);
    const Array& array = outputs.at(name);
    double bound = bound_of(array.type);
    auto producer = producers.find(name);  // none gives an output that is an input
    selftest.tensors.push_back({array.bytes, bound * magnitude(array), bound, 0,
                                producer == producers.end() ? name : producer->second});
  }
  return selftest;
}

}  // namespace tenon::driver
