// From a lowered model to its C++ source tree, in memory: what --emit=cpp writes and --backend=cpp
// builds.
#pragma once

#include "codegen/cpp/tree.h"
#include "driver/build.h"
#include "driver/host_compiler.h"

namespace tenon::driver {

struct SourceModel {
  BuiltModel built;  // without machine code
  codegen::cpp::ModuleText text;
  std::vector<codegen::cpp::TreeFile> files;  // all but the weights, the header and the manifest
};

/// `lowered` was made with ModelOptions::in_source.
SourceModel build_source(LoweredModel lowered, const target::Target& target,
                         const BuildRequest& request, Diagnostics& diagnostics,
                         const Progress& progress);

/// Builds the tree in a temporary folder: its objects as bytes, the weights inside.
std::vector<std::string> host_objects(const HostCompiler& compiler, const SourceModel& model);
/// Writes the tree, its weights and its header below `folder`.
void write_tree(const std::string& folder, const SourceModel& model);
/// The files of the tree that are compiled.
std::vector<std::string> sources_of(const std::string& name,
                                    const std::vector<std::string>& kernel_files);

}  // namespace tenon::driver
