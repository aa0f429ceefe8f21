// tenon compile: writes a bundle.
//
//   compile kws.onnx -o out   ->   out/libkws.a, kws.h, kws.hpp, manifest.json, and a summary
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "codegen/bundle/folder.h"
#include "codegen/bundle/identifiers.h"
#include "codegen/bundle/write_bundle.h"
#include "driver/bundle_inputs.h"
#include "driver/commands/commands.h"
#include "driver/depfile.h"
#include "driver/selftest.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

bool wants(const CompileOptions& options, const std::string& kind) {
  return std::find(options.emit.begin(), options.emit.end(), kind) != options.emit.end();
}

std::string bytes_text(uint64_t bytes) {
  char text[32];
  if (bytes >= uint64_t{10} << 20)
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  else if (bytes >= uint64_t{10} << 10)
    std::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
  else
    std::snprintf(text, sizeof text, "%llu B", static_cast<unsigned long long>(bytes));
  return text;
}

void print_summary(const CompileOptions& options, const BuiltModel& model,
                   const codegen::BundleReport& report) {
  const codegen::BundleInterface& interface = model.interface;
  const loop::Module& module = model.module();
  uint64_t bound = static_cast<uint64_t>(*as_int(module.arena_lower_bound));
  std::printf("%s for %s, in %s\n", interface.name.c_str(), model.target.name.c_str(),
              options.output_folder.c_str());
  std::printf("  code     %s in %zu kernels\n", bytes_text(report.code_bytes).c_str(),
              model.code.kernels.size());
  std::printf("  weights  %s%s\n", bytes_text(interface.weights_bytes).c_str(),
              interface.weights_embedded ? "" : " in a file");
  std::printf("  arena    %s, %s of it buffers (lower bound %s)\n",
              bytes_text(codegen::arena_bytes_most(interface).fixed +
                         codegen::arena_bytes_most(interface).scratch)
                  .c_str(),
              bytes_text(interface.buffer_bytes_most).c_str(), bytes_text(bound).c_str());
  std::printf("  stack    %s\n", bytes_text(interface.stack_bytes).c_str());
  for (const codegen::ManifestFile& file : report.files)
    std::printf("  file     %s, %s\n", file.name.c_str(), bytes_text(file.bytes).c_str());
  std::printf(
      "  needs    %s; processor: %s\n",
      report.undefined_symbols.empty() ? "nothing" : join(report.undefined_symbols, " ").c_str(),
      target::to_string(model.target.features).c_str());
  std::printf("link: cc program.c -I%s %s/lib%s.a\n", options.output_folder.c_str(),
              options.output_folder.c_str(), interface.name.c_str());
}

void print_json(const BuiltModel& model, const codegen::BundleReport& report) {
  const codegen::BundleInterface& interface = model.interface;
  codegen::ArenaBytes arena = codegen::arena_bytes_most(interface);
  nlohmann::ordered_json result;
  result["name"] = interface.name;
  result["model"] = interface.model_file;
  result["target"] = model.target.name;
  result["files"] = nlohmann::ordered_json::array();
  for (const codegen::ManifestFile& file : report.files)
    result["files"].push_back(
        {{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  result["code_bytes"] = report.code_bytes;
  result["weights_bytes"] = interface.weights_bytes;
  result["arena_bytes"] = arena.fixed + arena.scratch;
  result["buffer_bytes"] = interface.buffer_bytes_most;
  result["arena_lower_bound_bytes"] = *as_int(model.module().arena_lower_bound);
  result["stack_bytes"] = interface.stack_bytes;
  result["undefined_symbols"] = report.undefined_symbols;
  // Of the kernels whose innermost loops keep a vector in the frame: in register tiles, and in all.
  result["tile_spills"] = nlohmann::ordered_json::object();
  result["vector_spills"] = nlohmann::ordered_json::object();
  for (const codegen::CompiledKernel& kernel : model.code.kernels) {
    const codegen::FunctionReport& found = kernel.report();
    if (found.tile_spills > 0) result["tile_spills"][kernel.symbol] = found.tile_spills;
    if (found.vector_spills > 0) result["vector_spills"][kernel.symbol] = found.vector_spills;
  }
  result["cpu_features"] = target::to_string(model.target.features);
  std::printf("%s\n", result.dump(2).c_str());
}

}  // namespace

int run_compile(const CompileOptions& options) {
  const bool names_cuda = options.model.target == target::cuda_target().name;
  if (names_cuda && wants(options, "cpp"))
    user_error({}, "--emit=cpp is not for CUDA", "--emit=cuda writes the source tree");
  if (names_cuda || wants(options, "cuda")) return run_compile_cuda(options);
  if (!options.gpu_architectures.empty() || !options.host_target.empty())
    user_error({},
               std::string(options.host_target.empty() ? "--gpu-arch" : "--host-target") +
                   " is for CUDA only",
               "add --target cuda for a library, or --emit=cuda for a source tree");
  if (wants(options, "cpp")) return run_compile_source(options);
  Progress progress = terminal_progress(options.json);
  Diagnostics diagnostics;
  target::Target target = resolve_target(options.model, "x86-64-v3");
  BuildRequest request = request_of(options, target);
  request.debug_info = options.debug_info;
  request.keep_text = wants(options, "llvm-ir");
  request.keep_assembly = wants(options, "asm");

  codegen::BundleChoice choice;
  choice.weights_file = options.weights_in_file;
  choice.object = wants(options, "obj");
  choice.pool = options.pool;
  if (wants(options, "llvm-ir")) choice.other_files.push_back(request.name + ".ll");
  if (wants(options, "asm")) choice.other_files.push_back(request.name + ".s");
  codegen::BundleFolder folder(
      {options.output_folder, request.name, {options.model.model}, options.force},
      codegen::bundle_file_names(request.name, choice));

  LoweredModel lowered = lower_model(options.model, target, diagnostics, progress);
  folder.protect(lowered.file->external_files());
  if (options.selftest) request.selftest = make_selftest(options, progress);
  BuiltModel model = build_model(std::move(lowered), target, request, diagnostics, progress);

  progress("writing " + options.output_folder);
  if (wants(options, "llvm-ir")) folder.write(request.name + ".ll", model.whole_text);
  if (wants(options, "asm")) folder.write(request.name + ".s", model.assembly);
  codegen::BundleParts parts;
  parts.main = std::move(model.code.main);
  for (const codegen::CompiledKernel& kernel : model.code.kernels)
    parts.kernel_objects.emplace_back(kernel.object.bytes, kernel.symbol);
  parts.weights = weights_source(model.weights, *model.constants);
  parts.emit = model.emitter();
  Result<codegen::BundleReport> report = codegen::write_bundle(
      folder, model.interface, std::move(parts), choice, inputs_of(options, *model.lowered.file));
  if (!report)
    user_error({model.lowered.file->base_name, "", 0, 0}, report.reason(),
               "give large functions another schedule with --schedule=FILE");
  if (!options.depfile.empty()) {
    std::vector<std::string> inputs = model.lowered.file->external_files();
    inputs.insert(inputs.begin(), options.model.model);
    if (!options.model.schedule_file.empty()) inputs.push_back(options.model.schedule_file);
    write_depfile(options.depfile, options.output_folder + "/lib" + request.name + ".a", inputs);
  }
  progress("");
  print_warnings(diagnostics);
  if (options.json)
    print_json(model, *report);
  else
    print_summary(options, model, *report);
  return 0;
}

}  // namespace tenon::driver
