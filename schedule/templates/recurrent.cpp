// Recurrent cells: the products of the whole sequence with the input weights are one product in
// register tiles, outside of the scan; inside, each step's product keeps its sums in registers over
// panels of the packed recurrent weights, and the updates run in vectors along the hidden units.
//
//   split projection.q by 64 exact -> projection.no, projection.ni ...
//   for t in 100 { for h.j in 1024 { ... } }   ->   split h.j by 16 exact ... vectorize h.j.lane
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

void vectorize_update(Plan& plan, const LeafAt& at) {
  const loop::For& inner = *at.loops.back();
  int64_t lanes = plan.lanes();
  if (plan.extent(inner.extent).high < lanes) return;
  State before = plan.state;
  bool done = plan.attempt("split " + inner.var + " by " + std::to_string(lanes) + " " +
                           plan.tail(inner.extent, lanes, "masked") + " -> " + inner.var + ".v, " +
                           inner.var + ".lane") &&
              plan.attempt("vectorize " + inner.var + ".lane");
  if (!done) plan.state = std::move(before);
}

}  // namespace

Status schedule_recurrent(Plan& plan) {
  const loop::Stmt naive = plan.state.function.body;  // keeps what its leaves point to
  for (const LeafAt& at : leaves_in(naive)) {
    if (at.loops.empty()) continue;
    const std::string& tensor = at.leaf.stage->tensor;
    if (at.leaf.stage->reducer == loop::Reducer::None)
      vectorize_update(plan, at);
    else
      (void)tile_product(plan, tensor, tensor + ".", {});  // else it keeps its loops
  }
  return Done{};
}

}  // namespace tenon::schedule
