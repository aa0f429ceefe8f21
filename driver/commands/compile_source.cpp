// tenon compile --emit=cpp: writes a source tree.
//
//   compile kws.onnx -o out --emit=cpp   ->   out/CMakeLists.txt, kws.h, kws_model.c, kernels/*.cpp, ...
#include <llvm/Support/raw_ostream.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "codegen/bundle/folder.h"
#include "codegen/bundle/header.h"
#include "driver/bundle_inputs.h"
#include "driver/commands/commands.h"
#include "driver/depfile.h"
#include "driver/selftest.h"
#include "driver/source_build.h"

namespace tenon::driver {
namespace {

void print_summary(const CompileOptions& options, const SourceModel& model,
                   const std::vector<codegen::ManifestFile>& files) {
  const codegen::BundleInterface& interface = model.built.interface;
  if (options.json) {
    nlohmann::ordered_json result;
    result["name"] = interface.name;
    result["model"] = interface.model_file;
    result["target"] = interface.target;
    result["files"] = nlohmann::ordered_json::array();
    for (const codegen::ManifestFile& file : files)
      result["files"].push_back(
          {{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
    result["weights_bytes"] = interface.weights_bytes;
    std::printf("%s\n", result.dump(2).c_str());
    return;
  }
  std::printf("%s for %s, as C++ source in %s\n", interface.name.c_str(), interface.target.c_str(),
              options.output_folder.c_str());
  std::printf("  kernels  %zu, in %s/kernels\n", model.text.kernels.size(),
              options.output_folder.c_str());
  for (const codegen::ManifestFile& file : files)
    if (file.name.find('/') == std::string::npos)
      std::printf("  file     %s, %llu B\n", file.name.c_str(),
                  static_cast<unsigned long long>(file.bytes));
  if (codegen::cpp::is_architecture(interface.triple, target::Architecture::x86_64))
    std::printf("build: cmake -S %s -B build && cmake --build build    or: tenon pack %s\n",
                options.output_folder.c_str(), options.output_folder.c_str());
  else
    std::printf(
        "build: CXX=\"clang++ --target=%s\" tenon pack %s    or with CMake and a toolchain file\n",
        interface.triple.c_str(), options.output_folder.c_str());
}

}  // namespace

int run_compile_source(const CompileOptions& options) {
  Progress progress = terminal_progress(options.json);
  Diagnostics diagnostics;
  target::Target target = resolve_target(options.model, "x86-64-v3");
  BuildRequest request = request_of(options, target);

  LoweredModel lowered = lower_model(options.model, target, diagnostics, progress);
  if (options.selftest) request.selftest = make_selftest(options, progress);
  std::vector<std::string> model_files = lowered.file->external_files();
  model_files.push_back(options.model.model);
  codegen::BuildInputs inputs = inputs_of(options, *lowered.file);
  SourceModel model = build_source(std::move(lowered), target, request, diagnostics, progress);

  progress("writing " + options.output_folder);
  const std::string& name = request.name;
  std::vector<std::string> names = {name + ".h", name + ".hpp", name + "_weights.bin"};
  for (const codegen::cpp::TreeFile& file : model.files) names.push_back(file.name);
  codegen::BundleFolder folder({options.output_folder, name, model_files, options.force}, names);
  folder.write(name + ".h", codegen::write_header(model.built.interface));
  folder.write(name + ".hpp", codegen::write_cpp_header(model.built.interface));
  folder.write(name + "_weights.bin", [&](llvm::raw_pwrite_stream& out) {
    codegen::write_weights_file(out, model.built.interface,
                                weights_source(model.built.weights, *model.built.constants));
  });
  for (const codegen::cpp::TreeFile& file : model.files) folder.write(file.name, file.text);
  codegen::ManifestDetails details;
  details.inputs = inputs;
  for (const codegen::cpp::Kernel& kernel : model.text.kernels)
    details.kernels.push_back({kernel.file, kernel.function, kernel.symbol});
  std::vector<codegen::ManifestFile> files = folder.commit(model.built.interface, details);
  if (!options.depfile.empty()) {
    if (!options.model.schedule_file.empty()) model_files.push_back(options.model.schedule_file);
    write_depfile(options.depfile, options.output_folder + "/CMakeLists.txt", model_files);
  }
  progress("");
  print_warnings(diagnostics);
  print_summary(options, model, files);
  return 0;
}

}  // namespace tenon::driver
