// rfactor STAGE over LOOP -> PARTIAL [halving]
//
//   for ko in 4 { for ki in 16 { stage s[] reduce k:64 { sum x[k] } with k = ko*16 + ki } }
//   rfactor s over ki -> p
//   for ko in 4 { for ki in 16 { stage p[f:16] reduce k:64 { sum x[k] } with f = ki, k = ko*16 + ki } }
//   for s.f in 16 { stage s[] reduce f:16 { sum p[f] } with f = s.f }
//
// Makes a reduce loop spatial: PARTIAL keeps one partial result for each of its iterations, and
// STAGE combines them, in order. The loop can then be vectorized. PARTIAL is a window in scratch
// memory inside the loop around the reduction, from where store_at can move it.
//
// `halving` combines the partial results, a power of two of them, in vectors of half as many each
// time, in registers where a loop is around them: p[f] with p[f + 8], those with p[f + 4], ...
// Reassociating, for float sums and products.
#include <algorithm>
#include <span>

#include "schedule/place_window.h"
#include "schedule/primitives/primitives.h"

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

// What one step works on.
struct Factored {
  LeafAt old;            // the reduction's one leaf
  Expr extent;           // a literal
  std::string axis;      // of the partial results, the last one
  size_t outermost = 0;  // of old.loops, the first that binds a reduce axis
  Leaf partial;          // in place of the old leaf
};

Result<Factored> find_reduction(const State& state, const Stmt& body, const std::string& tensor,
                                const std::string& name, const std::string& partial_name) {
  std::vector<LeafAt> writers = writers_of(body, tensor);
  if (writers.size() != 1 || writers[0].leaf.stage->reducer == loop::Reducer::None ||
      !writers[0].leaf.stage->is_plain())
    return Failure{tensor + " is not one reduction"};
  Factored step{writers[0], {}, "f", 0, writers[0].leaf};
  if (!binds_reduce(step.old.leaf, name)) return Failure{name + " is no reduce loop of " + tensor};
  if (binds_spatial(step.old.leaf, name))
    return Failure{name + " is a spatial loop of " + tensor + " already"};
  step.extent = simplify(find_loop(body, name)->extent, state.symbols);
  if (!as_int(step.extent)) return Failure{"rfactor needs a literal extent"};
  // A reduction of partial results has an axis f from the first time.
  const Stage& stage = *step.old.leaf.stage;
  for (int next = 2; stage.find_axis(step.axis); ++next) step.axis = "f" + std::to_string(next);
  while (!binds_reduce(step.old.leaf, step.old.loops[step.outermost]->var)) ++step.outermost;

  auto partial = std::make_shared<Stage>(stage);
  partial->name = partial->tensor = partial_name;
  partial->axes.push_back({step.axis, step.extent});
  partial->target.push_back(state.pool->var(step.axis));
  step.partial.stage = partial;
  step.partial.bindings.insert(
      step.partial.bindings.begin() + static_cast<std::ptrdiff_t>(stage.axes.size()),
      state.pool->var(name));
  if (Expr guard = step.partial.init_guard(); guard && uses_var(guard, name))
    return Failure{"the guard of " + tensor + " leaves out iterations of " + name};
  return step;
}

// The reduction of the partial results over `combine_loop`, in copies of the spatial loops inside
// the outermost reduce loop.
Result<Stmt> make_combination(const State& state, const Factored& step,
                              const std::string& combine_loop) {
  ExprPool& pool = *state.pool;
  const Leaf& old = step.old.leaf;
  const Stage& stage = *old.stage;
  auto combined = std::make_shared<Stage>(stage);
  combined->reduce_axes = {{step.axis, step.extent}};
  combined->where = {};
  combined->requirements = {};
  combined->value = pool.read(step.partial.stage->tensor, stage.type, step.partial.stage->target);

  std::span<const For* const> inside(step.old.loops);
  inside = inside.subspan(step.outermost);
  std::vector<Substitution> fresh;
  std::vector<For> loops;
  for (const For* loop : inside) {
    if (!binds_spatial(old, loop->var)) continue;
    For copy = *loop;
    copy.var = stage.tensor + "." + copy.var;
    if (!is_fresh(state, copy.var)) return Failure{"the name " + copy.var + " is already taken"};
    copy.extent = substitute(copy.extent, fresh);
    fresh.push_back({loop->var, pool.var(copy.var)});
    loops.push_back(std::move(copy));
  }
  if (!is_fresh(state, combine_loop))
    return Failure{"the name " + combine_loop + " is already taken"};
  loops.push_back({combine_loop, step.extent, loop::LoopKind::Serial, 1, {}, stage.location});
  Leaf leaf{combined, {}, {}, old.clamped, true};
  for (size_t i = 0; i < stage.axes.size(); ++i)
    leaf.bindings.push_back(substitute(old.bindings[i], fresh));
  leaf.bindings.push_back(pool.var(combine_loop));
  for (Expr part : conjuncts(old.guard)) {
    bool of_terms = std::any_of(inside.begin(), inside.end(), [&](const For* loop) {
      return binds_reduce(old, loop->var) && uses_var(part, loop->var);
    });
    if (of_terms) continue;
    Expr condition = substitute(part, fresh);
    leaf.guard = leaf.guard ? leaf.guard & condition : condition;
  }
  Stmt nest = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = nest;
    nest = loops[i];
  }
  return nest;
}

