// Elementwise chains and data movement: vectors along the axis of each stage whose elements lie side
// by side, rows handed to threads.
//
//   split y.i1 by 16 masked -> y.v, y.lane   vectorize y.lane   parallel y.i0
#include "ir/expr/linear_form.h"
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

// Where the result has channels in blocks, the loop over one block moves inside and becomes lanes:
// along the axis behind it, each element would lie a block from the next.
bool vectorize_block(Plan& plan, const LeafAt& at) {
  const loop::Stage& stage = *at.leaf.stage;
  const std::vector<PhysicalDim>& dims = plan.state.function.find_buffer(stage.tensor)->layout.dims;
  if (dims.empty() || dims.back().modulus == 0 || stage.reducer != loop::Reducer::None)
    return false;
  Expr index = stage.target[static_cast<size_t>(dims.back().axis)];
  std::vector<std::string> order;
  for (const loop::For* loop : at.loops) {
    bool steps_by_one = false;
    for (size_t i = 0; i < stage.axes.size(); ++i) {
      if (!uses_var(index, stage.axes[i].name)) continue;
      Split split = split_by(linear_form(at.leaf.bindings[i]), index.pool().var(loop->var));
      steps_by_one =
          split.linear && split.coefficient.is_constant() && split.coefficient.constant == 1;
    }
    if (!order.empty())
      order.insert(order.end() - 1, loop->var);
    else if (steps_by_one && is_int(loop->extent, dims.back().modulus))
      order.push_back(loop->var);
  }
  if (order.empty()) return false;
  State before = plan.state;
  bool done = (order.size() == 1 || plan.attempt("reorder " + join(order, ", "))) &&
              plan.attempt("vectorize " + order.back());
  if (!done) plan.state = std::move(before);
  return done;
}

// Vectorizes the innermost loop of a stage where it is spatial and long enough.
void vectorize_last(Plan& plan, const LeafAt& at) {
  if (at.loops.empty() || vectorize_block(plan, at)) return;
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
  const loop::Stmt naive = plan.state.function.body;  // keeps what its leaves point to
  for (const LeafAt& at : leaves_in(naive)) vectorize_last(plan, at);
  std::vector<LeafAt> leaves = leaves_in(plan.state.function.body);
  if (leaves.size() != 1 || leaves[0].loops.empty()) return Done{};
  const loop::Stage& stage = *leaves[0].leaf.stage;
  target::ElementwiseShape shape;
  int64_t most = 1, iterations = plan.extent(leaves[0].loops[0]->extent).planned();
  for (const loop::Axis& axis : stage.axes) most *= plan.extent(axis.extent).planned();
  shape.elements = most;
  shape.operations = Plan::operations(stage);
  target::ElementwisePlan plan_for_all = target::plan_elementwise(shape, plan.target);
  if (plan_for_all.parallel.serial() || iterations < 2) return Done{};
  int64_t chunk = std::max<int64_t>(1, iterations / plan_for_all.parallel.chunks);
  plan.attempt("parallel " + leaves[0].loops[0]->var + " chunk " + std::to_string(chunk));
  return Done{};
}

}  // namespace tenon::schedule
