// parallel LOOP [chunk N]
//
//   for no in 64 { ... }   ->   for parallel no in 64 chunk 4 { ... }
//
// The iterations of an outermost loop are handed out to threads, N at a time, whatever the number of threads. The loop must
// hold everything that the function does, and each iteration must read, of what the loop writes, only what it has written
// itself. Exact.
#include <algorithm>

#include "schedule/primitives/primitives.h"
#include "schedule/window.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

// True when no leaf stands outside the loop.
bool holds_everything(const State& state, const For& loop) {
  return leaves_in(state.function.body).size() == leaves_in(loop.body).size();
}

// The iterations of the loop write disjoint windows of the tensor, and read inside their own.
Status check_disjoint(const State& state, const std::string& tensor, const std::string& loop_name) {
  Result<Window> written = window_of(state, tensor, loop_name, Access::Writes);
  if (!written) return written.error();
  Ranges ranges = ranges_at(state, loop_name, true);
  std::vector<Substitution> next = {{loop_name, state.pool->var(loop_name) + state.index(1)}};
  bool disjoint = false;
  for (size_t d = 0; d < written->base.size() && !disjoint; ++d) {
    if (!uses_var(written->base[d], loop_name)) continue;
    Expr end = written->base[d] + written->extents[d];
    // For a last, shorter tile the window may reach beyond: it is guarded, so only where it starts counts.
    disjoint = prove(le(end, substitute(written->base[d], next)), ranges);
  }
  if (!disjoint) return Failure{"it is not proved that the iterations of " + loop_name + " write different elements of " + tensor};
  if (!reads_tensor(find_loop(state.function.body, loop_name)->body, tensor)) return Done{};
  Result<Window> read = window_of(state, tensor, loop_name, Access::Reads);
  if (!read) return read.error();
  for (size_t d = 0; d < read->base.size(); ++d) {
    bool inside = prove(le(written->base[d], read->base[d]), ranges) &&
                  prove(le(read->base[d] + read->extents[d], written->base[d] + written->extents[d]), ranges);
    if (!inside) return Failure{"an iteration of " + loop_name + " reads elements of " + tensor + " that another writes"};
  }
  return Done{};
}

Status apply_parallel(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  int64_t chunk = arguments.accept("chunk") ? arguments.expect_integer("iterations a chunk") : 1;
  if (chunk < 1) return Failure{"a chunk has at least one iteration"};
  const For& loop = *find_loop(state.function.body, *name);
  if (loop.kind != loop::LoopKind::Serial) return Failure{*name + " is not a serial loop"};
  if (!loops_around(state.function.body, *name).empty()) return Failure{*name + " is not outermost"};
  if (!holds_everything(state, loop)) return Failure{*name + " does not hold everything that the function does"};
  std::vector<std::string> inside;  // buffers of one iteration: no other sees them
  loop::for_each_stmt(loop.body, [&](const Stmt& stmt) {
    if (const loop::Alloc* alloc = stmt.as<loop::Alloc>()) inside.push_back(alloc->buffer.name);
  });
  for (const LeafAt& at : leaves_in(loop.body)) {
    const std::string& tensor = at.leaf.stage->tensor;
    if (binds_reduce(at.leaf, *name)) return Failure{*name + " is a reduce loop of " + at.leaf.stage->name};
    if (std::find(inside.begin(), inside.end(), tensor) != inside.end()) continue;
    if (Status status = check_disjoint(state, tensor, *name); !status) return status;
  }
  state.function.body = replace_loop(state.function.body, *name, [&](const For& old) {
    For changed = old;
    changed.kind = loop::LoopKind::Parallel;
    changed.chunk = chunk;
    return Stmt(changed);
  });
  return Done{};
}

}  // namespace

const Primitive parallel = {
    .name = "parallel",
    .syntax = "parallel LOOP [chunk N]",
    .summary = "the iterations of the outermost loop run on any threads",
    .effect = Effect::Exact,
    .apply = apply_parallel,
};

}  // namespace tenon::schedule
