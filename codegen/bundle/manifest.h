// manifest.h: manifest.json, what a folder holds and how it was made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

struct ManifestFile {
  std::string name;  // in the bundle's folder
  std::string sha256;
  uint64_t bytes = 0;
};

/// What the manifest says beyond the interface.
struct ManifestDetails {
  std::vector<ManifestFile> model_files;  // the .onnx and its external data, base names
  std::vector<ManifestFile> files;        // of the bundle, in order of name
  std::vector<std::string> undefined_symbols;
  uint64_t code_bytes = 0;
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
