// Reductions along rows: softmax, normalisation, sums. All stages of a row run together, what they
// hand on in a scratch window; each reduction keeps vectors of partial results in registers, which
// are combined in halves at the end of the row.
//
//   compute_at e at y.i0   compute_at top at y.i0 ...
//   split top.r0 by 64 masked -> top.r0.v, top.r0.lane
//   rfactor top over top.r0.lane -> top.lanes halving
//   vectorize top.r0.lane   store_at top.lanes at top.i0 in register
//
// A reduction whose terms lie side by side along another axis than the reduced one keeps the lanes
// of that axis instead: split mean.i2 by 16 ..., reorder mean.i2.v, mean.r0, mean.i2.lane.
#include <algorithm>

#include "schedule/iterations.h"
#include "schedule/templates/template.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

// The spatial axis along which the terms of a reduction lie side by side, or "" where they do so
// along a reduced one.
std::string axis_beside(const Plan& plan, const loop::Stage& stage) {
  std::string found;
  bool along = false;
  for_each_node(stage.value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || read->indices().empty()) return;
    const std::vector<PhysicalDim>& dims =
        plan.state.function.find_buffer(read->tensor)->layout.dims;
    Expr index = dims.empty() ? read->indices().back()
                              : read->indices()[static_cast<size_t>(dims.back().axis)];
    for (const loop::Axis& axis : stage.axes)
      if (uses_var(index, axis.name)) found = axis.name;
    for (const loop::Axis& axis : stage.reduce_axes) along = along || uses_var(index, axis.name);
  });
  return along ? "" : found;
}

std::vector<std::string> reductions_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const LeafAt& at : leaves_in(plan.state.function.body))
    if (at.leaf.stage->reducer != loop::Reducer::None) names.push_back(at.leaf.stage->tensor);
  return names;
}

// True when no iteration of the loop or of one around it repeats what another computes of `tensor`.
bool computes_once(const Plan& plan, const std::string& tensor, const std::string& loop_name) {
  std::vector<const loop::For*> loops = loops_around(plan.state.function.body, loop_name);
  loops.push_back(find_loop(plan.state.function.body, loop_name));
  return std::all_of(loops.begin(), loops.end(), [&](const loop::For* loop) {
    return is_int(loop->extent, 1) || iterations_write_apart(plan.state, tensor, loop->var);
  });
}

// Moves all stages into the innermost loop of the last one in which no reduction is repeated.
void gather_stages(Plan& plan, const std::vector<std::string>& tensors) {
  std::optional<LeafAt> consumer = plan.leaf_of(tensors.back());
  if (!consumer || consumer->leaf.stage->reducer != loop::Reducer::None) return;
  std::vector<std::string> reductions = reductions_of(plan), rows;
  for (const loop::For* loop : consumer->loops) rows.push_back(loop->var);
  for (; !rows.empty(); rows.pop_back()) {
    State before = plan.state;
    for (size_t i = tensors.size() - 1; i-- > 0;)
      if (!plan.is_parameter(tensors[i]))
        plan.attempt("compute_at " + tensors[i] + " at " + rows.back());
    bool once = std::all_of(reductions.begin(), reductions.end(), [&](const std::string& tensor) {
      std::optional<LeafAt> at = plan.leaf_of(tensor);
      bool inside =
          !writers_of(find_loop(plan.state.function.body, rows.back())->body, tensor).empty();
      return inside && computes_once(plan, tensor, rows.back()) &&
             !(rows.size() == consumer->loops.size() &&
               !axis_beside(plan, *at->leaf.stage).empty());
    });
    if (once) return;
    plan.state = std::move(before);
  }
}

// Vectors of partial results: as many as hide the latency of combining, in one vectorized loop.
int64_t partial_results(const Plan& plan, Expr extent) {
  int64_t lanes = plan.lanes();
  target::RowShape shape;
  shape.length = plan.extent(extent);
  int64_t wanted = target::plan_rows(shape, plan.target).accumulators, vectors = 1;
  while (vectors * 2 <= wanted) vectors *= 2;
  for (int64_t fewer = vectors; fewer > 0; fewer /= 2)
    if (plan.tail(extent, fewer * lanes, "") == "exact") return fewer * lanes;
  return vectors * lanes;
}

// Gives a reduction over its innermost loop vector lanes of partial results.
bool reduce_along(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  const loop::For& inner = *at->loops.back();
  if (!binds_reduce(at->leaf, inner.var) || plan.extent(inner.extent).high < plan.lanes())
    return false;
  int64_t lanes = partial_results(plan, inner.extent);
  std::string name = inner.var, outer = name + ".v", lane = name + ".lane",
              partial = tensor + ".lanes";
  State before = plan.state;
  bool done =
      plan.attempt("split " + name + " by " + std::to_string(lanes) + " " +
                   plan.tail(inner.extent, lanes, "masked") + " -> " + outer + ", " + lane) &&
      plan.attempt("rfactor " + tensor + " over " + lane + " -> " + partial + " halving") &&
      plan.attempt("vectorize " + lane);
  // The lanes live in registers for the length of the row; of a reduction of everything, which no
  // loop is around, they stay in memory.
  std::string row;
  if (done)
    for (const loop::For* loop : loops_around(plan.state.function.body, outer))
      if (!binds_reduce(at->leaf, loop->var)) row = loop->var;
  if (done && !row.empty())
    done = plan.attempt("store_at " + partial + " at " + row + " in register");
  if (!done) plan.state = std::move(before);
  return done;
}

