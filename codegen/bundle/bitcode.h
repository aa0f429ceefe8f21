// bitcode.h: the runtime and the thread pool, which Tenon carries as bitcode for each architecture.
#pragma once

#include <memory>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace tenon::codegen {

enum class Bitcode { kRuntime, kPool };

/// Where code is to run, as LLVM modules say it.
struct ModulePlace {
  std::string triple;
  std::string data_layout;
};
ModulePlace place_of(const llvm::Module& module);

/// The bitcode for the architecture of the triple, which must be one of target/'s.
std::unique_ptr<llvm::Module> load_bitcode(Bitcode which, const ModulePlace& place,
                                           llvm::LLVMContext& context);

}  // namespace tenon::codegen
