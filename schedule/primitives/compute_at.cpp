// compute_at PRODUCER at LOOP [in SCOPE]
//
//   for p.i in 64 { stage p[i:64] = ... }   for yo in 8 { for yi in 8 { stage y[i:64] = p[i] + p[...] } }
//   compute_at p at yo
//   for yo in 8 { buffer p: f32[8] at [yo*8] in scratch   for p.i in 8 { stage p[i:64] = ... with i = yo*8 + p.i }  ... }
//
// Moves a producer that has its naive nest under a loop that holds all its readers: it computes, in
// fresh loops, just the window that one iteration reads, into scratch memory (or SCOPE). Exact:
// points that several windows share are computed once in each.
#include <algorithm>

#include "schedule/place_window.h"
#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stmt;

// The producer stands in plain loops of its own, one an axis, beside the statement that holds the
// loop.
Status check_naive(const State& state, const LeafAt& producer, const Stmt& nest,
                   const std::string& loop_name) {
  const std::string& tensor = producer.leaf.stage->tensor;
  if (find_loop(nest, loop_name)) return Failure{loop_name + " belongs to " + tensor + " itself"};
  std::vector<std::string> bound;
  for (Expr binding : producer.leaf.bindings) {
    const Var* var = binding.as<Var>();
    bool own =
        var && std::any_of(producer.loops.begin(), producer.loops.end(), [&](const For* loop) {
          return loop->var == var->name && loop->kind == loop::LoopKind::Serial;
        });
    if (!own || std::find(bound.begin(), bound.end(), var->name) != bound.end())
      return Failure{"the loops of " + tensor +
                     " are no longer one plain loop for each axis; move it first"};
    bound.push_back(var->name);
  }
  if (bound.size() != producer.loops.size()) return Failure{tensor + " has a loop that is no axis"};
  // The loops around the producer are around the loop too, so that it runs as often and on the same
  // operands.
  std::vector<const For*> around = loops_around(state.function.body, loop_name);
  for (const For* loop : loops_around_stmt(state.function.body, nest))
    if (loop->var != loop_name && std::none_of(around.begin(), around.end(), [&](const For* other) {
          return other->var == loop->var;
        }))
      return Failure{tensor + " is inside " + loop->var + ", and " + loop_name + " is not"};
  return Done{};
}

Status apply_compute_at(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a stage");
  arguments.expect("at");
  Result<std::string> loop_name = read_holder_name(state, arguments);
  if (!loop_name) return loop_name.error();
  Result<loop::Scope> scope = read_scope(arguments, loop::Scope::Scratch);
  if (!scope) return scope.error();

  Stmt nest = nest_of(state.function.body, tensor);
  std::vector<LeafAt> producers = nest ? leaves_in(nest) : std::vector<LeafAt>();
  if (producers.size() != 1 || !producers[0].leaf.stage->is_plain())
    return Failure{tensor + " is not one stage with a nest of its own"};
  const loop::Stage stage = *producers[0].leaf.stage;
  // The indices of all elements are checked, also of those that nobody reads.
  if (!stage.requirements.empty()) return Failure{tensor + " has requirements"};
  if (Status status = check_naive(state, producers[0], nest, *loop_name); !status) return status;
  for (const LeafAt& at : leaves_in(find_loop(state.function.body, *loop_name)->body))
    if (reads_tensor(producers[0].leaf, at.leaf.stage->tensor))
      return Failure{tensor + " reads " + at.leaf.stage->tensor + ", which is made inside " +
                     *loop_name};

  Result<Window> window = buffer_window_of(state, tensor, *loop_name, Access::Reads);
  if (!window) return window.error();
  Ranges ranges = ranges_at(state, *loop_name, true);
  ExprPool& pool = *state.pool;
  Leaf leaf = producers[0].leaf;
  std::vector<For> loops;
  std::vector<Substitution> moved_vars;
  for (const For* old : producers[0].loops) {
    For loop = *old;
    for (size_t d = 0; d < stage.axes.size(); ++d) {
      if (leaf.bindings[d].as<Var>()->name != old->var) continue;
      loop.extent = window->extents[d];
      moved_vars.push_back({old->var, window->base[d] + leaf.bindings[d]});
    }
    ranges.set_extent(loop.var, loop.extent);
    loops.push_back(std::move(loop));
  }
  if (leaf.guard) leaf.guard = substitute(leaf.guard, moved_vars);
  for (size_t d = 0; d < stage.axes.size(); ++d) {
    Expr binding = simplify(window->base[d] + producers[0].leaf.bindings[d], ranges);
    leaf.bindings[d] = binding;
    leaf.guard = add_guard(leaf.guard, le(pool.index(0), binding), ranges);
    leaf.guard = add_guard(leaf.guard, lt(binding, stage.axes[d].extent), ranges);
  }
  Stmt moved = leaf;
  for (size_t i = loops.size(); i-- > 0;) {
    loops[i].body = moved;
    moved = loops[i];
  }
  state.function.body = replace_stmt(state.function.body, nest, loop::block({}));
  state.function.body = replace_loop(state.function.body, *loop_name, [&](const For& old) {
    For changed = old;
    changed.body = loop::block({moved, old.body});
    return Stmt(changed);
  });
  return place_window(state, tensor, *loop_name, *scope, {});
}

}  // namespace

const Primitive compute_at = {
    .name = "compute_at",
    .syntax = "compute_at PRODUCER at LOOP [in SCOPE]",
    .summary = "a producer runs inside the loop of its readers, on what one iteration reads",
    .effect = Effect::Exact,
    .apply = apply_compute_at,
};

}  // namespace tenon::schedule
