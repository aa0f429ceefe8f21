// What the host has to do for one run of a model on a GPU: launches in order, each with its grid,
// its threads and its arguments. Data only: made beside the kernels' text; the tables of a bundle's
// host part are made of it.
//
//   call @fc1_relu(x, w, b, h)   with   for grid.y mo in batch // 64 { for grid.x no in 48 { ... } }
//   ->   {.kernel = "mlp_fc1_relu", .grid = {48, batch // 64, 1}, .threads = 256,
//         .arguments = {{Input, "x"}, {Weights, "w", 9216}, {Weights, "b", 0},
//                       {Arena, "h", batch*256}, {Size, "batch", batch}}}
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::codegen {

/// Arena, Weights: a pointer, `offset` bytes from the start of the one or the other. Input, Output:
/// the caller's pointer, number `index` among the inputs or outputs of the model, and `offset` bytes
/// more. Size: a 64-bit
/// signed integer (int64_t), the value of `offset`. Status: a pointer to the run's status word, an
/// int that is 0 (TN_OK) before the first launch; afterwards it is that, or TN_INDEX with the least
/// number of a node whose requirement does not hold as detail.
enum class ArgumentKind : uint8_t { Arena, Weights, Input, Output, Size, Status };

struct LaunchArgument {
  ArgumentKind kind = ArgumentKind::Arena;
  std::string name;  // of the buffer in main, of the constant, of the symbol
  Expr offset;       // index expression of the model's symbols; null for Status
  size_t index = 0;
};

struct Launch {
  std::string kernel;        // the symbol in the cubin, and the stem of its .cu file
  std::array<Expr, 3> grid;  // x, y, z; of the model's symbols; nothing is launched where one is 0
  int64_t threads = 1;       // of a block; one dimension
  int64_t shared_bytes = 0;  // static: declared in the kernel, nothing to ask for at the launch
  std::vector<LaunchArgument> arguments;  // in the order of the kernel's parameters
  Location location;                      // of the call: the ONNX nodes
};

struct LaunchPlan {
  std::shared_ptr<ExprPool> pool;  // owns every expression below
  std::vector<Launch> launches;    // in the order of a run: each sees what those before it wrote
  Expr arena_bytes;                // device memory for buffers between launches
  bool has_requirements = false;   // some launch takes the status word
};

/// The same where compute capabilities have plans of their own: tiles differ.
struct VariantPlan {
  std::vector<std::string> architectures;  // "sm_80", "sm_86"; "compute_80" for PTX
  LaunchPlan plan;
};

}  // namespace tenon::codegen
