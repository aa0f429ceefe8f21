// tenon verify: compares a model's outputs with stored ones.
//
//   verify m.onnx --inputs in.npz --reference out.npz
//     ->   all 2 outputs agree                                               exit status 0
//     ->   output "y": 1 of 10 elements differ, first at [0, 3]: found ...   exit status 1
#include <cstdio>
#include <filesystem>

#include "driver/commands/commands.h"
#include "driver/compare.h"
#include "driver/run_once.h"
#include "support/text.h"

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
  frontend::DeclaredInterface declared = frontend::declared_interface(options.run.model.model);
  if (!declared.is_supported) return reference;
  for (size_t i = 0; i < declared.outputs.size(); ++i) {
    std::string path = options.run.data_folder + "/output_" + std::to_string(i) + ".pb";
    if (!std::filesystem::exists(path)) continue;
    frontend::TensorFile tensor = frontend::read_tensor_file(path);
    reference[declared.outputs[i].name] = {tensor.type, tensor.shape, tensor.bytes};
  }
  if (reference.empty() && !options.per_node)
    user_error({}, "there is nothing to compare with",
               "give --data DIR with output_0.pb, or --inputs F.npz and --reference F.npz");
  return reference;
}

// Every output needs an expectation, and every expectation an output: what is not compared would
// count as agreeing.
void check_reference(const std::map<std::string, Array>& outputs,
                     const std::map<std::string, Array>& reference) {
  Diagnostics diagnostics;
  std::vector<std::string> names;
  for (const auto& [name, found] : outputs) {
    names.push_back(name);
    if (!reference.count(name))
      diagnostics.error({}, "the reference lacks the output " + tenon::quoted(name))
          .help("give an array for each output of the model, or --per-node for some of them");
  }
  for (const auto& [name, expected] : reference) {
    if (outputs.count(name)) continue;
    std::string near = nearest_name(name, names);
    diagnostics.error({}, "the model has no output " + tenon::quoted(name))
        .help(near.empty() ? "its outputs are " + join(names, ", ")
                           : "did you mean " + tenon::quoted(near) + "?");
  }
  diagnostics.checkpoint();
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  std::map<std::string, Array> reference = read_reference(options);
  GivenInputs given = read_inputs(options.run);
  if (options.per_node && is_cuda(options.run))
    user_error({}, "--per-node is not for --backend=" + options.run.backend,
               "compare node by node with the backend llvm");
  if (options.per_node) {
    VerifyOptions per_node = options;
    per_node.tolerance.scaled = true;
    return verify_per_node(per_node, given, reference);
  }
  Session session = compile_for_call(options.run, given, terminal_progress(false));
  std::map<std::string, Array> outputs = run_once(options.run, session, given);
  check_reference(outputs, reference);
  bool all = true;
  // In the model's order: of several that differ, the first is said first.
  for (const loop::Buffer& buffer : session.model.module().outputs) {
    const std::string& name = session.model.module().onnx_names.at(buffer.name);
    all = agrees(name, outputs.at(name), reference.at(name), options.tolerance) && all;
  }
  if (all) std::printf("all %zu outputs agree\n", outputs.size());
  return all ? 0 : 1;
}

}  // namespace tenon::driver
