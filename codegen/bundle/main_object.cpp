// main_object.cpp: the object that holds a bundle's entry points.
//
//   module of mlp, objects of its kernels  ->  interface.stack_bytes = 1024
//   module of mlp, weights                 ->  mlp.o
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
Status measure_stack(const llvm::Module& module, BundleInterface& interface,
                     const std::vector<llvm::MemoryBufferRef>& kernel_objects,
                     const EmitObject& emit) {
  interface.stack_bytes = 0;
  const std::unique_ptr<llvm::Module> linked = llvm::CloneModule(module);
  link_runtime(*linked, interface, WeightsSymbol::kDeclared);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream out(object);
  emit(*linked, out);
  std::vector<llvm::MemoryBufferRef> objects = kernel_objects;
  objects.emplace_back(llvm::StringRef(object.data(), object.size()), "object");
  const Result<uint64_t> bytes = stack_bytes(objects, interface.name);
  if (!bytes) return bytes.error();
  interface.stack_bytes = *bytes;
  return Done{};
}

llvm::SmallVector<char, 0> make_main_object(std::unique_ptr<llvm::Module> module,
                                            const BundleInterface& interface,
                                            const WeightsSource& weights, const EmitObject& emit) {
  link_runtime(*module, interface, WeightsSymbol::kPlaceholder);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream out(object);
  emit(*module, out);
  if (interface.weights_embedded && interface.weights_bytes != 0)
    fill_weights(object, interface, weights);
  return object;
}

}  // namespace tenon::codegen
