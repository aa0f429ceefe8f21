// link_runtime.h: a model's code and the runtime become one module with the bundle's entry points.
#pragma once

#include "codegen/bundle/interface.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

/// What becomes of tn_model_weights, where the module does not define it itself.
enum class WeightsSymbol {
  kPlaceholder,  // zeros in a section of their own, to be overwritten in the object: weights.h
  kDeclared,     // the undefined, hidden symbol <name>_weights
};

/// Completes the module that holds tn_model_entry, tn_model_sizes and tn_model_run_group: adds the
/// tables (tables.h), the runtime and the entry points <name>_open, <name>_run, ..., specialises
/// the runtime to the tables, and leaves no external symbol without the name's prefix. What is
/// defined here becomes internal but for the entry points; what is only declared, such as kernels
/// of other modules, must carry the prefix and becomes hidden.
///
/// Kernels are called <name>_<kernel>, where <kernel> is none of open, run, arena_bytes, selftest,
/// status_text, info, weights and does not begin with rt_, model_ or info_.
///
/// The module's triple and data layout must be set. What compiles the module needs LLVM's assembly
/// parser: the runtime holds inline assembly.
void link_runtime(llvm::Module& module, const BundleInterface& interface, WeightsSymbol weights);

}  // namespace tenon::codegen
