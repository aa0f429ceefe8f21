// Elementwise chains and data movement: vectors along the last axis of each stage, rows handed to
// threads.
//
//   split y.i1 by 16 masked -> y.v, y.lane   vectorize y.lane   parallel y.i0
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

// Vectorizes the innermost loop of a stage where it is spatial and long enough.
void vectorize_last(Plan& plan, const LeafAt& at) {
  if (at.loops.empty()) return;
  const std::string inner = at.loops.back()->var;
  if (binds_reduce(at.leaf, inner)) return;
  int64_t lanes = plan.lanes();
  target::Extent extent = plan.extent(at.loops.back()->extent);
  if (extent.high < lanes / 2) return;
  if (extent.known() && extent.high == lanes && plan.attempt("vectorize " + inner)) return;
  std::string outer = inner + ".v", lane = inner + ".lane";
  State before = plan.state;
  bool split = plan.attempt("split " + inner + " by " + std::to_string(lanes) + " " +
                            plan.tail(at.loops.back()->extent, lanes, "masked") + " -> " + outer +
                            ", " + lane);
  if (split && !plan.attempt("vectorize " + lane)) plan.state = std::move(before);
}

}  // namespace

Status schedule_elementwise(Plan& plan) {
  for (const LeafAt& at : leaves_in(plan.state.function.body)) vectorize_last(plan, at);
  std::vector<LeafAt> leaves = leaves_in(plan.state.function.body);
  if (leaves.size() != 1 || leaves[0].loops.empty()) return Done{};
  const loop::Stage& stage = *leaves[0].leaf.stage;
  target::ElementwiseShape shape;
  int64_t most = 1, iterations = plan.extent(leaves[0].loops[0]->extent).planned();
  for (const loop::Axis& axis : stage.axes) most *= plan.extent(axis.extent).planned();
  shape.elements = most;
  target::ElementwisePlan plan_for_all = target::plan_elementwise(shape, plan.target);
  if (plan_for_all.parallel.serial() || iterations < 2) return Done{};
  int64_t chunk = std::max<int64_t>(1, iterations / plan_for_all.parallel.chunks);
  plan.attempt("parallel " + leaves[0].loops[0]->var + " chunk " + std::to_string(chunk));
  return Done{};
}

}  // namespace tenon::schedule
