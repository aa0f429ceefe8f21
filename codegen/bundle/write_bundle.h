// write_bundle.h: all of a bundle's files, from compiled parts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codegen/bundle/folder.h"
#include "codegen/bundle/interface.h"
#include "codegen/bundle/main_object.h"
#include "codegen/bundle/manifest.h"
#include "codegen/bundle/weights.h"
#include "support/result.h"

namespace tenon::codegen {

/// Which files a bundle has beside lib<name>.a, <name>.h, <name>.hpp and manifest.json.
struct BundleChoice {
  bool weights_file = false;             // <name>_weights.bin
  bool object = false;                   // <name>.o
  bool pool = false;                     // libtenon_pool.a, tenon_pool.h
  std::vector<std::string> other_files;  // that the caller writes into the folder itself
};

/// The names for BundleFolder's constructor, which checks the folder before the work begins.
std::vector<std::string> bundle_file_names(const std::string& name, const BundleChoice& choice);

/// What codegen/llvm made of a model.
struct BundleParts {
  std::unique_ptr<llvm::Module> main;                 // as link_runtime.h wants it
  std::vector<llvm::MemoryBufferRef> kernel_objects;  // that main calls
  WeightsSource weights;
  EmitObject emit;
};

/// What there is to say at the end of a compile.
struct BundleReport {
  std::vector<ManifestFile> files;
  uint64_t code_bytes = 0;
  std::vector<std::string> undefined_symbols;
};

/// Writes and commits all files. Sets interface.stack_bytes. Fails as measure_stack and
/// merge_objects do; faults of the folder are thrown to the user.
Result<BundleReport> write_bundle(BundleFolder& folder, BundleInterface& interface,
                                  BundleParts parts, const BundleChoice& choice,
                                  const BuildInputs& inputs);

}  // namespace tenon::codegen
