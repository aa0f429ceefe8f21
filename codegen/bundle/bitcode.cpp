// bitcode.cpp: which of the embedded bitcodes serves a triple.
//
//   kRuntime, armv7-unknown-linux-gnueabihf  ->  runtime/bundle.c as clang made it for ARMv7
#include "codegen/bundle/bitcode.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/TargetParser/Triple.h>

#include "runtime/embedded.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

llvm::StringRef bytes_of(Bitcode which, llvm::Triple::ArchType architecture) {
  const bool runtime = which == Bitcode::kRuntime;
  const auto bytes = [&](const unsigned char* of_runtime, size_t runtime_bytes,
                         const unsigned char* of_pool, size_t pool_bytes) {
    return llvm::StringRef(reinterpret_cast<const char*>(runtime ? of_runtime : of_pool),
                           runtime ? runtime_bytes : pool_bytes);
  };
  switch (architecture) {
    case llvm::Triple::x86_64:
      return bytes(tenon_embedded_bundle_x86_64_bc, tenon_embedded_bundle_x86_64_bc_bytes,
                   tenon_embedded_pool_x86_64_bc, tenon_embedded_pool_x86_64_bc_bytes);
    case llvm::Triple::aarch64:
      return bytes(tenon_embedded_bundle_aarch64_bc, tenon_embedded_bundle_aarch64_bc_bytes,
                   tenon_embedded_pool_aarch64_bc, tenon_embedded_pool_aarch64_bc_bytes);
    case llvm::Triple::arm:
      return bytes(tenon_embedded_bundle_armv7_bc, tenon_embedded_bundle_armv7_bc_bytes,
                   tenon_embedded_pool_armv7_bc, tenon_embedded_pool_armv7_bc_bytes);
    default: return {};
  }
}

}  // namespace

ModulePlace place_of(const llvm::Module& module) {
  return {module.getTargetTriple(), module.getDataLayoutStr()};
}

std::unique_ptr<llvm::Module> load_bitcode(Bitcode which, const ModulePlace& place,
                                           llvm::LLVMContext& context) {
  const llvm::StringRef bytes = bytes_of(which, llvm::Triple(place.triple).getArch());
  TENON_CHECK(!bytes.empty(), "no runtime for " + place.triple);
  auto module = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bytes, "runtime"), context);
  if (!module) TENON_CHECK(false, "runtime: " + llvm::toString(module.takeError()));
  // It was compiled for the usual triple of its architecture; the spelling asked for may differ.
  (*module)->setTargetTriple(place.triple);
  (*module)->setDataLayout(place.data_layout);
  if (llvm::NamedMDNode* ident = (*module)->getNamedMetadata("llvm.ident"))
    ident->eraseFromParent();
  return std::move(*module);
}

}  // namespace tenon::codegen