// One step: the partial results of one loop. Gives the name of the loop that combines them.
Result<std::string> factor_out(State& state, const std::string& tensor, const std::string& name,
                               const std::string& partial_name) {
  const Stmt before = state.function.body;  // keeps what the leaves found point to
  Result<Factored> step = find_reduction(state, before, tensor, name, partial_name);
  if (!step) return step.error();
  std::string combine_loop = tensor + "." + step->axis;
  Result<Stmt> combination = make_combination(state, *step, combine_loop);
  if (!combination) return combination.error();
  Stmt replaced = map_leaves(before, [&](const Leaf& leaf) -> Stmt {
    return leaf.stage->tensor == tensor ? step->partial : leaf;
  });
  replaced = replace_loop(replaced, step->old.loops[step->outermost]->var, [&](const For& outer) {
    return loop::block({outer, *combination});
  });
  const Stage& partial = *step->partial.stage;
  loop::Buffer local{partial_name, partial.type, {}, {}, loop::Scope::Arena, {}, {}, {}};
  for (const loop::Axis& axis : partial.axes) local.extents.push_back(axis.extent);
  state.function.body = loop::block({loop::Alloc{local}, replaced});
  if (state.function.anchor_stage == tensor) state.function.anchor_stage = partial_name;
  if (step->outermost > 0)
    if (Status status = keep_inside(state, partial_name, step->old.loops[step->outermost - 1]->var);
        !status)
      return status.error();
  // A tile may run over its tensor; partial results of all its elements have no room for that.
  if (!step->partial.clamped.empty() &&
      loops_around_buffer(state.function.body, partial_name).empty())
    return Failure{"the tiles of " + tensor + " run over, and its partial results are no tile"};
  return combine_loop;
}

// The combination of `count` partial results in `loop`, in halves.
Status combine_halves(State& state, const std::string& tensor, std::string loop, int64_t count,
                      const std::string& partial_name) {
  if ((count & (count - 1)) != 0) return Failure{"halving needs a power of two of partial results"};
  while (count > 2) {
    count /= 2;
    std::string width = std::to_string(count), half = tensor + ".half" + width,
                lane = half + ".lane", part = partial_name + "." + width;
    if (Status status =
            apply_line(state, "split " + loop + " by " + width + " exact -> " + half + ", " + lane);
        !status)
      return status;
    if (!is_fresh(state, part)) return Failure{"the name " + part + " is already taken"};
    Result<std::string> next = factor_out(state, tensor, lane, part);
    if (!next) return next.error();
    for (const std::string& line : {"vectorize " + lane, "unroll " + half})
      if (Status status = apply_line(state, line); !status) return status;
    std::vector<const For*> around = loops_around(state.function.body, half);
    if (!around.empty()) {
      State inside = state;
      if (place_window(inside, part, around.back()->var, loop::Scope::Register, {}))
        state = std::move(inside);
    }
    loop = *next;
  }
  return apply_line(state, "unroll " + loop);
}

Status apply_rfactor(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a reduction");
  arguments.expect("over");
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("->");
  Result<std::string> partial_name = read_fresh_name(state, arguments);
  if (!partial_name) return partial_name.error();
  bool halving = arguments.accept("halving");
  Result<std::string> combining = factor_out(state, tensor, *name, *partial_name);
  if (!combining) return combining.error();
  if (!halving) return Done{};
  size_t lines = state.function.schedule.size();
  int64_t count = *as_int(find_loop(state.function.body, *combining)->extent);
  if (Status status = combine_halves(state, tensor, *combining, count, *partial_name); !status)
    return status;
  state.function.schedule.resize(lines);  // the halves are part of this line
  return Done{};
}

}  // namespace

const Primitive rfactor = {
    .name = "rfactor",
    .syntax = "rfactor STAGE over LOOP -> PARTIAL [halving]",
    .summary = "a reduce loop becomes spatial: partial results, combined in order",
    .effect = Effect::Reassociating,
    .apply = apply_rfactor,
};

}  // namespace tenon::schedule
