// Printing a model as source.
#include "driver/source_build.h"

#include <llvm/Support/raw_ostream.h>

#include <filesystem>

#include "codegen/bundle/folder.h"
#include "codegen/bundle/header.h"
#include "driver/npz.h"
#include "ir/loop/text.h"

namespace tenon::driver {
namespace {

namespace fs = std::filesystem;

// What N_STACK_BYTES promises where the compiler that will build the kernels is not known: the most
// that any bundle may use.
constexpr uint64_t kMostStackBytes = 16384;

}  // namespace

SourceModel build_source(LoweredModel lowered, const target::Target& target,
                         const BuildRequest& request, Diagnostics& diagnostics,
                         const Progress& progress) {
  SourceModel model;
  model.built = describe_model(std::move(lowered), target, request, diagnostics, progress);
  BuiltModel& built = model.built;
  progress("printing kernels");
  codegen::cpp::ModuleOptions options;
  options.prefix = request.name;
  for (const codegen::InterfaceDim& dim : built.interface.dims) options.dims.push_back(dim.name);
  for (const codegen::InterfaceTensor& tensor : built.interface.tensors)
    options.io_members.push_back(tensor.identifier);
  for (const WeightsPlan::Place& place : built.weights.places)
    options.weight_offsets[place.constant->buffer.name] = static_cast<uint64_t>(place.offset);
  options.node_number = node_numbers(built);
  Result<codegen::cpp::ModuleText> text =
      codegen::cpp::print_module(built.module(), target, options);
  if (!text)
    user_error({built.module().model_file, "", 0, 0}, text.reason(),
               "give the function another schedule with --schedule=FILE");
  model.text = std::move(*text);
  // Who calls the model asks the parts which group runs what.
  for (const codegen::cpp::Kernel& kernel : model.text.kernels) {
    codegen::CompiledKernel named;
    named.function = kernel.function;
    named.symbol = kernel.symbol;
    built.code.kernels.push_back(std::move(named));
  }
  for (const codegen::cpp::Group& group : model.text.groups)
    built.code.groups.push_back({group.kernel, group.location});
  set_sizes(built, model.text.groups.size(), model.text.size_count, model.text.buffer_bytes_most,
            model.text.scratch_bytes_most);
  built.interface.stack_bytes = kMostStackBytes;
  model.files = codegen::cpp::source_tree(built.interface, model.text, built.lowered.kernels);
  return model;
}

std::vector<std::string> sources_of(const std::string& name,
                                    const std::vector<std::string>& kernel_files) {
  std::vector<std::string> sources = {name + "_model.c", name + "_weights.c"};
  sources.insert(sources.end(), kernel_files.begin(), kernel_files.end());
  return sources;
}

void write_tree(const std::string& folder, const SourceModel& model) {
  const codegen::BundleInterface& interface = model.built.interface;
  auto write = [&](const std::string& name, const codegen::FileWriter& writer) {
    fs::path path = fs::path(folder) / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    llvm::raw_fd_ostream out(path.string(), error);
    if (error) user_error({path, "", 0, 0}, "cannot be written: " + error.message());
    writer(out);
  };
  for (const codegen::cpp::TreeFile& file : model.files)
    write(file.name, [&](llvm::raw_ostream& out) { out << file.text; });
  write(interface.name + ".h",
        [&](llvm::raw_ostream& out) { out << codegen::write_header(interface); });
  write(interface.name + "_weights.bin", [&](llvm::raw_ostream& out) {
    codegen::write_weights_file(out, interface,
                                weights_source(model.built.weights, *model.built.constants));
  });
}

std::vector<std::string> host_objects(const HostCompiler& compiler, const SourceModel& model) {
  TemporaryFolder folder;
  write_tree(folder.path(), model);
  std::vector<std::string> kernels, objects;
  for (const codegen::cpp::Kernel& kernel : model.text.kernels) kernels.push_back(kernel.file);
  const codegen::BundleInterface& interface = model.built.interface;
  for (const std::string& path :
       build_objects(compiler, folder.path(), interface, sources_of(interface.name, kernels),
                     folder.path())) {
    std::vector<uint8_t> bytes = read_file(path);
    objects.emplace_back(bytes.begin(), bytes.end());
  }
  return objects;
}

}  // namespace tenon::driver
