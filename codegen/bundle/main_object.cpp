// main_object.cpp: the object that holds a bundle's entry points.
//
//   module of mlp (main part), kernels' objects  ->  mlp.o, interface.stack_bytes = 1024
//
// N_STACK_BYTES stands in the header, the header's hash in the object, and only the object tells
// the frames. So the module is compiled twice, the first time with a stack of 0: the frames do not
// depend on that number. The kernels, which take the time, are best in modules of their own.
#include "codegen/bundle/main_object.h"

#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include "codegen/bundle/link_runtime.h"
#include "codegen/bundle/stack_bytes.h"

namespace tenon::codegen {
namespace {

std::unique_ptr<llvm::MemoryBuffer> link_and_emit(const llvm::Module& module,
                                                  const BundleInterface& interface,
                                                  const EmitObject& emit) {
  const std::unique_ptr<llvm::Module> linked = llvm::CloneModule(module);
  link_runtime(*linked, interface);
  return emit(*linked);
}

}  // namespace

Result<std::unique_ptr<llvm::MemoryBuffer>> make_main_object(
    const llvm::Module& module, BundleInterface& interface,
    const std::vector<llvm::MemoryBufferRef>& kernel_objects, const EmitObject& emit) {
  interface.stack_bytes = 0;
  const auto measured = link_and_emit(module, interface, emit);
  std::vector<llvm::MemoryBufferRef> objects = kernel_objects;
  objects.push_back(measured->getMemBufferRef());
  const Result<uint64_t> bytes = stack_bytes(objects, interface.name);
  if (!bytes) return bytes.error();
  interface.stack_bytes = *bytes;
  return link_and_emit(module, interface, emit);
}

}  // namespace tenon::codegen
