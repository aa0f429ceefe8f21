// A loop function with bound loops becomes the text of one CUDA kernel.
//
//   for grid b in 4 { for thread t in 256 { y[b*256 + t] = max(x[b*256 + t], 0.0) } }
//   ->   TN_KERNEL(256) mlp_relu(const float *TN_RESTRICT x, float *TN_RESTRICT y) {
//          const int b = tn_block_x(), t = tn_thread();
//          y[b * 256 + t] = tn_max(x[b * 256 + t], 0.0f);
//        }
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"
#include "support/result.h"

namespace tenon::codegen {

struct PrintOptions {
  std::string symbol;  // of the kernel; empty: the function's name
  /// What a failed `require` at this location gives as detail of TN_INDEX.
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
  /// Of each parameter: a power of two of bytes of which its address is a multiple in every call.
  /// Empty: 16 for all.
  std::vector<int64_t> alignments;
  /// Of the comment above the kernel, which says what it computes and how; empty: no comment.
  std::string title;
};

struct PrintedKernel {
  std::string name;
  std::string text;          // a .cu file, without what includes the prelude
  std::array<Expr, 3> grid;  // x, y, z
  int64_t threads = 1;
  int64_t shared_bytes = 0;
  std::vector<std::string> sizes;  // symbols that are parameters, behind those of the function
  bool has_requirements = false;   // then the last parameter is the status word
  std::shared_ptr<ExprPool> pool;  // owns the grid's expressions
};

/// Needs: flatten_stages, lower_layouts, expand_math, legalize, share_locals, insert_barriers.
/// Fails where the function holds what a GPU does not have.
Result<PrintedKernel> print_kernel(const loop::Function& function, const Ranges& symbols,
                                   const PrintOptions& options);

}  // namespace tenon::codegen
