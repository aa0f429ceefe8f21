// rfactor STAGE over LOOP -> PARTIAL
//
//   for ko in 4 { for ki in 16 { stage s[] reduce k:64 { sum x[k] } with k = ko*16 + ki } }
//   rfactor s over ki -> p
//   for ko in 4 { for ki in 16 { stage p[f:16] reduce k:64 { sum x[k] } with f = ki, k = ko*16 + ki } }
//   for s.f in 16 { stage s[] reduce f:16 { sum p[f] } with f = s.f }
//
// Makes a reduce loop spatial: PARTIAL keeps one partial result for each of its iterations, and
// STAGE combines them, in order. The loop can then be vectorized. PARTIAL is a window in scratch
// memory inside the loop around the reduction, from where store_at can move it. Reassociating, for
// float sums and products.
#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stage;
using loop::Stmt;

// The partial results live as long as one iteration of the loop around the reduction; where their
// window is not known they live as long as the function, which no parallel loop allows.
Status keep_inside(State& state, const std::string& partial, const std::string& loop_name) {
  State inside = state;
  Status status = place_window(inside, partial, loop_name, loop::Scope::Scratch, {});
  if (status) {
    state = std::move(inside);
    return status;
  }
  std::vector<const For*> around = loops_around(state.function.body, loop_name);
  around.push_back(find_loop(state.function.body, loop_name));
  for (const For* loop : around)
    if (loop->kind != loop::LoopKind::Serial && loop->kind != loop::LoopKind::Unrolled)
      return status;
  return Done{};
}

Status apply_rfactor(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a reduction");
  arguments.expect("over");
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("->");
  Result<std::string> partial_name = read_fresh_name(state, arguments);
  if (!partial_name) return partial_name.error();

  std::vector<LeafAt> writers = writers_of(state.function.body, tensor);
  if (writers.size() != 1 || writers[0].leaf.stage->reducer == loop::Reducer::None ||
      !writers[0].leaf.stage->is_plain())
    return Failure{tensor + " is not one reduction"};
  const LeafAt& old = writers[0];
  const Stage stage = *old.leaf.stage;
  if (!binds_reduce(old.leaf, *name)) return Failure{*name + " is no reduce loop of " + tensor};
  const For loop = *find_loop(state.function.body, *name);
  if (!as_int(simplify(loop.extent, state.symbols)))
    return Failure{"rfactor needs a literal extent"};
  if (stage.find_axis("f")) return Failure{tensor + " has an axis called f already"};

  ExprPool& pool = *state.pool;
  Expr extent = simplify(loop.extent, state.symbols), f = pool.var("f");
  auto partial = std::make_shared<Stage>(stage);
  partial->name = partial->tensor = *partial_name;
  partial->axes.push_back({"f", extent});
  partial->target.push_back(f);
  Leaf partial_leaf = old.leaf;
  partial_leaf.bindings.insert(
      partial_leaf.bindings.begin() + static_cast<std::ptrdiff_t>(stage.axes.size()),
      pool.var(*name));
  partial_leaf.stage = partial;

  auto final_stage = std::make_shared<Stage>(stage);
  final_stage->reduce_axes = {{"f", extent}};
  final_stage->where = {};
  final_stage->requirements = {};
  final_stage->value = pool.read(*partial_name, stage.type, partial->target);

  // The combination goes after the outermost reduce loop, in copies of the spatial loops inside it.
  size_t outermost = 0;
  while (!binds_reduce(old.leaf, old.loops[outermost]->var)) ++outermost;
  std::vector<Substitution> fresh;
  std::vector<For> loops;
  for (size_t i = outermost; i < old.loops.size(); ++i) {
    if (!binds_spatial(old.leaf, old.loops[i]->var)) continue;
    For copy = *old.loops[i];
    copy.var = tensor + "." + copy.var;
    if (!is_fresh(state, copy.var)) return Failure{"the name " + copy.var + " is already taken"};
    copy.extent = substitute(copy.extent, fresh);
    fresh.push_back({old.loops[i]->var, pool.var(copy.var)});
    loops.push_back(std::move(copy));
  }
  std::string combine_loop = tensor + ".f";
  if (!is_fresh(state, combine_loop))
    return Failure{"the name " + combine_loop + " is already taken"};
  loops.push_back({combine_loop, extent, loop::LoopKind::Serial, 1, {}, stage.location});
  Leaf final_leaf{final_stage, {}, {}, old.leaf.clamped, true};
  for (size_t i = 0; i < stage.axes.size(); ++i)
    final_leaf.bindings.push_back(substitute(old.leaf.bindings[i], fresh));
  final_leaf.bindings.push_back(pool.var(combine_loop));
  for (Expr part : conjuncts(old.leaf.guard)) {
    bool spatial = true;
    for (size_t i = outermost; i < old.loops.size(); ++i)
      spatial = spatial &&
                !(binds_reduce(old.leaf, old.loops[i]->var) && uses_var(part, old.loops[i]->var));
    if (spatial)
      final_leaf.guard =
          final_leaf.guard ? final_leaf.guard & substitute(part, fresh) : substitute(part, fresh);
  }
  Stmt combination = final_leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = combination;
    combination = loops[i];
  }
  Stmt replaced = map_leaves(state.function.body, [&](const Leaf& leaf) -> Stmt {
    return leaf.stage->tensor == tensor ? Stmt(partial_leaf) : Stmt(leaf);
  });
  replaced = replace_loop(replaced, old.loops[outermost]->var, [&](const For& outer) {
    return loop::block({outer, combination});
  });
  loop::Buffer local{*partial_name, stage.type, {}, {}, loop::Scope::Arena, {}, {}, {}};
  for (const loop::Axis& axis : partial->axes) local.extents.push_back(axis.extent);
  state.function.body = loop::block({loop::Alloc{local}, replaced});
  if (state.function.anchor_stage == tensor) state.function.anchor_stage = *partial_name;
  if (outermost > 0) return keep_inside(state, *partial_name, old.loops[outermost - 1]->var);
  return Done{};
}

}  // namespace

const Primitive rfactor = {
    .name = "rfactor",
    .syntax = "rfactor STAGE over LOOP -> PARTIAL",
    .summary = "a reduce loop becomes spatial: partial results, combined in order",
    .effect = Effect::Reassociating,
    .apply = apply_rfactor,
};

}  // namespace tenon::schedule
