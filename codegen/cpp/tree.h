// The source tree of a bundle: every file but the weights, the header and the manifest.
//
//   CMakeLists.txt  mlp_model.c  mlp_weights.c  mlp_kernels.h  mlp.tenon
//   kernels/fc1_relu.cpp ...    runtime/tn_vector.h, bundle.c, ...
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle/interface.h"
#include "codegen/cpp/module.h"
#include "target/cpu_features.h"

namespace tenon::codegen::cpp {

struct TreeFile {
  std::string name;  // with the folders below the bundle's
  std::string text;
};

/// True for a triple, or what a compiler says that it makes code for ("arm-linux-gnueabihf").
bool is_architecture(const std::string& machine, target::Architecture architecture);
/// The compiler's options for a target's features: "-msse3 -mavx2 ...", "-march=armv8-a+dotprod".
std::vector<std::string> feature_flags(const BundleInterface& interface);
/// Options for every file of the tree.
std::vector<std::string> common_flags(const BundleInterface& interface);
/// `module_text`: the loop module as it was printed to kernels, for `tenon pack`.
std::vector<TreeFile> source_tree(const BundleInterface& interface, const ModuleText& module,
                                  const std::string& module_text);
/// Options for every kernel, whichever compiler, and those that only one of g++ and clang knows.
std::vector<std::string> kernel_flags(const BundleInterface& interface);
const char* gcc_flags();
const char* clang_flags();

}  // namespace tenon::codegen::cpp
