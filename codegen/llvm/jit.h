// Object code in this process: the bytes that `compile` writes, loaded and linked where they are
// called.
//
//   auto library = JitLibrary::load({object.bytes});
//   auto* run = reinterpret_cast<void (*)(float*)>((*library)->address("scale"));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/result.h"

namespace llvm::orc {
class LLJIT;
}

namespace tenon::codegen {

class JitLibrary {
 public:
  /// Links relocatable objects; memcpy, memmove and memset, and for host parts for CUDA dlopen and
  /// dlsym, come from this process; any other undefined symbol is a failure.
  static Result<std::unique_ptr<JitLibrary>> load(const std::vector<std::string>& objects);
  ~JitLibrary();

  /// The address of an external function or object. Fails where there is none of this name.
  Result<void*> address(const std::string& symbol) const;

 private:
  explicit JitLibrary(std::unique_ptr<llvm::orc::LLJIT> jit);
  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

}  // namespace tenon::codegen
