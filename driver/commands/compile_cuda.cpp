// tenon compile --target cuda, --emit=cuda: writes a library, or a source tree, for CUDA.
//
//   compile kws.onnx -o out --target cuda   ->   out/libkws.a, kws.h, kws.hpp, ...
//   compile kws.onnx -o out --emit=cuda     ->   out/CMakeLists.txt, kws_host.c, kernels/*.cu, ...
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "codegen/bundle/archive.h"
#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/cuda_source.h"
#include "codegen/bundle/folder.h"
#include "codegen/bundle/merge_objects.h"
#include "codegen/cuda/emulator/embedded.h"
#include "driver/bundle_inputs.h"
#include "driver/commands/commands.h"
#include "driver/cuda_build.h"
#include "driver/depfile.h"
#include "driver/selftest.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

std::vector<target::GpuArchitecture> architectures_of(const CompileOptions& options) {
  if (options.gpu_architectures.empty()) return target::default_gpu_architectures();
  std::vector<target::GpuArchitecture> architectures;
  for (const std::string& name : options.gpu_architectures) {
    Result<target::GpuArchitecture> found = target::find_gpu_architecture(name);
    if (!found)
      user_error({}, found.reason(), "give a list with --gpu-arch, as in sm_80,sm_90,compute_80");
    const bool is_repeated =
        std::any_of(architectures.begin(), architectures.end(),
                    [&](const target::GpuArchitecture& other) { return other.name == name; });
    if (!is_repeated) architectures.push_back(*found);
  }
  return architectures;
}

// What other targets' libraries have and these have not.
void refuse_options(const CompileOptions& options) {
  const auto refuse = [](const std::string& option, const std::string& help) {
    user_error({}, option + " is not for CUDA", help);
  };
  const ModelOptions& model = options.model;
  if (options.pool) refuse("--pool", "leave it away: a run on a GPU has no threads of the host");
  if (options.debug_info)
    refuse("--debug-info", "leave it away; --emit=cuda writes the kernels, with the nodes' names");
  for (const std::string& kind : options.emit)
    if (kind != "lib" && kind != "cuda")
      refuse("--emit=" + kind, "leave it away; --emit=cuda, alone, writes the source tree");
  const char* host = "leave it away; --host-target names the processor of the host part";
  if (!model.target.empty() && model.target != target::cuda_target().name)
    refuse("--target " + model.target, host);
  if (!model.triple.empty()) refuse("--triple", host);
  if (!model.cpu.empty()) refuse("--cpu", host);
  if (!model.features.empty()) refuse("--features", host);
}

// "sm_80       61024 B; a kernel takes up to 40 registers, 4096 B shared, 0 B spilled; ..."
void print_variant(const codegen::VariantFacts& variant) {
  codegen::KernelFacts most;
  for (const codegen::KernelFacts& kernel : variant.kernels) {
    most.registers = std::max(most.registers, kernel.registers);
    most.shared_bytes = std::max(most.shared_bytes, kernel.shared_bytes);
    most.spill_bytes = std::max(most.spill_bytes, kernel.spill_bytes);
  }
  std::printf("  %-10s %8llu B", variant.architecture.c_str(),
              static_cast<unsigned long long>(variant.image_bytes));
  if (!variant.is_ptx)
    std::printf(", a kernel up to %lld registers, %lld B shared, %lld B spilled",
                static_cast<long long>(most.registers), static_cast<long long>(most.shared_bytes),
                static_cast<long long>(most.spill_bytes));
  std::printf("; driver for CUDA %s\n", codegen::driver_text(variant.least_driver).c_str());
}

