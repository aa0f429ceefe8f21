// parallel LOOP [chunk N]
//
//   for no in 64 { ... }   ->   for parallel no in 64 chunk 4 { ... }
//
// The iterations of an outermost loop are handed out to threads, N at a time, whatever the number
// of threads. The loop must hold everything that the function does (nests that zero padding become
// part of its last iteration), and each iteration must write elements of its own and read, of what
// the loop writes, only what it has written itself. Exact.
#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

bool writes_zeros_only(const Stmt& nest) {
  bool only = true;
  loop::for_each_stmt(nest, [&](const Stmt& stmt) {
    const loop::Store* store = stmt.as<loop::Store>();
    only = only &&
           (stmt.as<For>() || stmt.as<loop::Block>() || (store && store->value.children().empty()));
  });
  return only;
}

// What stands beside the loop must be declarations, or nests that zero padding, which no iteration
// touches: they become part of the last iteration.
Result<std::vector<Stmt>> padding_beside(const State& state, const For& loop) {
  std::vector<Stmt> beside = {state.function.body}, padding;
  if (const loop::Block* block = state.function.body.as<loop::Block>()) beside = block->stmts;
  for (const Stmt& stmt : beside) {
    if (stmt.as<loop::Alloc>() || stmt.as<For>() == &loop) continue;
    if (!stmt.as<For>() || !writes_zeros_only(stmt))
      return Failure{loop.var + " does not hold everything that the function does"};
    padding.push_back(stmt);
  }
  if (!padding.empty() && !prove(le(state.index(1), loop.extent), state.symbols))
    return Failure{"it is not proved that " + loop.var +
                   " runs at all, and padding is to be zeroed in its last iteration"};
  return padding;
}

Status apply_parallel(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  int64_t chunk = arguments.accept("chunk") ? arguments.expect_integer("iterations a chunk") : 1;
  if (chunk < 1) return Failure{"a chunk has at least one iteration"};
  const For& loop = *find_loop(state.function.body, *name);
  if (loop.kind != loop::LoopKind::Serial) return Failure{*name + " is not a serial loop"};
  if (!loops_around(state.function.body, *name).empty())
    return Failure{*name + " is not outermost"};
  if (is_scan(loop)) return Failure{*name + " is a scan: its iterations run in order"};
  Result<std::vector<Stmt>> padding = padding_beside(state, loop);
  if (!padding) return padding.error();
  for (const LeafAt& at : leaves_in(loop.body))
    if (binds_reduce(at.leaf, *name))
      return Failure{*name + " is a reduce loop of " + at.leaf.stage->name};
  for (const std::string& tensor : tensors_shared_by_iterations(loop.body)) {
    if (Status status = iterations_write_apart(state, tensor, *name); !status) return status;
    if (Status status = iterations_read_own_writes(state, tensor, *name); !status) return status;
  }
  for (const Stmt& nest : *padding)
    state.function.body = replace_stmt(state.function.body, nest, loop::block({}));
  state.function.body = replace_loop(state.function.body, *name, [&](const For& old) {
    For changed = old;
    changed.kind = loop::LoopKind::Parallel;
    changed.chunk = chunk;
    if (!padding->empty()) {
      Expr is_last = eq(state.pool->var(old.var), old.extent - 1);
      changed.body = loop::block({old.body, loop::If{is_last, loop::block(*padding), {}}});
    }
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
