// The kernels of `setup` that compute large constants, as machine code of this process: the
// interpreter's bits, sooner.
//
//   setup { call @transpose(w, wt) }   with wt: f32[4096, 2048]   ->   code for @transpose
//
// Only operations whose results the loop level fixes are used, so that the constants do not depend
// on the machine that compiles; what this processor cannot do is left to the interpreter.
#pragma once

#include "codegen/llvm/host_code.h"
#include "ir/loop/nodes.h"

namespace tenon::driver {

class SetupCode {
 public:
  /// Constants of up to this many elements are computed sooner than compiled.
  static constexpr int64_t kInterpreted = 4096;

  explicit SetupCode(const loop::Module& module);

  /// Runs a function on memory for its parameters; false where it is not compiled, or where a
  /// requirement failed: the interpreter then says which.
  bool run(const loop::Function& function, std::vector<std::vector<uint8_t>>& params) const;
  size_t compiled() const { return functions_.size(); }

 private:
  std::vector<const loop::Function*> functions_;
  std::unique_ptr<codegen::HostCode> code_;
};

}  // namespace tenon::driver
