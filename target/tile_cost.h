// What the planners of tiled kernels (GEMM, convolution) share: cycles of a tiled loop nest, and
// the choice among candidates. Private to the cost model.
//
//   8x3 at 9.70e6 cycles, 13x2 at 9.65e6 but with two tile sizes
//     ->  8x3: the difference is below 1 %, and its tiles are all alike
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "target/cost_model.h"

namespace tenon::target {

/// Cycles that a tile pays once, whatever its depth: addresses, the mispredicted end of the depth
/// loop, draining the accumulators' latency.
constexpr double kTileOverheadCycles = 20;

/// Cycles of one step of the depth loop of a tile of rows x vectors accumulators: the busiest of
/// FMA ports, load ports (a broadcast a row, a load a vector) and the chain through each
/// accumulator.
double step_cycles(double rows, int vectors, const Target& target);

/// Cycles that a tile pays besides its depth loop: stores and kTileOverheadCycles.
double tile_end_cycles(double rows, int vectors, const Target& target);

/// Bytes that a kernel reads from each level beyond L1; reads from L1 are part of step_cycles.
struct Traffic {
  double l2 = 0;
  double l3 = 0;
  double memory = 0;

  /// Adds `bytes` from the first level that holds `footprint`, all that is touched between two uses
  /// of the same byte.
  void read(double bytes, double footprint, const Target& target);
};

/// Cycles of a kernel that computes and streams at once. Hardware prefetch hides nearly all of L2
/// behind computing, about half of L3 and of a prefetched stream from memory, and little of other
/// reads from memory.
double overlapped_cycles(double compute_cycles, const Traffic& traffic, bool prefetched,
                         const Target& target);

/// A nest of row tiles and column panels over one depth, in bytes.
struct TiledNest {
  LoopOrder order = LoopOrder::columns_outer;
  int64_t row_tiles = 1;
  int64_t column_panels = 1;
  double a_bytes = 0;       // all rows
  double b_bytes = 0;       // all panels
  double c_bytes = 0;       // the result
  double a_tile_bytes = 0;  // one row tile
  double panel_bytes = 0;   // one panel
  bool constant_b = true;   // cold at first touch
};

/// Cycles of the nest given those of its tiles.
double nest_cycles(const TiledNest& nest, double compute_cycles, const Target& target);

/// Which loop is made parallel, and its chunks, for `batch` nests of `cycles` in all.
std::pair<ParallelAxis, ParallelPlan> plan_nest_parallel(int64_t batch, int64_t outer,
                                                         int64_t inner, double cycles,
                                                         const Target& target);

/// The largest of 4, 2, 1 that divides the depth, 1 for tiles of many accumulators: unrolling hides
/// the loop's own instructions where a step is short, and more than 4 makes LLVM's scheduler spill
/// (80 to 45 % of peak at 16).
int depth_unroll(int64_t accumulators, const Extent& depth, const Target& target);

/// A candidate with what decides between it and others.
template <class Plan>
struct Candidate {
  Plan plan;              // with plan.cycles
  double compute_cycles;  // of the tiles alone
  bool even;              // one tile size: one kernel body
  double loads_per_fma;   // fewer leave the load ports free
};

/// Loads per FMA up to which a tile leaves ports free for its epilogue and for
/// processors that load at half the target's rate.
constexpr double kComfortableLoads = 0.7;

/// Takes the best `count` candidates, best first. Differences of up to 1 % in cycles are below the
/// model's resolution: among such candidates fewer compute cycles win, then comfortable loads,
/// equal tiles, columns outermost, fewer loads, and the earlier candidate.
template <class Plan>
std::vector<Plan> take_best(std::vector<Candidate<Plan>> candidates, int count) {
  constexpr double kResolution = 1.01;
  const auto preference = [](const Candidate<Plan>& candidate) {  // less is better
    return std::make_tuple(candidate.loads_per_fma > kComfortableLoads, !candidate.even,
                           candidate.plan.order == LoopOrder::rows_outer, candidate.loads_per_fma);
  };
  std::vector<Plan> best;
  while (!candidates.empty() && static_cast<int>(best.size()) < count) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double fewest = kInfinity;
    for (const auto& it : candidates) fewest = std::min(fewest, it.plan.cycles);
    double fewest_compute = kInfinity;
    for (const auto& it : candidates) {
      if (it.plan.cycles > fewest * kResolution) continue;
      fewest_compute = std::min(fewest_compute, it.compute_cycles);
    }
    auto chosen = candidates.end();
    for (auto it = candidates.begin(); it != candidates.end(); ++it) {
      if (it->plan.cycles > fewest * kResolution) continue;
      if (it->compute_cycles > fewest_compute * kResolution) continue;
      if (chosen == candidates.end() || preference(*it) < preference(*chosen)) chosen = it;
    }
    best.push_back(chosen->plan);
    candidates.erase(chosen);
  }
  return best;
}

/// The sum of cost(size) over the pieces of a split, or, where the extent is a range, over the full
/// tiles that a clamped tail makes of the planned size, a half-filled one included on average.
template <class Cost>
double sum_over_tiles(const Extent& extent, int64_t tile, Cost cost) {
  if (!extent.known()) {
    const double tiles =
        (static_cast<double>(extent.planned()) + (static_cast<double>(tile) - 1) / 2) /
        static_cast<double>(tile);
    return tiles * cost(static_cast<double>(tile));
  }
  const BalancedSplit split = balanced_split(extent.low, tile);
  double sum = static_cast<double>(split.large_count) * cost(static_cast<double>(split.large));
  if (!split.even()) {
    sum += static_cast<double>(split.count - split.large_count) *
           cost(static_cast<double>(split.large - 1));
  }
  return sum;
}

/// True where `tile` is worth trying: a known extent cut by it has a piece of that size, so that no
/// two candidates are the same split.
bool is_distinct_tile(const Extent& extent, int64_t tile);

}  // namespace tenon::target
