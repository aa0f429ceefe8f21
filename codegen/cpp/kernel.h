// A loop function becomes one C++17 function over vector types, as text.
//
//   func @scale(x: f32[64], out y: f32[64]) { for v in 8 { for vectorized lane in 8 { y[v*8 + lane] = x[v*8 + lane] * 2.0 } } }
//   ->  void mlp_scale(const float *TN_RESTRICT x, float *TN_RESTRICT y) {
//         for (int64_t v = 0; v < 8; ++v)
//           tn_store8(y + v * 8, tn_load8(x + v * 8) * 2.0f);
//       }
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"
#include "support/result.h"
#include "target/target.h"

namespace tenon::codegen::cpp {

struct KernelOptions {
  std::string symbol;  // of the C++ function
  /// What a failed `require` at this location gives as detail of TN_INDEX.
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
};

/// Parameters of the function, in order: a pointer for each buffer, an int64_t (int32_t where a
/// 32-bit processor's indices fit it) for each of `symbols`, begin and end of the outermost parallel
/// loop where there is one, the worker's scratch and its status word where they are used.
struct KernelText {
  std::string signature;   // "void mlp_scale(const float *TN_RESTRICT x, float *TN_RESTRICT y)"
  std::string definition;  // signature and body
  std::vector<std::string> parameter_names;  // of the buffers
  std::vector<std::string> symbols;
  bool is_parallel = false, uses_scratch = false, uses_status = false;
  Expr extent;  // of the outermost parallel loop, in the loop function's own pool; or null
  int64_t chunk = 1;
  std::shared_ptr<ExprPool> pool;  // owns scratch_bytes
  Expr scratch_bytes;              // of symbols
};

/// Needs: flatten_stages, lower_layouts, expand_math, legalize.   Fails where the function holds what C++ source does not
/// compute in.
Result<KernelText> print_kernel(const loop::Function& function, const Ranges& symbols,
                                const target::Target& target, const KernelOptions& options);

}  // namespace tenon::codegen::cpp
