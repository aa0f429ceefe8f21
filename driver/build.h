// From a model file to the parts of a bundle, in memory: what compile writes and what run, bench
// and verify call.
#pragma once

#include "codegen/bundle/interface.h"
#include "codegen/bundle/main_object.h"
#include "codegen/llvm/module.h"
#include "driver/options.h"
#include "driver/pipeline.h"
#include "driver/weights.h"

namespace tenon::driver {

/// Says what goes on, on long work.
using Progress = std::function<void(const std::string& step)>;

struct LoweredModel {
  Program program;  // at the loop level, every pass done
  // Text of the unscheduled functions: what is computed, with the constants that became literals.
  std::string computation;
  // For source: text of the kernels before expand_math, whose results can be too long to write.
  std::string kernels;
  std::shared_ptr<const frontend::ModelFile> file;
};
frontend::Imported import_for(const ModelOptions& options, Diagnostics& diagnostics,
                              const Progress& progress);
/// Runs the pipeline on a graph of the model.
LoweredModel lower_graph(frontend::Imported imported, const ModelOptions& options,
                         const target::Target& target, const Progress& progress);
/// Both.
LoweredModel lower_model(const ModelOptions& options, const target::Target& target,
                         Diagnostics& diagnostics, const Progress& progress);

struct BuiltModel {
  LoweredModel lowered;
  codegen::BundleInterface interface;
  WeightsPlan weights;
  std::unique_ptr<ConstantValues> constants;
  // its main module until it is written or loaded; kernels and groups
  codegen::ModuleCode code;
  // LLVM IR of all code, the runtime included, when asked for
  std::string whole_text;
  std::string assembly;  // of the kernels, when asked for

  std::map<Location, int32_t> nodes;  // numbers of the nodes that statuses name

  const loop::Module& module() const { return lowered.program.module; }
  /// The loop function of a group's kernel.
  const loop::Function& function_of(const codegen::Group& group) const;
  /// Sets interface.stack_bytes.
  void measure_stack();
  /// How the main module becomes an object.
  codegen::EmitObject emitter() const;
  /// All objects as bytes, the weights inside, for the process's own linker. Takes the main module.
  std::vector<std::string> take_objects();
  target::Target target;
};

struct BuildRequest {
  std::string name;     // of the bundle
  std::string options;  // for the manifest and tn_info
  bool weights_in_file = false;
  bool default_visibility = false;
  bool debug_info = false;  // names the ONNX nodes in debug information
  bool keep_text = false;   // LLVM IR
  bool keep_assembly = false;
  std::map<std::string, std::string> renames;
  std::optional<codegen::SelfTest> selftest;
};
/// All that does not depend on who makes the code: interface, constants, places of weights.
BuiltModel describe_model(LoweredModel lowered, const target::Target& target,
                          const BuildRequest& request, Diagnostics& diagnostics,
                          const Progress& progress);
/// The sizes that the code generator found, for the interface.
void set_sizes(BuiltModel& built, size_t groups, uint32_t sizes, uint64_t buffer_bytes,
               uint64_t scratch_bytes);
/// What a failed requirement at a location gives as detail.
std::function<int32_t(const Location&)> node_numbers(const BuiltModel& built);
BuiltModel build_model(LoweredModel lowered, const target::Target& target,
                       const BuildRequest& request, Diagnostics& diagnostics,
                       const Progress& progress);

}  // namespace tenon::driver
