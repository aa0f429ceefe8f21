// The cost model: which register tile, loop order and chunks a kernel gets, from its extents and
// the target's facts. Functions of plain numbers; no IR. Times are in cycles of one core.
//
//   plan_gemm({.rows = 128, .columns = 3072, .depth = 768}, x86-64-v4)
//     ->  tile 8x3 vectors (8x48), columns outer, 16 row tiles of 8, 64 panels,
//         32 chunks of 2 panels
//
// Candidates are all tiles within the register budget. A candidate's cycles are those of its tiles
// (FMA ports, load ports, the chain through an accumulator, stores) and of the bytes that it reads
// from L2, L3 and memory, as far as computing does not hide them. This is the analytical model of
// Low, Igual, Smith and Quintana-Ortí (ACM TOMS 43, 2016), reduced to packed constants: the depth
// is not blocked, because a packed panel streams faster than a tile consumes it (blocks of 256 to
// 512 lost 2 to 15 points of peak everywhere on Zen 5).
//
// Planned numbers depend on extents and target only, and use no operation that rounds differently
// from machine to machine: the same model gives the same kernels everywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "target/target.h"

namespace tenon::target {

/// A loop extent: a number, or a range where symbols remain.
struct Extent {
  int64_t low = 1;
  int64_t high = 1;

  constexpr Extent() = default;
  constexpr Extent(int64_t exactly) : low(exactly), high(exactly) {}
  constexpr Extent(int64_t low_bound, int64_t high_bound) : low(low_bound), high(high_bound) {}

