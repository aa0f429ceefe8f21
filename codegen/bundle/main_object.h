// main_object.h: the object that holds a bundle's entry points.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/MemoryBufferRef.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/bundle/interface.h"
#include "codegen/bundle/weights.h"
#include "support/result.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

/// Compiles a module to an ELF object, with TargetOptions::EmitStackSizeSection and
/// FunctionSections; codegen/llvm has such a function.
using EmitObject = std::function<void(llvm::Module&, llvm::raw_pwrite_stream&)>;

/// Sets interface.stack_bytes for the module that link_runtime.h describes and the objects of the
/// kernels that are not in it. Fails as stack_bytes does.
Status measure_stack(const llvm::Module& module, BundleInterface& interface,
                     const std::vector<llvm::MemoryBufferRef>& kernel_objects,
                     const EmitObject& emit);

/// The object of that module in memory, the weights inside where the interface embeds them, for
/// code that is called in this process. The stack must have been measured.
llvm::SmallVector<char, 0> make_main_object(std::unique_ptr<llvm::Module> module,
                                            const BundleInterface& interface,
                                            const WeightsSource& weights, const EmitObject& emit);

}  // namespace tenon::codegen
