// manifest.h: manifest.json, what a folder holds and how it was made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codegen/bundle/interface.h"
#include "codegen/bundle/variant_facts.h"

namespace tenon::codegen {

struct ManifestFile {
  std::string name;  // in the bundle's folder
  std::string sha256;
  uint64_t bytes = 0;
  bool is_edited = false;  // by a person, since tenon wrote it; `tenon pack` has verified it
};

/// Reads a file for its size and hash; throws UserErrors where it cannot be read.
ManifestFile describe_file(const std::string& name, const std::string& path);

/// The files that the bundle was made from. Names are base names: no path of a machine.
struct BuildInputs {
  std::vector<ManifestFile> model_files;     // the .onnx, then its external data
  std::vector<ManifestFile> schedule_files;  // --schedule
};

/// A kernel of a source tree: its file, and the function of <name>.tenon that it was printed from.
struct ManifestKernel {
  std::string file;
  std::string function;
  std::string symbol;
};

/// What the manifest says beyond the interface.
struct ManifestDetails {
  BuildInputs inputs;
  std::vector<ManifestFile> files;  // of the bundle, in order of name
  std::vector<std::string> undefined_symbols;
  uint64_t code_bytes = 0;
  std::vector<ManifestKernel> kernels;  // of a source tree
  std::optional<GpuFacts> gpu;          // of a bundle for CUDA
};

/// The text: ordered keys, no time and no path, so that one build gives one text.
std::string write_manifest(const BundleInterface& interface, const ManifestDetails& details);

/// What a folder's manifest says of the bundle that is there.
struct FoundManifest {
  bool is_readable = false;  // false: no manifest that Tenon wrote
  std::string name;
  std::vector<ManifestFile> files;
};
FoundManifest read_manifest(const std::string& text);

}  // namespace tenon::codegen
