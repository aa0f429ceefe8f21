// tables.h: the data of a bundle, as constants of an LLVM module.
#pragma once

#include <cstdint>
#include <string>

#include "codegen/bundle/interface.h"

namespace llvm {
class Constant;
class GlobalVariable;
class Module;
}  // namespace llvm

namespace tenon::codegen {

/// Adds tn_model, tn_model_dims, ..., tn_model_golden_bytes (runtime/model_tables.h) to the module,
/// and the function and tables of N_info. Weights are not among them: tn_model_weights is defined
/// here only where the interface has none embedded.
void add_tables(llvm::Module& module, const BundleInterface& interface);

/// The function and tables of N_info; `arena_bytes` for any dimensions.
void add_info(llvm::Module& module, const BundleInterface& interface, uint32_t abi,
              uint64_t arena_bytes);

/// A constant under a name that the module may have declared, but not defined, before.
llvm::GlobalVariable* define_global(llvm::Module& module, const std::string& name,
                                    llvm::Constant* value, uint64_t alignment);

}  // namespace tenon::codegen