// Lanes along a spatial axis, with the reduction around them.
bool reduce_across(Plan& plan, const std::string& tensor, const std::string& axis) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  std::vector<const loop::For*> across;  // one, or two where the layout blocks the axis
  for (const loop::For* loop : at->loops)
    if (uses_var(at->leaf.axis_binding(axis), loop->var)) across.push_back(loop);
  if (across.empty() || across.size() > 2 ||
      plan.extent(across.back()->extent).high < plan.lanes() / 2)
    return false;
  const loop::For& inner = *across.back();
  std::string outer = across[0]->var, lane = inner.var;
  std::vector<std::string> lines;
  if (across.size() == 1) {
    int64_t lanes = partial_results(plan, inner.extent);
    outer = inner.var + ".v";
    lane = inner.var + ".lane";
    lines = {"split " + inner.var + " by " + std::to_string(lanes) + " " +
             plan.tail(inner.extent, lanes, "masked") + " -> " + outer + ", " + lane};
  }
  // Spatial loops inside of `outer` stay around the reduction too: the tile is one vector's.
  std::vector<std::string> order = {outer}, reduced;
  bool inside = false;
  for (const loop::For* loop : at->loops) {
    if (binds_reduce(at->leaf, loop->var))
      reduced.push_back(loop->var);
    else if (inside && loop != &inner)
      order.push_back(loop->var);
    inside = inside || loop == across[0];
  }
  std::string innermost = order.back();
  order.insert(order.end(), reduced.begin(), reduced.end());
  order.push_back(lane);
  lines.push_back("reorder " + join(order, ", "));
  lines.push_back("vectorize " + lane);
  State before = plan.state;
  if (!plan.apply(lines)) {
    plan.state = std::move(before);
    return false;
  }
  plan.attempt("cache_write " + tensor + " in register at " + innermost);
  return true;
}

void vectorize_spatial(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  const loop::For& inner = *at->loops.back();
  int64_t lanes = plan.lanes();
  if (plan.extent(inner.extent).high < lanes / 2) return;
  State before = plan.state;
  std::string lane = inner.var + ".lane";
  bool done =
      plan.attempt("split " + inner.var + " by " + std::to_string(lanes) + " " +
                   plan.tail(inner.extent, lanes, "masked") + " -> " + inner.var + ".v, " + lane) &&
      plan.attempt("vectorize " + lane);
  if (!done) plan.state = std::move(before);
}

void make_rows_parallel(Plan& plan, size_t passes) {
  std::vector<LeafAt> leaves = leaves_in(plan.state.function.body);
  if (leaves.empty() || leaves.back().loops.empty()) return;
  const loop::For& outermost = *leaves.back().loops[0];
  target::RowShape shape;
  shape.rows = plan.extent(outermost.extent);
  int64_t length = 1;
  for (const loop::For* loop : leaves.back().loops)
    if (loop != &outermost) length *= plan.extent(loop->extent).planned();
  shape.length = length;
  shape.passes = static_cast<double>(passes);
  double operations = 0;
  for (const LeafAt& at : leaves) operations += Plan::operations(*at.leaf.stage);
  shape.operations = operations / shape.passes;
  target::RowPlan rows = target::plan_rows(shape, plan.target);
  if (!rows.parallel.serial())
    plan.attempt("parallel " + outermost.var + " chunk " + std::to_string(rows.parallel.chunk));
}

}  // namespace

Status schedule_rows(Plan& plan) {
  std::vector<std::string> tensors = plan.tensors();
  if (tensors.empty()) return Failure{"nothing is computed"};
  gather_stages(plan, tensors);
  for (const std::string& tensor : tensors) {
    std::optional<LeafAt> at = plan.leaf_of(tensor);
    if (!at || at->loops.empty()) continue;
    if (at->leaf.stage->reducer == loop::Reducer::None)
      vectorize_spatial(plan, tensor);
    else if (std::string axis = axis_beside(plan, *at->leaf.stage);
             axis.empty() || !reduce_across(plan, tensor, axis))
      reduce_along(plan, tensor);
  }
  // A result of one element, the sum or the mean of a row, stays in a register.
  for (const std::string& tensor : tensors) {
    std::optional<LeafAt> at = plan.leaf_of(tensor);
    if (plan.is_parameter(tensor) || !at || at->loops.empty()) continue;
    std::optional<LeafAt> last = plan.leaf_of(tensors.back());
    if (!last) continue;
    for (const loop::For* loop : last->loops)
      if (find_loop(loop->body, at->loops.back()->var)) {
        Result<Window> window = window_of(plan.state, tensor, loop->var, Access::Both);
        bool one = window && std::all_of(window->extents.begin(), window->extents.end(),
                                         [](Expr extent) { return is_int(extent, 1); });
        if (one && plan.attempt("store_at " + tensor + " at " + loop->var + " in register")) break;
      }
  }
  make_rows_parallel(plan, tensors.size());
  return Done{};
}

}  // namespace tenon::schedule