  bool known() const { return low == high; }
  /// The size to plan at: the extent, or min(high, 128) where it is a range: enough to fill every
  /// tile, few enough that constants and not activations are most of the traffic, as in the small
  /// runs that a bounded dimension is made for.
  int64_t planned() const;
};

/// An extent cut into pieces that differ by at most one: `large_count` of `large`, then the rest of
/// `large - 1`. 197 by 14 -> 15 pieces: 2 of 14 and 13 of 13.
struct BalancedSplit {
  int64_t count = 0;
  int64_t large = 0;
  int64_t large_count = 0;
  bool even() const { return large_count == count; }
};
BalancedSplit balanced_split(int64_t extent, int64_t limit);

/// Chunks of a parallel loop, fixed while compiling: `chunk` iterations each, `chunks` of them (1:
/// serial). They depend on extents and work only, never on the number of threads. For a range, at
/// the planned size.
struct ParallelPlan {
  int64_t chunk = 1;
  int64_t chunks = 1;
  bool serial() const { return chunks <= 1; }
};

/// Cuts `iterations` iterations of `cycles_per_iteration` each: serial below kSerialMicroseconds of
/// work, else chunks of kChunkMicroseconds or more, at most kMaximumChunks of them.
ParallelPlan plan_parallel(int64_t iterations, double cycles_per_iteration, const Target& target);
constexpr double kSerialMicroseconds = 10;
constexpr double kChunkMicroseconds = 2.5;
constexpr int64_t kMaximumChunks = 32;

/// Vector registers that the accumulators, one row of the streamed operand and one broadcast value
/// may fill together.
int register_budget(const Target& target);

/// True when rows x vectors accumulators fit: rows * vectors + vectors + 1 (+ 1 for the product
/// where there is no FMA) is within the budget.
bool tile_fits(int64_t rows, int64_t vectors, const Target& target);

enum class LoopOrder {
  columns_outer,  // for column panels { for row tiles }: the panel stays in cache, rows are read
                  // once per panel
  rows_outer,  // for row tiles { for column panels }: the row tile stays in cache, panels are read
               // once per tile
};

/// The loop that is made parallel.
enum class ParallelAxis {
  none,
  batch,  // the outer loops over independent problems
  outer,  // the outer loop of the order
  tiles,  // both tile loops fused, outer before inner
};

// ---- GEMM ---------------------------------------------------------------------------------------

/// c[batch, rows, columns] = sum over depth of a[rows, depth] * b[depth, columns]. Vectors run
/// along columns.
struct GemmShape {
  Extent rows;
  Extent columns;
  Extent depth;
  Extent batch = 1;       // independent problems, each with its own a (and b, unless b is constant)
  int element_bytes = 4;  // of an accumulator: decides lanes
  int a_bytes = 4;        // of an element of a in memory
  int b_bytes = 4;        // of an element of b in memory
  int64_t row_stride_bytes = 0;  // between rows of a; 0: depth * a_bytes
  bool constant_b = true;  // packed into panels while compiling, and cold when the kernel starts
};

struct GemmPlan {
  int rows = 1;           // of the register tile
  int vectors = 1;        // of the register tile, along columns
  int panel_columns = 0;  // vectors * lanes
  LoopOrder order = LoopOrder::columns_outer;
  BalancedSplit row_split;    // of the planned rows; for a range of rows, use full tiles of `rows`
                              // and a clamped tail
  int64_t column_panels = 0;  // at the planned columns, the last one possibly padded
  int depth_unroll = 1;       // divides a known depth
  ParallelAxis axis = ParallelAxis::none;
  ParallelPlan parallel;  // of the loop that `axis` names
  double cycles = 0;      // of the whole operation at planned extents, on one core
};

/// The best plan.
GemmPlan plan_gemm(const GemmShape& shape, const Target& target);

/// The best `count` plans, best first, for a measuring search.
std::vector<GemmPlan> rank_gemm_plans(const GemmShape& shape, const Target& target, int count);

// ---- Convolution --------------------------------------------------------------------------------

/// A direct convolution in a blocked layout (channels in vectors), per image. A tile is
/// tile_height x tile_width output positions by `vectors` vectors of output channels.
struct ConvolutionShape {
  Extent batch = 1;
  int64_t input_channels = 1;
  int64_t output_channels = 1;
  Extent output_height;
  Extent output_width;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride_height = 1;
  int64_t stride_width = 1;
  int element_bytes = 4;
  int most_tile_height = 1;  // rows of positions that the schedule can put into one tile
};

struct ConvolutionPlan {
  int tile_height = 1;
  int tile_width = 1;
  int vectors = 1;
  LoopOrder order =
      LoopOrder::columns_outer;  // columns: panels of output channels; rows: tiles of positions
  BalancedSplit height_split;
  BalancedSplit width_split;
  int64_t channel_panels = 0;
  int depth_unroll = 1;                    // of the loop over input channels; divides their number
  ParallelAxis axis = ParallelAxis::none;  // batch: images; outer: panels, or rows of tiles; tiles:
      // panels and rows of tiles fused (a row of tiles spans the width)
  ParallelPlan parallel;
  double cycles = 0;
};

ConvolutionPlan plan_convolution(const ConvolutionShape& shape, const Target& target);
std::vector<ConvolutionPlan> rank_convolution_plans(const ConvolutionShape& shape,
                                                    const Target& target, int count);

// ---- Depthwise convolution and pooling ----------------------------------------------------------

/// One filter per channel (or, with no weights, a pooling window), channels in vectors.
struct WindowShape {
  Extent batch = 1;
  int64_t channels = 1;
  Extent output_height;
  Extent output_width;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride_height = 1;
  int64_t stride_width = 1;
  int element_bytes = 4;
  bool weights = true;
  int most_tile_height = 1;  // as above
};

struct WindowPlan {
  int tile_height = 1;
  int tile_width = 1;
  BalancedSplit height_split;
  BalancedSplit width_split;
  int64_t channel_blocks = 0;  // of all channels of one image
  ParallelPlan parallel;       // of the fused loop: images, channel blocks, rows of tiles
  double cycles = 0;
};

WindowPlan plan_window(const WindowShape& shape, const Target& target);

// ---- Elementwise operations and rows ------------------------------------------------------------

/// A pass over contiguous elements: no element depends on another.
struct ElementwiseShape {
  Extent elements;
  int element_bytes = 4;         // of the widest type computed in: decides lanes
  double bytes_per_element = 8;  // read and written
  double operations = 1;         // vector instructions per vector, memory accesses not counted
};

struct ElementwisePlan {
  int vectors = 1;        // vectors per step (unroll)
  int64_t step = 0;       // elements per step: vectors * lanes
  ParallelPlan parallel;  // of the loop over steps
  double cycles = 0;
};

ElementwisePlan plan_elementwise(const ElementwiseShape& shape, const Target& target);

/// Reductions over the last axis: sums, softmax, normalisation. Each row is walked `passes` times.
struct RowShape {
  Extent rows;
  Extent length;
  int element_bytes = 4;
  double passes = 1;
  double operations = 1;  // vector instructions per vector and pass, memory accesses not counted
};

struct RowPlan {
  int accumulators = 1;   // independent vectors of partial results
  ParallelPlan parallel;  // of the loop over rows
  double cycles = 0;
};

RowPlan plan_rows(const RowShape& shape, const Target& target);

}  // namespace tenon::target
