// manifest.cpp: manifest.json.
//
//   interface of mlp + its files  ->  {"tenon": "0.1.0", "name": "mlp", "files": [{"name":
//   "libmlp.a",
//                                      "sha256": ..., "bytes": ...}, ...], "inputs": [...], ...}
#include "codegen/bundle/manifest.h"

#include <fmt/format.h>
#include <llvm/Support/MemoryBuffer.h>
#include <nlohmann/json.hpp>

#include "codegen/bundle/header.h"
#include "support/diagnostics.h"
#include "support/sha256.h"
#include "target/cpu_features.h"

namespace tenon::codegen {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;  // of the manifest; another number is another format

Json files_of(const std::vector<ManifestFile>& files) {
  Json list = Json::array();
  for (const ManifestFile& file : files)
    list.push_back({{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  return list;
}

Json tensors_of(const BundleInterface& interface, TensorRole role) {
  Json list = Json::array();
  for (const InterfaceTensor& tensor : interface.tensors) {
    if (tensor.role != role) continue;
    Json shape = Json::array(), least = Json::array(), most = Json::array();
    for (const InterfaceExtent& extent : tensor.shape) {
      shape.push_back(extent.text);
      least.push_back(extent.least);
      most.push_back(extent.most);
    }
    list.push_back({{"name", tensor.name},
                    {"identifier", tensor.identifier},
                    {"dtype", name_of(tensor.dtype)},
                    {"shape", shape},
                    {"least", least},
                    {"most", most}});
  }
  return list;
}

Json dims_of(const BundleInterface& interface) {
  Json list = Json::array();
  for (const InterfaceDim& dim : interface.dims)
    list.push_back({{"name", dim.name},
                    {"identifier", dim.identifier},
                    {"least", dim.least},
                    {"most", dim.most}});
  return list;
}

Json features_of(const BundleInterface& interface) {
  Json list = Json::array();
  for (const target::CpuFeature feature : target::all_cpu_features())
    if (interface.cpu_features >> static_cast<int>(feature) & 1)
      list.push_back(target::name(feature));
  return list;
}

Json sizes_of(const BundleInterface& interface, const ManifestDetails& details) {
  Json sizes = {{"code_bytes", details.code_bytes}, {"weights_bytes", interface.weights_bytes}};
  if (details.gpu) {
    sizes["arena_bytes"] = details.gpu->arena_bytes;
    return sizes;
  }
  const ArenaBytes arena = arena_bytes_most(interface);
  sizes["arena_bytes"] = arena.fixed;
  sizes["arena_bytes_per_thread"] = arena.scratch;
  sizes["stack_bytes"] = interface.stack_bytes;
  return sizes;
}

// The options of the interface are in the library as well, where schedules show as the code that
// they make: equal code makes equal libraries, whatever file it came from.
std::string options_of(const BundleInterface& interface, const BuildInputs& inputs) {
  std::string options = interface.options;
  for (const ManifestFile& file : inputs.schedule_files) options += " --schedule=" + file.name;
  return options;
}

}  // namespace

ManifestFile describe_file(const std::string& name, const std::string& path) {
  const auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                                  /*RequiresNullTerminator=*/false);
  if (!buffer) user_error({path, ""}, "cannot be read: " + buffer.getError().message());
  const std::span bytes(reinterpret_cast<const uint8_t*>((*buffer)->getBufferStart()),
                        (*buffer)->getBufferSize());
  return {name, sha256_hex(bytes), bytes.size()};
}

std::string write_manifest(const BundleInterface& interface, const ManifestDetails& details) {
  Json manifest;
  manifest["tenon"] = interface.version;
  manifest["format"] = kFormat;
  manifest["license"] = "0BSD";  // of the bundle
  manifest["name"] = interface.name;
  manifest["model"] = {{"file", interface.model_file},
                       {"sha256", interface.model_sha256},
                       {"files", files_of(details.inputs.model_files)}};
  manifest["schedules"] = files_of(details.inputs.schedule_files);
  manifest["triple"] = interface.triple;
  manifest["target"] = interface.target;
  manifest["options"] = options_of(interface, details.inputs);
  manifest["abi"] =
      fmt::format("0x{:08x}", details.gpu ? details.gpu->abi : interface_abi(interface));
  manifest["files"] = files_of(details.files);
  if (!details.kernels.empty()) {
    Json kernels = Json::array();
    for (const ManifestKernel& kernel : details.kernels)
      kernels.push_back(
          {{"file", kernel.file}, {"function", kernel.function}, {"symbol", kernel.symbol}});
    manifest["kernels"] = kernels;
  }
  manifest["dims"] = dims_of(interface);
  manifest["inputs"] = tensors_of(interface, TensorRole::kInput);
  manifest["outputs"] = tensors_of(interface, TensorRole::kOutput);
  manifest["sizes"] = sizes_of(interface, details);
  if (details.gpu) manifest["gpu"] = gpu_json(*details.gpu);
  manifest["weights"] = {{"place", interface.weights_embedded ? "embed" : "file"},
                         {"layout", fmt::format("{:016x}{:016x}", interface.weights_layout[0],
                                                interface.weights_layout[1])}};
  manifest["cpu_features"] = features_of(interface);
  manifest["undefined_symbols"] = details.undefined_symbols;
  // Names of a model may be any bytes; what is no UTF-8 becomes U+FFFD.
  return manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

FoundManifest read_manifest(const std::string& text) {
  FoundManifest found;
  const Json manifest = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("tenon") || !manifest.contains("format") ||
      manifest["format"] != kFormat || !manifest.contains("name") || !manifest["name"].is_string())
    return found;
  found.name = manifest["name"].get<std::string>();
  if (!manifest.contains("files") || !manifest["files"].is_array()) return found;
  for (const Json& file : manifest["files"]) {
    if (!file.is_object() || !file.contains("name") || !file["name"].is_string() ||
        !file.contains("sha256") || !file["sha256"].is_string())
      return found;
    if (file.contains("edited") && !file["edited"].is_boolean()) return found;
    found.files.push_back({file["name"].get<std::string>(), file["sha256"].get<std::string>(), 0,
                           file.value("edited", false)});
  }
  found.is_readable = true;
  return found;
}

}  // namespace tenon::codegen
