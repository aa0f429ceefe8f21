// The ARM rows of the target table.
//
//   a row named "cortex-a72" with 128-bit vectors and 1 FMA a cycle  ->  --target cortex-a72
//
// The numbers are estimates, none of them measured: no such processor was at hand. They follow the
// picture that Arm's software optimisation guides give of Cortex-A72 and Neoverse N1 (accumulator
// forwarding, throughput of 128-bit FMLA, LDR and STR) and, for Cortex-A53 and Cortex-A7, the
// 64-bit load and FP pipelines that others have measured. Sizes of shared caches are what common
// boards divide among their cores (four cores at one L2 of 1 MiB).
//
// A53, A72 and A7 have two levels of cache: a third of no bytes is never what fits.
//
// AArch64 always has NEON with fused multiply-add, rounding and f16 conversions: such rows demand
// nothing, and their bundles ask the processor nothing. What a row does demand of AArch64 is asked
// for when a bundle is opened (runtime/cpu.c). An ARMv7 program cannot ask: armv7-neon is a promise
// of whoever chooses it. It means NEON and VFPv4 with hard-float calls, and not the instructions
// that divide integers: Cortex-A5 has none.
#include "target/arm.h"

namespace tenon::target {

namespace {

using enum CpuFeature;
using enum Architecture;

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;

struct Row {
  const char* name;
  const char* description;
  Architecture architecture;
  const char* tune_cpu;
  FeatureSet features;
  double fma_per_cycle;
  int fma_latency;
  double loads_per_cycle, stores_per_cycle;
  double clock_ghz;
  MemoryLevel l1, l2, l3;
  double memory_bytes_per_cycle;
};

// clang-format off
constexpr Row kRows[] = {
    // In order; a 128-bit load takes two cycles of the one load pipe, an FMLA the one FP pipe.
    {"cortex-a53", "Arm Cortex-A53: ARMv8.0 in order, 2013; also A35, A55", aarch64, "cortex-a53", {},
     1, 4, 0.5, 0.5, 1.3, {32 * kKiB, 8}, {256 * kKiB, 5}, {0, 4}, 2},
    // Two 64-bit FP pipes make one 128-bit FMLA a cycle.
    {"cortex-a72", "Arm Cortex-A72: ARMv8.0 out of order, 2015; also A57, A73", aarch64, "cortex-a72",
     {}, 1, 3, 1, 1, 1.8, {32 * kKiB, 16}, {512 * kKiB, 9}, {0, 6}, 3},
    {"neoverse-n1", "Arm Neoverse N1: ARMv8.2 servers, 2019; also Cortex-A76", aarch64, "neoverse-n1",
     {fullfp16, dotprod}, 2, 2, 2, 1, 2.5, {64 * kKiB, 32}, {1 * kMiB, 20}, {2 * kMiB, 10}, 5},
    // As Cortex-A7, the most numerous: 64 bits of a vector a cycle.
    {"armv7-neon", "ARMv7 with NEON and VFPv4, hard float: Cortex-A5, A7, A15, A17", armv7, "generic",
     {neon, vfp4}, 0.5, 8, 0.5, 0.5, 1.1, {32 * kKiB, 8}, {256 * kKiB, 4}, {0, 3}, 1.5},
};
// clang-format on

Target target_of(const Row& row) {
  const bool is_long = row.architecture == aarch64;
  Target target{};
  target.name = row.name;
  target.description = row.description;
  target.architecture = row.architecture;
  target.triple = is_long ? "aarch64-unknown-linux-gnu" : "armv7-unknown-linux-gnueabihf";
  target.base_cpu = "generic";
  target.tune_cpu = row.tune_cpu;
  target.features = row.features;
  target.vector_bits = 128;
  target.vector_registers = is_long ? 32 : 16;
  target.mask_registers = false;
  target.index_bits = is_long ? 64 : 32;
  target.fma_per_cycle = row.fma_per_cycle;
  target.fma_latency = row.fma_latency;
  target.loads_per_cycle = row.loads_per_cycle;
  target.stores_per_cycle = row.stores_per_cycle;
  target.clock_ghz = row.clock_ghz;
  target.l1 = row.l1;
  target.l2 = row.l2;
  target.l3 = row.l3;
  target.memory = {kUnlimited, row.memory_bytes_per_cycle};
  return target;
}

}  // namespace

const std::vector<Target>& arm_targets() {
  static const std::vector<Target> rows = [] {
    std::vector<Target> made;
    for (const Row& row : kRows) made.push_back(target_of(row));
    return made;
  }();
  return rows;
}

FeatureSet arm_base_features(Architecture architecture) {
  return architecture == armv7 ? FeatureSet{neon, vfp4} : FeatureSet{};
}

}  // namespace tenon::target
