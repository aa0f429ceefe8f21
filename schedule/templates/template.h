// Templates: a schedule for a class of operator, from the target's facts and the cost model.
//
//   choose_schedule(fc1_relu, znver4)   ->   split acc.n by 48 exact -> no, ni ...
//
// A template writes lines and applies them one by one; where a line does not hold, the template
// fails as a whole and the next one for the class is tried; a function that no template fits keeps
// its naive loops.
#pragma once

#include "schedule/nest.h"
#include "target/cost_model.h"
#include "target/target.h"

namespace tenon::schedule {

/// Schedules a function for a target; the lines stand in its `schedule`. Never fails: at worst
/// nothing is done.
loop::Function choose_schedule(const loop::Function& function, const target::Target& target,
                               const Ranges& symbols, ExprPool& pool);

/// True when a GPU can run the function as one launch of many blocks. Else its nests should become
/// functions of their own, or, where they are parts of a scan, one block runs them all.
bool fits_one_grid(const loop::Function& function, const target::Target& target,
                   const Ranges& symbols, ExprPool& pool);

/// What a template works with: the function as scheduled so far.
class Plan {
 public:
  Plan(State state, const target::Target& target) : state(std::move(state)), target(target) {}

  State state;
  const target::Target& target;

  /// Applies lines until one fails.
  Status apply(const std::vector<std::string>& lines);
  /// Applies the line if it holds; true when it did.
  bool attempt(const std::string& line);

  /// Fuses these loops, outermost first, and makes them parallel; without the innermost ones where
  /// that is not proved to be legal.
  void make_parallel(const std::vector<std::string>& loops, int64_t chunk);

  /// The one leaf that writes this tensor (copied: schedules replace it), if there is exactly one.
  std::optional<LeafAt> leaf_of(const std::string& tensor) const;
  /// Names of the tensors written by the function, in order.
  std::vector<std::string> tensors() const;
  bool is_constant(const std::string& buffer) const;
  bool is_parameter(const std::string& buffer) const;
  /// The literal value of an extent, or its range under the symbols.
  target::Extent extent(Expr e) const;
  /// "exact" where the factor is proved to divide the extent, else `otherwise`.
  std::string tail(Expr extent, int64_t factor, const std::string& otherwise) const;
  /// Lanes of a vector of f32.
  int64_t lanes() const { return target.lanes(4); }
  /// The first and the last tile of each row, which reach over the border, on their own.
  void peel_borders(const std::string& tile_loop);
  /// The layout <0/BLOCK, 1, 2, ..., 0%BLOCK> of a tensor of `rank` axes.
  static std::string blocked_layout(size_t rank, int64_t block);
  /// The layout <0, 2, 3, ..., 1>: channels last.
  static std::string channels_last(size_t rank);
  /// Input positions from one output to the next along an axis.
  static int64_t stride_along(const Read& input, const std::string& axis);
  /// Instructions of f32 arithmetic for one element of the stage, mathematical functions expanded.
  static double operations(const loop::Stage& stage);
  /// Elementwise stages after `tensor` that depend on it, in order, as far as all of them have its
  /// axes.
  std::vector<std::string> epilogue_of(const std::string& tensor) const;
};

/// A product in register tiles.
struct TiledProduct {
  target::GemmPlan plan;
  std::vector<std::string> batch;    // loops of independent problems, outermost first
  std::string outermost, innermost;  // of the loops over tiles
};

/// product.cpp: gives the product `acc` register tiles, with these elementwise stages at their end.
/// The new loops' names start with `prefix`. On failure nothing is changed.
Result<TiledProduct> tile_product(Plan& plan, const std::string& acc, const std::string& prefix,
                                  const std::vector<std::string>& epilogue);

using Template = Status (*)(Plan&);

Status schedule_gemm(Plan& plan);  // gemm.cpp: register tiles over packed panels
// conv.cpp: direct convolution, output channels in vectors
Status schedule_conv(Plan& plan);
// window.cpp: depthwise convolutions and pools, channels in vectors
Status schedule_window(Plan& plan);
// rows.cpp: softmax, normalisation, reductions along rows
Status schedule_rows(Plan& plan);
// elementwise.cpp: chains and data movement, vectors along the last axis
Status schedule_elementwise(Plan& plan);
Status schedule_recurrent(Plan& plan);  // recurrent.cpp: scans

// For a GPU:
// gpu_gemm.cpp: products in tiles of 64x64 a block through shared memory
Status schedule_gpu_gemm(Plan& plan);
// gpu_vector.cpp: a matrix times a vector, several threads an element
Status schedule_gpu_vector(Plan& plan);
// gpu_conv.cpp: tiles of output channels and positions through shared memory
Status schedule_gpu_conv(Plan& plan);
// gpu_rows.cpp: a block a row, reductions as trees through shared memory
Status schedule_gpu_rows(Plan& plan);
// gpu_elements.cpp: one element, or 16 bytes of them, a thread
Status schedule_gpu_elements(Plan& plan);
// gpu_scan.cpp: a thread for each element beside the scanned axis
Status schedule_gpu_scan(Plan& plan);
// gpu_block.cpp: everything in one block, its stages one after the other
Status schedule_gpu_block(Plan& plan);

}  // namespace tenon::schedule
