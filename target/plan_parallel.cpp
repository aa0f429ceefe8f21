// Extents, splits, chunks and the register budget: the arithmetic under every plan.
//
//   balanced_split(49, 14)                            ->  4 pieces: 1 of 13, 3 of 12
//   plan_parallel(64, 147000 cycles each, 4.1 GHz)    ->  32 chunks of 2
#include <algorithm>

#include "support/check.h"
#include "target/cost_model.h"

namespace tenon::target {

namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

int64_t Extent::planned() const {
  constexpr int64_t kPlannedRange = 128;
  return known() ? low : std::max(low, std::min(high, kPlannedRange));
}

BalancedSplit balanced_split(int64_t extent, int64_t limit) {
  TENON_CHECK(extent >= 0 && limit >= 1, "a split needs an extent and a positive limit");
  if (extent == 0) return {};
  BalancedSplit split;
  split.count = divide_up(extent, limit);
  split.large = divide_up(extent, split.count);
  split.large_count = extent - split.count * (split.large - 1);
  return split;
}

ParallelPlan plan_parallel(int64_t iterations, double cycles_per_iteration, const Target& target) {
  const double cycles_per_microsecond = target.clock_ghz * 1000;
  const double microseconds =
      static_cast<double>(iterations) * cycles_per_iteration / cycles_per_microsecond;
  if (iterations <= 1 || microseconds < kSerialMicroseconds)
    return {std::max<int64_t>(iterations, 1), 1};
  const double wanted =
      std::min(microseconds / kChunkMicroseconds, static_cast<double>(kMaximumChunks));
  const int64_t most = std::min(iterations, static_cast<int64_t>(wanted));
  ParallelPlan plan;
  plan.chunk = divide_up(iterations, most);
  plan.chunks = divide_up(iterations, plan.chunk);
  return plan;
}

int register_budget(const Target& target) {
  // Of 32 registers one stays free: tiles that fill all of them spill in LLVM's code. Of 16 none:
  // 4x3 (16 registers) was measured without spills at 94 % of peak, 3x4 (17) at 44 %. ARMv7 has
  // neither memory operands nor a fused multiply-add by an element: what is loaded takes registers.
  if (target.architecture == Architecture::armv7) return target.vector_registers - 2;
  return target.vector_registers >= 32 ? target.vector_registers - 1 : target.vector_registers;
}

bool tile_fits(int64_t rows, int64_t vectors, const Target& target) {
  const int64_t product = target.has_fma() ? 0 : 1;
  return rows * vectors + vectors + 1 + product <= register_budget(target);
}

}  // namespace tenon::target
