// main_object.h: the object that holds a bundle's entry points.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <llvm/Support/MemoryBuffer.h>

#include "codegen/bundle/interface.h"
#include "support/result.h"

namespace llvm {
class Module;
}

namespace tenon::codegen {

/// Compiles a module to an ELF object, with TargetOptions::EmitStackSizeSection and
/// FunctionSections; codegen/llvm has such a function.
using EmitObject = std::function<std::unique_ptr<llvm::MemoryBuffer>(llvm::Module&)>;

/// The object of the module that link_runtime.h describes. Fills in interface.stack_bytes from it
/// and the objects of the kernels that are not in it. Fails as stack_bytes does.
Result<std::unique_ptr<llvm::MemoryBuffer>> make_main_object(
    const llvm::Module& module, BundleInterface& interface,
    const std::vector<llvm::MemoryBufferRef>& kernel_objects, const EmitObject& emit);

}  // namespace tenon::codegen
