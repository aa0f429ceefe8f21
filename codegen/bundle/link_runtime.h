// link_runtime.h: a model's code and the runtime become one module with the bundle's entry points.
#pragma once

#include "codegen/bundle/interface.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

/// Completes the module that holds tn_model_entry, tn_model_sizes, tn_model_run_group and
/// tn_model_weights, or of the last a declaration: adds the tables (tables.h), the runtime and the
/// entry points <name>_open, <name>_run, ..., specialises the runtime to the tables, and leaves no
/// external symbol without the name's prefix: what is defined here is internal but for the entry
/// points; what is only declared, such as kernels of other modules, must carry the prefix and
/// becomes hidden. A declared tn_model_weights becomes <name>_weights (weights.h).
///
/// Kernels are called <name>_<kernel>, where <kernel> is none of open, run, arena_bytes, selftest,
/// status_text, info, weights and does not begin with rt_, model_ or info_.
///
/// The module's triple and data layout must be set. Only x86-64 is in this version.
void link_runtime(llvm::Module& module, const BundleInterface& interface);

}  // namespace tenon::codegen
