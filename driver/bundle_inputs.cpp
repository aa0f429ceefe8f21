// Reading a bundle's description off the options.
#include "driver/bundle_inputs.h"

#include <filesystem>

#include "codegen/bundle/identifiers.h"
#include "driver/commands/commands.h"
#include "support/diagnostics.h"

namespace tenon::driver {

std::string bundle_name(const CompileOptions& options) {
  std::string name =
      options.model.name.empty()
          ? codegen::default_prefix(std::filesystem::path(options.model.model).stem().string())
          : options.model.name;
  if (Status status = codegen::check_prefix(name); !status)
    user_error({}, status.reason(), "choose another name with --name");
  return name;
}

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

BuildRequest request_of(const CompileOptions& options, const target::Target& target) {
  BuildRequest request;
  request.name = bundle_name(options);
  check_sizes(options.model, frontend::declared_interface(options.model.model));
  request.options = normal_options(options, target);
  request.weights_in_file = options.weights_in_file;
  request.default_visibility = options.default_visibility;
  request.renames = options.renames;
  return request;
}

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

}  // namespace tenon::driver