void print_report(const CompileOptions& options, const BuiltModel& model, const CudaCode& cuda,
                  const codegen::GpuFacts& facts, const std::vector<codegen::ManifestFile>& files,
                  bool is_tree) {
  const codegen::BundleInterface& interface = model.interface;
  const uint64_t arena = facts.arena_bytes;
  if (options.json) {
    nlohmann::ordered_json result;
    result["name"] = interface.name;
    result["model"] = interface.model_file;
    result["target"] = "cuda";
    result["holds"] = cuda.tables.holds;
    result["files"] = nlohmann::ordered_json::array();
    for (const codegen::ManifestFile& file : files)
      result["files"].push_back(
          {{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
    result["gpu"] = codegen::gpu_json(facts);
    result["kernels"] = cuda.code.kernels.size();
    result["image_bytes"] = cuda.tables.images.size();
    result["weights_bytes"] = interface.weights_bytes;
    result["arena_bytes"] = arena;
    std::printf("%s\n", result.dump(2).c_str());
    return;
  }
  std::printf("%s for cuda, in %s\n", interface.name.c_str(), options.output_folder.c_str());
  std::printf("  holds    %s\n", cuda.tables.holds.c_str());
  std::printf("  kernels  %zu in %zu launches, %zu bytes of images, by %s\n",
              cuda.code.kernels.size(), cuda.code.plan.launches.size(), cuda.tables.images.size(),
              cuda.compiler.c_str());
  for (const codegen::VariantFacts& variant : facts.variants) print_variant(variant);
  std::printf("  weights  %llu B%s\n", static_cast<unsigned long long>(interface.weights_bytes),
              interface.weights_embedded ? "" : " in a file");
  std::printf("  arena    %llu B of device memory\n", static_cast<unsigned long long>(arena));
  for (const codegen::ManifestFile& file : files)
    if (file.name.find('/') == std::string::npos)
      std::printf("  file     %s, %llu B\n", file.name.c_str(),
                  static_cast<unsigned long long>(file.bytes));
  std::fputs(codegen::kernel_table(facts).c_str(), stdout);
  const char* folder = options.output_folder.c_str();
  if (is_tree)
    std::printf("build: cmake -S %s -B build && cmake --build build\n", folder);
  else
    std::printf("link: cc program.c -I%s %s/lib%s.a\n", folder, folder, interface.name.c_str());
}

std::vector<codegen::SourceFile> tree_of(const BuiltModel& model, const CudaCode& cuda) {
  std::vector<codegen::CudaSourceKernel> kernels;
  for (const codegen::PrintedKernel& kernel : cuda.code.kernels)
    kernels.push_back({kernel.name, kernel.text});
  std::vector<codegen::SourceFile> prelude;
  for (const codegen::EmbeddedHeader& header : codegen::kernel_headers())
    prelude.push_back({header.name, std::string(header.text)});
  return codegen::cuda_source_tree(model.interface, cuda.tables, kernels, prelude);
}

}  // namespace

int run_compile_cuda(const CompileOptions& options) {
  Progress progress = terminal_progress(options.json);
  Diagnostics diagnostics;
  refuse_options(options);
  const bool is_tree =
      std::find(options.emit.begin(), options.emit.end(), "cuda") != options.emit.end();
  const std::vector<target::GpuArchitecture> architectures = architectures_of(options);
  ModelOptions host_options;
  host_options.target = options.host_target;
  const target::Target host = resolve_target(host_options, "x86-64-v2");
  if (host.architecture != target::Architecture::x86_64 &&
      host.architecture != target::Architecture::aarch64)
    user_error({}, "the host part for CUDA is for x86-64 or AArch64, not for " + host.name,
               "give --host-target one of those, as x86-64-v2 or neoverse-n1");
  BuildRequest request = request_of(options, target::cuda_target());
  if (options.selftest) request.selftest = make_selftest(options, progress);

  LoweredModel lowered = lower_model(options.model, target::cuda_target(), diagnostics, progress);
  std::vector<std::string> model_files = lowered.file->external_files();
  model_files.insert(model_files.begin(), options.model.model);
  codegen::ManifestDetails details;
  details.inputs = inputs_of(options, *lowered.file);
  BuiltModel model =
      describe_model(std::move(lowered), target::cuda_target(), request, diagnostics, progress);
  const CudaCode cuda = build_cuda(model, architectures, CudaImages::kCompiled, host, progress);
  details.gpu = gpu_facts(model, cuda);

  progress("writing " + options.output_folder);
  const std::string &name = request.name, library = "lib" + name + ".a";
  const bool weights_file = is_tree || options.weights_in_file;
  std::vector<codegen::SourceFile> files;
  if (is_tree)
    files = tree_of(model, cuda);
  else
    files = {{name + ".h", codegen::write_cuda_header(model.interface, cuda.tables)},
             {name + ".hpp", codegen::write_cuda_cpp_header(model.interface)}};
  std::vector<std::string> names;
  for (const codegen::SourceFile& file : files) names.push_back(file.name);
  if (!is_tree) names.push_back(library);
  if (weights_file) names.push_back(name + "_weights.bin");
  codegen::BundleFolder folder({options.output_folder, name, model_files, options.force}, names);
  for (const codegen::SourceFile& file : files) folder.write(file.name, file.text);
  if (!is_tree) {
    const std::string object = host_object(model, cuda, host);
    const codegen::ObjectFacts facts =
        codegen::read_object_facts(llvm::MemoryBufferRef(object, name));
    details.undefined_symbols = facts.undefined_symbols;
    details.code_bytes = facts.code_bytes;
    Status written = codegen::write_archive(folder.temporary_path(library),
                                            {{name + ".o", llvm::MemoryBufferRef(object, name)}});
    if (!written) user_error({model.module().model_file, "", 0, 0}, written.reason(), "");
  }
  if (weights_file)
    folder.write(name + "_weights.bin", [&](llvm::raw_pwrite_stream& out) {
      codegen::write_weights_file(out, model.interface,
                                  weights_source(model.weights, *model.constants));
    });
  const std::vector<codegen::ManifestFile> written = folder.commit(model.interface, details);
  if (!options.depfile.empty()) {
    if (!options.model.schedule_file.empty()) model_files.push_back(options.model.schedule_file);
    write_depfile(options.depfile,
                  options.output_folder + "/" + (is_tree ? "CMakeLists.txt" : library),
                  model_files);
  }
  progress("");
  print_warnings(diagnostics);
  print_report(options, model, cuda, *details.gpu, written, is_tree);
  return 0;
}

}  // namespace tenon::driver
