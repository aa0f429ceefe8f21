// Recurrent cells: the projection of the whole sequence is a product outside of the scan; inside,
// each step's products and updates run in vectors along the hidden units.
//
//   for t in 100 { for h.j in 1024 { ... } }   ->   split h.j by 16 exact ... vectorize, over a recurrent weight packed by units
#include "schedule/templates/template.h"

namespace tenon::schedule {
namespace {

// A sum of products whose innermost spatial axis is a plain subscript of a constant: the constant
// is packed in panels of lanes along that axis, and the axis is vectorized inside of the reduction.
bool vectorize_product(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  if (!at || at->leaf.stage->reducer != loop::Reducer::Sum || at->leaf.stage->axes.empty())
    return false;
  const loop::Stage stage = *at->leaf.stage;
  const std::string axis = stage.axes.back().name;
  const Read* weight = nullptr;
  size_t position = 0;
  for_each_node(stage.value, [&](Expr node) {
    const Read* read = node.as<Read>();
    if (!read || !plan.is_constant(read->tensor)) return;
    for (size_t d = 0; d < read->indices().size(); ++d) {
      const Var* var = read->indices()[d].as<Var>();
      if (var && var->name == axis) weight = read, position = d;
    }
  });
  const Var* bound = at->leaf.bindings[stage.axes.size() - 1].as<Var>();
  if (!weight || !bound) return false;
  State before = plan.state;
  int64_t lanes = plan.lanes();
  std::string name = bound->name, others, d = std::to_string(position);
  for (size_t i = 0; i < weight->indices().size(); ++i)
    if (i != position) others += ", " + std::to_string(i);
  std::vector<std::string> order = {name + ".v"};
  for (const loop::For* loop : at->loops)
    if (binds_reduce(at->leaf, loop->var)) order.push_back(loop->var);
  order.push_back(name + ".lane");
  bool done = plan.attempt("split " + name + " by " + std::to_string(lanes) + " " +
                           plan.tail(stage.axes.back().extent, lanes, "masked") + " -> " + name +
                           ".v, " + name + ".lane") &&
              plan.attempt("reorder " + join(order, ", ")) &&
              plan.attempt("vectorize " + name + ".lane") &&
              plan.attempt("pack " + weight->tensor + " as <" + d + "/" + std::to_string(lanes) +
                           others + ", " + d + "%" + std::to_string(lanes) + ">");
  if (!done)
    plan.state = std::move(before);
  else
    plan.attempt("cache_write " + tensor + " in register at " + name + ".v");
  return done;
}

void vectorize_update(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  if (!at || at->loops.empty() || at->leaf.stage->reducer != loop::Reducer::None) return;
  const loop::For& inner = *at->loops.back();
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
  for (const std::string& tensor : plan.tensors())
    if (!vectorize_product(plan, tensor)) vectorize_update(plan, tensor);
  return Done{};
}

}  // namespace tenon::schedule
