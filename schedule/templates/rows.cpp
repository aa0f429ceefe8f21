// Reductions along rows: softmax, normalisation, sums. All stages of a row run together, the row in
// a scratch window; each reduction keeps a vector of partial results, combined at the end of the
// row.
//
//   compute_at e at y.i0   compute_at top at y.i0 ...
//   split top.r0 by 16 masked -> ...   rfactor top over ... -> ...   vectorize ...
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

// Gives a reduction over its innermost loop vector lanes of partial results, or vectorizes it along
// a spatial axis.
void vectorize_reduction(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  if (!at || at->loops.empty()) return;
  const loop::For& inner = *at->loops.back();
  int64_t lanes = plan.lanes();
  if (!binds_reduce(at->leaf, inner.var) || plan.extent(inner.extent).high < 2 * lanes) return;
  State before = plan.state;
  std::string name = inner.var, outer = name + ".v", lane = name + ".lane",
              partial = tensor + ".lanes";
  bool done =
      plan.attempt("split " + name + " by " + std::to_string(lanes) + " " +
                   plan.tail(inner.extent, lanes, "masked") + " -> " + outer + ", " + lane) &&
      plan.attempt("rfactor " + tensor + " over " + lane + " -> " + partial) &&
      plan.attempt("vectorize " + lane);
  // The lanes live in registers for the length of the row.
  const std::vector<const loop::For*> around =
      done ? loops_around(plan.state.function.body, outer) : std::vector<const loop::For*>();
  if (done && !around.empty())
    done = plan.attempt("store_at " + partial + " at " + around.back()->var + " in register");
  if (!done) plan.state = std::move(before);
}

void vectorize_spatial(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  if (!at || at->loops.empty() || at->leaf.stage->reducer != loop::Reducer::None) return;
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

}  // namespace

Status schedule_rows(Plan& plan) {
  std::vector<std::string> tensors = plan.tensors();
  if (tensors.empty()) return Failure{"nothing is computed"};
  const std::string last = tensors.back();
  std::optional<LeafAt> consumer = plan.leaf_of(last);
  if (consumer && !consumer->loops.empty() && tensors.size() > 1 &&
      consumer->leaf.stage->reducer == loop::Reducer::None && consumer->loops.size() > 1) {
    const std::string row = consumer->loops[consumer->loops.size() - 2]->var;
    for (size_t i = tensors.size() - 1; i-- > 0;)
      if (!plan.is_parameter(tensors[i])) plan.attempt("compute_at " + tensors[i] + " at " + row);
  }
  for (const std::string& tensor : tensors) {
    vectorize_reduction(plan, tensor);
    vectorize_spatial(plan, tensor);
  }
  std::vector<LeafAt> leaves = leaves_in(plan.state.function.body);
  if (leaves.empty() || leaves.back().loops.empty()) return Done{};
  const loop::For& outermost = *leaves.back().loops[0];
  target::RowShape shape;
  shape.rows = plan.extent(outermost.extent);
  int64_t length = 1;
  for (const loop::For* loop : leaves.back().loops)
    if (loop != &outermost) length *= plan.extent(loop->extent).planned();
  shape.length = length;
  shape.passes = static_cast<double>(tensors.size());
  target::RowPlan rows = target::plan_rows(shape, plan.target);
  if (!rows.parallel.serial())
    plan.attempt("parallel " + outermost.var + " chunk " + std::to_string(rows.parallel.chunk));
  return Done{};
}

}  // namespace tenon::schedule
