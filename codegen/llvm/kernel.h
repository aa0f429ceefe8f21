// A loop function becomes one LLVM function.
//
//   func @scale(x: f32[n], out y: f32[n]) { for parallel i in n chunk 64 { y[i] = x[i] * 2.0 } }
//   ->   define internal void @scale(ptr noalias readonly %x, ptr noalias writeonly %y, i64 %n, i64 %begin, i64 %end,
//                                    ptr noalias %scratch, ptr noalias %status)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"
#include "support/result.h"
#include "target/target.h"

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace tenon::codegen {

struct KernelOptions {
  std::string symbol;  // of the LLVM function; empty: the loop function's name
  /// What a failed `require` at this location gives as detail of TN_INDEX.
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
  /// The base name of the ONNX file that debug information names; empty: none.
  std::string debug_file;
};

/// Parameters, in order: a pointer for each buffer, an i64 for each of `symbols`, i64 begin and end
/// (the iterations of the outermost parallel loop to run; ignored without one), the scratch of the
/// worker, its status word.
struct Kernel {
  llvm::Function* function = nullptr;
  std::vector<std::string> symbols;
  // of the outermost parallel loop, in the loop function's own pool; null for a serial kernel
  Expr extent;
  int64_t chunk = 1;
  std::shared_ptr<ExprPool> pool;  // owns scratch_bytes
  Expr scratch_bytes;              // of symbols
};
/// Needs: flatten_stages, lower_layouts, expand_math, legalize.   Fails where the function holds what this backend does
/// not compute in, or more code in one block than the code generator takes (4,000 instructions).
Result<Kernel> emit_kernel(const loop::Function& function, const Ranges& symbols,
                           const target::Target& target, llvm::Module& module,
                           const KernelOptions& options);

/// The attributes of all functions for a target: processor, features, vector width, nounwind.
void set_target_attributes(llvm::Function& function, const target::Target& target);

}  // namespace tenon::codegen
