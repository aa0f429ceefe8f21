// tenon pack: a source tree whose kernels a person has edited becomes a library again.
//
//   pack out   ->   out/libkws.a, out/manifest.json with the new hashes;
//              or   "kernels/conv1_relu.cpp: y[0, 3] is 1.25, the loop function gives 1.5", exit 1
#include <llvm/Support/MemoryBuffer.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "codegen/bundle/archive.h"
#include "codegen/bundle/manifest.h"
#include "driver/check_kernel.h"
#include "driver/commands/commands.h"
#include "driver/source_build.h"
#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct SourceBundle {
  std::string folder;
  Json manifest;
  codegen::BundleInterface interface;  // name, target, triple and processor features only
  std::vector<codegen::ManifestFile> files;
  std::vector<codegen::ManifestKernel> kernels;
};

[[noreturn]] void refuse(const std::string& folder, const std::string& message) {
  user_error({folder, "", 0, 0}, message, "give a folder that `tenon compile --emit=cpp` wrote");
}

std::string text_of_file(const std::string& path) {
  std::vector<uint8_t> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

SourceBundle read_bundle(const std::string& folder) {
  SourceBundle bundle;
  bundle.folder = folder;
  if (!fs::is_directory(folder)) refuse(folder, "is not a folder");
  std::string path = folder + "/manifest.json";
  if (!fs::exists(path)) refuse(folder, "holds no manifest.json");
  std::string text = text_of_file(path);
  codegen::FoundManifest found = codegen::read_manifest(text);
  if (!found.is_readable) refuse(path, "was not written by tenon");
  bundle.manifest = Json::parse(text);
  bundle.files = found.files;
  bundle.interface.name = found.name;
  const Json& kernels = bundle.manifest.value("kernels", Json::array());
  if (!kernels.is_array() || kernels.empty())
    refuse(folder, "holds a bundle without kernels as source");
  try {
    for (const Json& kernel : kernels)
      bundle.kernels.push_back({kernel.at("file"), kernel.at("function"), kernel.at("symbol")});
    bundle.interface.target = bundle.manifest.at("target");
    bundle.interface.triple = bundle.manifest.at("triple");
    for (const Json& feature : bundle.manifest.at("cpu_features"))
      for (target::CpuFeature known : target::all_cpu_features())
        if (feature == target::name(known))
          bundle.interface.cpu_features |= uint64_t{1} << static_cast<int>(known);
  } catch (const Json::exception&) {
    refuse(path, "is damaged");
  }
  return bundle;
}

// Files that are not as the manifest says. Only kernels may be.
std::vector<const codegen::ManifestKernel*> changed_kernels(const SourceBundle& bundle) {
  std::vector<const codegen::ManifestKernel*> changed;
  Diagnostics diagnostics;
  for (const codegen::ManifestFile& file : bundle.files) {
    std::string path = bundle.folder + "/" + file.name;
    if (!fs::exists(path)) {
      if (file.name != "lib" + bundle.interface.name + ".a")
        diagnostics.error({path, "", 0, 0}, "is missing").help("compile the model again");
      continue;
    }
    if (codegen::describe_file(file.name, path).sha256 == file.sha256) continue;
    const codegen::ManifestKernel* kernel = nullptr;
    for (const codegen::ManifestKernel& known : bundle.kernels)
      if (known.file == file.name) kernel = &known;
    if (kernel)
      changed.push_back(kernel);
    else if (file.name == bundle.interface.name + ".tenon")
      diagnostics.error({path, "", 0, 0}, "was changed: kernels are verified against it")
          .help("compile the model again, with --schedule=FILE for other loops");
  }
  diagnostics.checkpoint();
  return changed;
}

void check_changed(const SourceBundle& bundle,
                   const std::vector<const codegen::ManifestKernel*>& changed,
                   const std::vector<std::string>& sources, const std::vector<std::string>& objects,
                   const HostCompiler& compiler, const std::string& work) {
  if (changed.empty()) return;
  Result<target::Target> target = target::find_target(bundle.interface.target);
  if (!target) target = target::native_target();
  if (!target) user_error({}, target.reason());
  if (!target::native_target() ||
      !codegen::cpp::is_architecture(bundle.interface.triple, target::Architecture::x86_64) ||
      (bundle.interface.cpu_features & ~target::native_target()->features.bits()) != 0)
    user_error({bundle.folder, "", 0, 0},
               "this processor does not run kernels for " + bundle.interface.target,
               "pack on a machine that does, or build with CMake, which verifies nothing");
  std::string file = bundle.folder + "/" + bundle.interface.name + ".tenon";
  loop::Module module = parse_program_of_any_level(text_of_file(file), file).module;
  Diagnostics diagnostics;
  for (const codegen::ManifestKernel* kernel : changed) {
    const loop::Function* function = module.find_function(kernel->function);
    if (!function) refuse(file, "has no function @" + kernel->function);
    size_t place = static_cast<size_t>(std::find(sources.begin(), sources.end(), kernel->file) -
                                       sources.begin());
    std::string difference = check_kernel({kernel, function, objects.at(place)}, module, *target,
                                          compiler, bundle.interface, bundle.folder, work);
    if (!difference.empty())
      diagnostics.error({bundle.folder + "/" + kernel->file, "", 0, 0}, difference)
          .help("the library and the manifest were left as they were");
  }
  diagnostics.checkpoint();
}

// The library and the manifest, written beside their places and renamed, the manifest last.
void write_results(SourceBundle& bundle, const std::vector<const codegen::ManifestKernel*>& changed,
                   const std::vector<std::string>& objects) {
  std::string library = "lib" + bundle.interface.name + ".a";
  std::string temporary = bundle.folder + "/.tenon-pack-" + library;
  std::string manifest = bundle.folder + "/.tenon-pack-manifest.json";
  auto clean = [&] {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    fs::remove(manifest, ignored);
  };
  try {
    std::vector<std::string> bytes;
    for (const std::string& path : objects) bytes.push_back(text_of_file(path));
    std::vector<codegen::ArchiveMember> members;
    for (size_t i = 0; i < objects.size(); ++i)
      members.push_back({fs::path(objects[i]).filename(), {bytes[i], objects[i]}});
    if (Status written = codegen::write_archive(temporary, members); !written)
      user_error({library, "", 0, 0}, written.reason());
    Json& files = bundle.manifest["files"];
    bool is_listed = false;
    for (Json& file : files) {
      std::string name = file["name"];
      is_listed = is_listed || name == library;
      std::string path = name == library ? temporary : bundle.folder + "/" + name;
      codegen::ManifestFile now = codegen::describe_file(name, path);
      file["sha256"] = now.sha256;
      file["bytes"] = now.bytes;
      for (const codegen::ManifestKernel* kernel : changed)
        if (name == kernel->file) file["edited"] = true;
    }
    if (!is_listed) {
      codegen::ManifestFile now = codegen::describe_file(library, temporary);
      files.push_back({{"name", now.name}, {"sha256", now.sha256}, {"bytes", now.bytes}});
    }
    std::ofstream out(manifest);
    out << bundle.manifest.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    out.close();
    if (!out) user_error({manifest, "", 0, 0}, "cannot be written");
    fs::rename(temporary, bundle.folder + "/" + library);
    fs::rename(manifest, bundle.folder + "/manifest.json");
  } catch (const fs::filesystem_error& error) {
    clean();
    user_error({bundle.folder, "", 0, 0}, error.what());
  } catch (...) {
    clean();
    throw;
  }
}

}  // namespace

