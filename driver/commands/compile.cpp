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
#include "driver/commands/commands.h"
#include "driver/depfile.h"
#include "driver/selftest.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

bool wants(const CompileOptions& options, const std::string& kind) {
  return std::find(options.emit.begin(), options.emit.end(), kind) != options.emit.end();
}

std::string bundle_name(const CompileOptions& options) {
  std::string name =
      options.model.name.empty()
          ? codegen::default_prefix(std::filesystem::path(options.model.model).stem().string())
          : options.model.name;
  if (Status status = codegen::check_prefix(name); !status)
    user_error({}, status.reason(), "choose another name with --name");
  return name;
}

// What the library's bytes depend on beside its name and the files that are read, in one order.
std::string normal_options(const CompileOptions& options, const target::Target& target) {
  const ModelOptions& model = options.model;
  std::string text;
  for (const auto& [option, value] : {std::pair("--triple=", model.triple),
                                      {"--cpu=", model.cpu},
                                      {"--features=", model.features}})
    if (!value.empty()) text += (text.empty() ? "" : " ") + (option + value);
  if (text.empty()) text = "--target=" + target.name;
  for (const auto& [name, range] : model.dims)
    text += " --dim " + name + "=" + std::to_string(range.least) +
            (range.most != range.least ? ".." + std::to_string(range.most) : "");
  for (const auto& [input, shape] : model.shapes) {
    text += " --shape " + input + "=";
    for (size_t i = 0; i < shape.size(); ++i) text += (i ? "," : "") + std::to_string(shape[i]);
  }
  if (model.no_schedule) text += " --no-schedule";
  if (options.debug_info) text += " --debug-info";
  if (options.weights_in_file) text += " --weights=file";
  if (options.default_visibility) text += " --visibility=default";
  for (const auto& [name, identifier] : options.renames)
    text += " --rename " + name + "=" + identifier;
  if (options.selftest) text += " --selftest";
  for (const auto& [name, size] : model.at)  // the self-test's size
    if (options.selftest) text += " --at " + name + "=" + std::to_string(size);
  return text;
}

// The files that the build read. External data are named as seen from the model's folder, outside
// of which no model may reach.
codegen::BuildInputs inputs_of(const CompileOptions& options, const frontend::ModelFile& model) {
  namespace fs = std::filesystem;
  codegen::BuildInputs inputs;
  inputs.model_files.push_back({model.base_name, model.sha256, fs::file_size(options.model.model)});
  fs::path folder = fs::absolute(options.model.model).parent_path();
  for (const std::string& path : model.external_files())
    inputs.model_files.push_back(codegen::describe_file(
        fs::absolute(path).lexically_normal().lexically_relative(folder.lexically_normal()), path));
  const std::string& schedule = options.model.schedule_file;
  if (!schedule.empty())
    inputs.schedule_files.push_back(
        codegen::describe_file(fs::path(schedule).filename(), schedule));
  return inputs;
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
  result["cpu_features"] = target::to_string(model.target.features);
  std::printf("%s\n", result.dump(2).c_str());
}

}  // namespace

int run_compile(const CompileOptions& options) {
  Progress progress = terminal_progress(options.json);
  Diagnostics diagnostics;
  target::Target target = resolve_target(options.model, "x86-64-v3");
  BuildRequest request;
  request.name = bundle_name(options);
  check_sizes(options.model, frontend::declared_interface(options.model.model));
  request.options = normal_options(options, target);
  request.weights_in_file = options.weights_in_file;
  request.default_visibility = options.default_visibility;
  request.debug_info = options.debug_info;
  request.keep_text = wants(options, "llvm-ir");
  request.keep_assembly = wants(options, "asm");
  request.renames = options.renames;

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
