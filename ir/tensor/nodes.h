// The tensor level: what each element is. A function is a list of stages, each of which gives every
// element of its tensor from elements of its operands. docs/text_format.md specifies the text.
//
//   func @fc1_relu(x: f32[128, 768], w: f32[768, 3072], b: f32[3072]) -> (y: f32[128, 3072]) {
//     acc[m:128, n:3072] = sum[k:768](x[m, k] * w[k, n])   loc("/fc1/Gemm")
//     y[m:128, n:3072]   = max(acc[m, n] + b[n], 0.0)      loc("/fc1/Gemm", "/act/Relu")
//   }
//
// Semantics
// - Stages are in an order in which they can be computed; each tensor is written before it is read.
// - A stage reads inside its operands only, but for `sum[r:3, s:3 where P](...)`, which visits only
//   the points where P holds, and `x[i] else v`, which is v outside.
// - A tensor may be given in pieces: several stages with the same `tensor`, each with its own
//   subscripts, whose boxes are disjoint and together cover it (concat, pad):
//     y_0: y[n, c, h, w] for n:1, c:64, h:55, w:55 = a[n, c, h, w]
//     y_1: y[n, c + 64, h, w] for n:1, c:64, h:55, w:55 = b[n, c, h, w]
// - Stages inside `scan t in T { ... }` are computed for t = 0, 1, ... in turn. A stage may read,
//   of tensors of the block, only points with t, or (through an `else` value for the first step)
//   t-1. The scan's variable is a leading subscript:
//     scan t in 100 { h[t, j:256] = tanh(p[t, j] + u[t, j]) ... }
// - Subscripts that come from a tensor (`x[min(max(index(i[n]), 0), 9), j]`) are clamped where they
//   are used, and a
//   `require` of the stage bounds them: `require (0 <= index(i[n])) & (index(i[n]) < 10)`.
#pragma once

#include "ir/loop/nodes.h"

namespace tenon::tensor {

using loop::Axis;
using loop::Reducer;
using loop::Stage;

/// A tensor of the function: a parameter, a result, or a local one.
struct Tensor {
  std::string name;
  DType type = DType::F32;
  std::vector<Expr> extents;
  Layout layout;          // in memory, for parameters and results; locals are row-major
  bool constant = false;  // a parameter whose elements are known while compiling (weights)
};

/// A serial axis around stages; its variable stands in their subscripts.
struct Scan {
  Axis axis;
};

/// A stage, and the scan block it is in: stages with the same `scan` (an index into
/// Function::scans) stand together.
struct Step {
  std::shared_ptr<const Stage> stage;
  int scan = -1;
};

struct Function {
  std::string name;
  std::vector<Tensor> params;
  std::vector<Tensor> results;
  std::vector<Tensor> locals;
  std::vector<Scan> scans;
  std::vector<Step> steps;
  // the stage on which schedule templates dispatch, and its class ("gemm"); may be empty
  std::string anchor_stage;
  std::string anchor_class;
  Location location;

  const Tensor* find_tensor(const std::string& tensor_name) const;
  bool is_result(const std::string& tensor_name) const;
};

}  // namespace tenon::tensor
