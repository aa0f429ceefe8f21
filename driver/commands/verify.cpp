// tenon verify: compares a model's outputs with stored ones.
#include <cstdio>
#include <filesystem>

#include "driver/commands/commands.h"
#include "driver/compare.h"
#include "driver/run_once.h"

namespace tenon::driver {
namespace {

// True when the arrays agree; else says how they differ.
bool agrees(const std::string& name, const Array& found, const Array& expected,
            const Tolerance& tolerance) {
  Comparison comparison = compare(found, expected, tolerance);
  if (!comparison.agrees())
    std::printf("output \"%s\": %s\n", name.c_str(), describe(comparison, found, expected).c_str());
  return comparison.agrees();
}

std::map<std::string, Array> read_reference(const VerifyOptions& options) {
  if (!options.reference_file.empty()) return read_npz(options.reference_file);
  std::map<std::string, Array> reference;
  std::vector<frontend::DeclaredTensor> declared =
      frontend::declared_interface(options.run.model.model).outputs;
  for (size_t i = 0; i < declared.size(); ++i) {
    std::string path = options.run.data_folder + "/output_" + std::to_string(i) + ".pb";
    if (!std::filesystem::exists(path)) continue;
    frontend::TensorFile tensor = frontend::read_tensor_file(path);
    reference[declared[i].name] = {numpy_type(tensor.type), tensor.shape, tensor.bytes};
  }
  if (reference.empty() && !options.per_node)
    user_error({}, "there is nothing to compare with",
               "give --data DIR with output_0.pb, or --inputs F.npz and --reference F.npz");
  return reference;
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  std::map<std::string, Array> reference = read_reference(options);
  GivenInputs given = read_inputs(options.run);
  if (options.per_node) {
    VerifyOptions per_node = options;
    per_node.tolerance.scaled = true;
    return verify_per_node(per_node, given, reference);
  }
  Session session = compile_for_call(options.run, given, terminal_progress(false));
  std::map<std::string, Array> outputs = run_once(options.run, session, given);
  bool all = true;
  for (const auto& [name, expected] : reference) {
    auto found = outputs.find(name);
    if (found == outputs.end())
      user_error({}, "the model has no output \"" + name + "\"",
                 "the reference names outputs as the model does");
    all = agrees(name, found->second, expected, options.tolerance) && all;
  }
  if (all) std::printf("all %zu outputs agree\n", reference.size());
  return all ? 0 : 1;
}

}  // namespace tenon::driver
