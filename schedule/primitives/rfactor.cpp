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

// One step: the partial results of one loop. Gives the name of the loop that combines them.
Result<std::string> factor_out(State& state, const std::string& tensor, const std::string& name,
                               const std::string& partial_name) {
  const Stmt before = state.function.body;  // keeps what the leaves found point to
  std::vector<LeafAt> writers = writers_of(before, tensor);
  if (writers.size() != 1 || writers[0].leaf.stage->reducer == loop::Reducer::None ||
      !writers[0].leaf.stage->is_plain())
    return Failure{tensor + " is not one reduction"};
  const LeafAt& old = writers[0];
  const Stage stage = *old.leaf.stage;
  if (!binds_reduce(old.leaf, name)) return Failure{name + " is no reduce loop of " + tensor};
  if (binds_spatial(old.leaf, name))
    return Failure{name + " is a spatial loop of " + tensor + " already"};
  const For loop = *find_loop(state.function.body, name);
  if (!as_int(simplify(loop.extent, state.symbols)))
    return Failure{"rfactor needs a literal extent"};
  // A reduction of partial results has an axis f from the first time.
  std::string axis = "f";
  for (int next = 2; stage.find_axis(axis); ++next) axis = "f" + std::to_string(next);

  ExprPool& pool = *state.pool;
  Expr extent = simplify(loop.extent, state.symbols), f = pool.var(axis);
  auto partial = std::make_shared<Stage>(stage);
  partial->name = partial->tensor = partial_name;
  partial->axes.push_back({axis, extent});
  partial->target.push_back(f);
  Leaf partial_leaf = old.leaf;
  partial_leaf.bindings.insert(
      partial_leaf.bindings.begin() + static_cast<std::ptrdiff_t>(stage.axes.size()),
      pool.var(name));
  partial_leaf.stage = partial;
  if (Expr guard = partial_leaf.init_guard(); guard && uses_var(guard, name))
    return Failure{"the guard of " + tensor + " leaves out iterations of " + name};

  auto final_stage = std::make_shared<Stage>(stage);
  final_stage->reduce_axes = {{axis, extent}};
  final_stage->where = {};
  final_stage->requirements = {};
  final_stage->value = pool.read(partial_name, stage.type, partial->target);

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
  std::string combine_loop = tensor + "." + axis;
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
  loop::Buffer local{partial_name, stage.type, {}, {}, loop::Scope::Arena, {}, {}, {}};
  for (const loop::Axis& axis : partial->axes) local.extents.push_back(axis.extent);
  state.function.body = loop::block({loop::Alloc{local}, replaced});
  if (state.function.anchor_stage == tensor) state.function.anchor_stage = partial_name;
  if (outermost > 0)
    if (Status status = keep_inside(state, partial_name, old.loops[outermost - 1]->var); !status)
      return status.error();
  // A tile may run over its tensor; partial results of all its elements have no room for that.
  if (!old.leaf.clamped.empty() && loops_around_buffer(state.function.body, partial_name).empty())
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
