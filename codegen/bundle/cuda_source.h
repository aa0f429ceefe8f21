// cuda_source.h: the host part of a model for CUDA as a source tree that needs a C compiler only.
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/bundle/interface.h"

namespace tenon::codegen {

struct SourceFile {
  std::string name;  // in the tree: "runtime/cuda/open.c"
  std::string text;
};

/// A kernel's text, and the images that it is compiled to.
struct CudaSourceKernel {
  std::string name;
  std::string text;
};

/// <name>.h, <name>.hpp, <name>_host.c, CMakeLists.txt, runtime/..., kernels/<kernel>.cu, images/<arch>/... The
/// prelude's headers go to kernels/ as they are given. Weights are read from <name>_weights.bin
/// beside them where the interface embeds weights.
std::vector<SourceFile> cuda_source_tree(const BundleInterface& interface, const CudaTables& tables,
                                         const std::vector<CudaSourceKernel>& kernels,
                                         const std::vector<SourceFile>& prelude);

}  // namespace tenon::codegen
