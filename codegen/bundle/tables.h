// tables.h: the data of a bundle, as constants of an LLVM module.
#pragma once

#include "codegen/bundle/interface.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

/// Adds tn_model, tn_model_dims, ..., tn_model_golden_bytes (runtime/model_tables.h) to the module,
/// and the function and tables of N_info. Weights are not among them: tn_model_weights is defined
/// here only where the interface has none embedded.
void add_tables(llvm::Module& module, const BundleInterface& interface);

}  // namespace tenon::codegen
