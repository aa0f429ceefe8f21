// Steps and chunks of elementwise passes, and of reductions along rows.
//
//   add of 1,000,000 f32 on znver5      ->  4 vectors a step, 32 chunks
//   softmax over 1536 rows of 128       ->  4 accumulators, chunks of rows
#include <algorithm>

#include "target/tile_cost.h"

namespace tenon::target {

namespace {

// Cycles that a row pays besides its passes: combining the accumulators, addresses, loop ends.
constexpr double kRowOverheadCycles = 40;

// Accumulators that hide the latency of additions; more did not help where rows come from L1 or
// beyond.
constexpr int64_t kMostAccumulators = 4;

// Longer bodies hold more constants and intermediate values, so fewer vectors at a time fit the
// registers.
int64_t vectors_for(double operations, const Target& target) {
  const double per_register = operations * 32 / target.vector_registers;
  return per_register <= 16 ? 4 : per_register <= 32 ? 2 : 1;
}

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

ElementwisePlan plan_elementwise(const ElementwiseShape& shape, const Target& target) {
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t elements = std::max<int64_t>(shape.elements.planned(), 1);
  ElementwisePlan plan;
  plan.vectors =
      static_cast<int>(std::min(vectors_for(shape.operations, target), divide_up(elements, lanes)));
  plan.step = plan.vectors * lanes;

  const double vectors = static_cast<double>(elements) / static_cast<double>(lanes);
  const double bytes = static_cast<double>(elements) * shape.bytes_per_element;
  const double accesses = shape.bytes_per_element / shape.element_bytes;
  const double compute = vectors * std::max(shape.operations / target.fma_per_cycle,
                                            accesses / target.loads_per_cycle);
  Traffic traffic;
  traffic.read(bytes, bytes, target);
  plan.cycles = overlapped_cycles(compute, traffic, false, target);
  const int64_t steps = divide_up(elements, plan.step);
  plan.parallel = plan_parallel(steps, plan.cycles / static_cast<double>(steps), target);
  return plan;
}

RowPlan plan_rows(const RowShape& shape, const Target& target) {
  const int64_t lanes = target.lanes(shape.element_bytes);
  const int64_t rows = std::max<int64_t>(shape.rows.planned(), 1);
  const int64_t vectors = divide_up(std::max<int64_t>(shape.length.planned(), 1), lanes);
  RowPlan plan;
  plan.accumulators = static_cast<int>(std::min(kMostAccumulators, vectors));
  const double vector_cycles =
      std::max(shape.operations / target.fma_per_cycle, 1 / target.loads_per_cycle);
  const double row_cycles =
      shape.passes * static_cast<double>(vectors) * vector_cycles + kRowOverheadCycles;
  const double bytes = static_cast<double>(rows * vectors * lanes * shape.element_bytes);
  Traffic traffic;
  traffic.read(2 * bytes, bytes, target);
  plan.cycles = overlapped_cycles(row_cycles * static_cast<double>(rows), traffic, false, target);
  plan.parallel = plan_parallel(rows, plan.cycles / static_cast<double>(rows), target);
  return plan;
}

}  // namespace tenon::target
