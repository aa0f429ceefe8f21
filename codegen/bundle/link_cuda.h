// link_cuda.h: the host part of a bundle for CUDA, as a module: runtime, tables, entry points.
#pragma once

#include <memory>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/bundle/interface.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace tenon::codegen {

/// A module with the entry points <name>_open, <name>_run, ..., which are all that is external and
/// defined. Embedded weights are a placeholder, to be overwritten in the object (weights.h). The
/// host is x86-64: `triple` and `data_layout` are of such a machine. Undefined are dlopen, dlsym,
/// memcpy and memset.
std::unique_ptr<llvm::Module> link_cuda(llvm::LLVMContext& context,
                                        const BundleInterface& interface, const CudaTables& tables);

}  // namespace tenon::codegen
