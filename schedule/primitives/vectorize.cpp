// vectorize LOOP
//
//   for lane in 16 { stage y[n:64] = x[n] with n = nv*16 + lane }
//   vectorize lane
//   for vectorized lane in 16 { ... }
//
// The loop must be innermost, of a literal extent of at most 64, and give each leaf inside another
// spatial point in each iteration: a reduce loop is first made spatial by rfactor, after which it
// moves both the place in the partial results and the point that is reduced. Exact.
#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

constexpr int64_t kMostLanes = 64;

Status apply_vectorize(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  const loop::For& loop = *find_loop(state.function.body, *name);
  if (loop.kind != loop::LoopKind::Serial) return Failure{*name + " is not a serial loop"};
  const int64_t* extent = as_int(simplify(loop.extent, state.symbols));
  if (!extent || *extent < 1 || *extent > kMostLanes)
    return Failure{"vectorize needs a literal extent of at most 64; split the loop first"};
  if (is_scan(loop)) return Failure{*name + " is a scan: its iterations run in order"};
  bool holds_loops = false;
  loop::for_each_stmt(loop.body, [&](const loop::Stmt& stmt) {
    holds_loops = holds_loops || stmt.as<loop::For>();
  });
  if (holds_loops) return Failure{*name + " is not innermost"};
  for (const LeafAt& at : leaves_in(loop.body)) {
    bool spatial = binds_spatial(at.leaf, *name), reduce = binds_reduce(at.leaf, *name);
    if (reduce && !spatial)
      return Failure{*name + " is a reduce loop of " + at.leaf.stage->name +
                     "; rfactor makes it spatial"};
    if (!spatial) return Failure{*name + " moves no axis of " + at.leaf.stage->name};
    if (reduce)
      if (Status status = iterations_write_apart(state, at.leaf.stage->tensor, *name); !status)
        return status;
  }
  if (Status status = iterations_are_independent(state, *name); !status) return status;
  state.function.body = replace_loop(state.function.body, *name, [&](const loop::For& old) {
    loop::For changed = old;
    changed.kind = loop::LoopKind::Vectorized;
    changed.extent = state.index(*extent);
    return loop::Stmt(changed);
  });
  return Done{};
}

}  // namespace

const Primitive vectorize = {
    .name = "vectorize",
    .syntax = "vectorize LOOP",
    .summary = "the iterations of an innermost loop become lanes of vectors",
    .effect = Effect::Exact,
    .apply = apply_vectorize,
};

}  // namespace tenon::schedule