int run_pack(const std::string& folder) {
  Progress progress = terminal_progress(false);
  SourceBundle bundle = read_bundle(folder);
  std::vector<const codegen::ManifestKernel*> changed = changed_kernels(bundle);
  HostCompiler compiler = HostCompiler::find();
  compiler.require_code_for(bundle.interface.triple);
  TemporaryFolder work;
  std::vector<std::string> kernels;
  for (const codegen::ManifestKernel& kernel : bundle.kernels) kernels.push_back(kernel.file);
  std::vector<std::string> sources = sources_of(bundle.interface.name, kernels);
  progress("building with " + compiler.name());
  std::string absolute = fs::absolute(folder).lexically_normal();
  std::vector<std::string> objects =
      build_objects(compiler, absolute, bundle.interface, sources, work.path());
  progress("verifying");
  check_changed(bundle, changed, sources, objects, compiler, work.path());
  write_results(bundle, changed, objects);
  progress("");
  for (const codegen::ManifestKernel* kernel : changed)
    std::printf("%s: agrees with @%s\n", kernel->file.c_str(), kernel->function.c_str());
  std::printf("%s/lib%s.a: %zu kernels, %zu of them changed, built with %s\n", folder.c_str(),
              bundle.interface.name.c_str(), bundle.kernels.size(), changed.size(),
              compiler.name().c_str());
  return 0;
}

}  // namespace tenon::driver
