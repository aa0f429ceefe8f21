// pool_files.cpp: the thread pool that --pool writes beside a bundle.
//
//   runtime/pool/tenon_pool.{h,c}, embedded  ->  tenon_pool.h, tenon_pool.o
#include "codegen/bundle/pool_files.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "runtime/embedded.h"

namespace tenon::codegen {

std::string pool_header() {
  return {reinterpret_cast<const char*>(tenon_embedded_tenon_pool_h),
          tenon_embedded_tenon_pool_h_bytes};
}

std::string pool_object(const ModulePlace& place, const EmitObject& emit) {
  llvm::LLVMContext context;
  const std::unique_ptr<llvm::Module> module = load_bitcode(Bitcode::kPool, place, context);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream out(object);
  emit(*module, out);
  return {object.begin(), object.end()};
}

}  // namespace tenon::codegen
