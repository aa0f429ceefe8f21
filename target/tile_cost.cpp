// Cycles of tiled loop nests, and how they are made parallel.
//
//   128x768x3072, tiles of 8x48, znver5
//     ->  computing 9.5e6 cycles; b once from memory, 15 times from L2; a once and 63 times from L2
#include "target/tile_cost.h"

#include <cmath>

namespace tenon::target {

namespace {

// The part of a level that a kernel's operands may fill beside its other data. 0.8 MB of rows
// re-read from 1 MiB of L2 cost nothing (3136x64x256 on Zen 4: 97 % of peak).
constexpr double kUsableShare = 0.85;

// Shares of the time of L3 and of memory that computing does not hide. Chosen so that BERT's GEMMs
// with cold weights come out at 88 to 91 % of peak plain and at 93 to 96 % prefetched, as measured
// on Zen 5.
constexpr double kExposedL3 = 0.5;
constexpr double kExposedMemory = 1.0;
constexpr double kExposedMemoryPrefetched = 0.4;

// A loop with at least this many iterations is worth making parallel by itself.
constexpr int64_t kEnoughIterations = 8;

// Two resources in use at once cost a little more than the busier one: (a^p + b^p)^(1/p), in square
// roots, which round alike on every machine. Ports are shared well (p = 8: 9 % when both are full,
// 0.1 % at 14x2's 57 % of loads); streams from L2 beside computing less so (p = 4: 19 % when both
// are full, 0.4 % at 36 %, as hot GEMMs on Zen 5 show).
double shared_ports(double a, double b) {
  if (a == b) return a * std::sqrt(std::sqrt(std::sqrt(2.0)));
  const double ratio = std::min(a, b) / std::max(a, b);
  const double fourth = ratio * ratio * ratio * ratio;
  return std::max(a, b) * std::sqrt(std::sqrt(std::sqrt(1 + fourth * fourth)));
}

double shared_with_l2(double compute, double l2) {
  if (compute == l2) return compute * std::sqrt(std::sqrt(2.0));
  const double ratio = std::min(compute, l2) / std::max(compute, l2);
  return std::max(compute, l2) * std::sqrt(std::sqrt(1 + ratio * ratio * ratio * ratio));
}

double usable(const MemoryLevel& level) { return kUsableShare * static_cast<double>(level.bytes); }

}  // namespace

double step_cycles(double rows, int vectors, const Target& target) {
  const double fma = rows * vectors / target.fma_per_cycle;
  const double loads = (rows + vectors) / target.loads_per_cycle;
  return std::max(shared_ports(fma, loads), static_cast<double>(target.fma_latency));
}

double tile_end_cycles(double rows, int vectors, const Target& target) {
  return rows * vectors / target.stores_per_cycle + kTileOverheadCycles;
}

void Traffic::read(double bytes, double footprint, const Target& target) {
  if (footprint <= usable(target.l1)) return;
  if (footprint <= usable(target.l2)) {
    l2 += bytes;
  } else if (footprint <= usable(target.l3)) {
    l3 += bytes;
  } else {
    memory += bytes;
  }
}

double overlapped_cycles(double compute_cycles, const Traffic& traffic, bool prefetched,
                         const Target& target) {
  const double l2 = traffic.l2 / target.l2.bytes_per_cycle;
  const double l3 = traffic.l3 / target.l3.bytes_per_cycle;
  const double memory = traffic.memory / target.memory.bytes_per_cycle;
  const double exposed_memory = prefetched ? kExposedMemoryPrefetched : kExposedMemory;
  const double exposed = kExposedL3 * l3 + exposed_memory * memory;
  return std::max({shared_with_l2(compute_cycles, l2) + exposed, l3, memory});
}

double nest_cycles(const TiledNest& nest, double compute_cycles, const Target& target) {
  const double tiles = static_cast<double>(nest.row_tiles);
  const double panels = static_cast<double>(nest.column_panels);
  Traffic traffic;
  // First touches: constants come from memory, unless all of them may still be in L2 from the last
  // run; what another kernel has just written, and the result (read for ownership, then written
  // back), from where it fits.
  const bool cold = nest.constant_b && nest.b_bytes > usable(target.l2);
  traffic.read(nest.b_bytes, cold ? HUGE_VAL : nest.b_bytes, target);
  traffic.read(nest.a_bytes, nest.a_bytes, target);
  traffic.read(2 * nest.c_bytes, nest.c_bytes, target);
  // Second touches.
  if (nest.order == LoopOrder::columns_outer) {
    traffic.read(nest.b_bytes * (tiles - 1), nest.panel_bytes + nest.a_tile_bytes, target);
    traffic.read(nest.a_bytes * (panels - 1), nest.a_bytes + nest.panel_bytes, target);
  } else {
    traffic.read(nest.b_bytes * (tiles - 1), nest.b_bytes + nest.a_tile_bytes, target);
    traffic.read(nest.a_bytes * (panels - 1), nest.a_tile_bytes + nest.panel_bytes, target);
  }
  // A single row tile reads its panels in one sequential stream, which the hardware fetches ahead
  // by itself.
  const bool prefetched = nest.row_tiles == 1;
  return overlapped_cycles(compute_cycles, traffic, prefetched, target);
}

std::pair<ParallelAxis, ParallelPlan> plan_nest_parallel(int64_t batch, int64_t outer,
                                                         int64_t inner, double cycles,
                                                         const Target& target) {
  const int64_t extents[] = {batch, outer, outer * inner};
  const ParallelAxis axes[] = {ParallelAxis::batch, ParallelAxis::outer, ParallelAxis::tiles};
  // The first axis with iterations enough; else the one with the most.
  int choice = 0;
  for (int i = 0; i < 3; ++i) {
    if (extents[i] > extents[choice]) choice = i;
    if (extents[choice] >= kEnoughIterations) break;
  }
  // Inside a batch each problem is a parallel loop of its own.
  const double work =
      axes[choice] == ParallelAxis::batch ? cycles : cycles / static_cast<double>(batch);
  const ParallelPlan plan =
      plan_parallel(extents[choice], work / static_cast<double>(extents[choice]), target);
  return {plan.serial() ? ParallelAxis::none : axes[choice], plan};
}

int depth_unroll(int64_t accumulators, const Extent& depth, const Target& target) {
  // 16 registers without memory operands: the loads of the next step would spill.
  if (target.architecture == Architecture::armv7) return 1;
  constexpr int64_t kManyAccumulators = 16;
  if (accumulators >= kManyAccumulators || !depth.known()) return 1;
  return depth.low % 4 == 0 ? 4 : depth.low % 2 == 0 ? 2 : 1;
}

bool is_distinct_tile(const Extent& extent, int64_t tile) {
  if (!extent.known()) return tile <= extent.planned();
  return balanced_split(extent.low, tile).large == tile;
}

}  // namespace tenon::target
