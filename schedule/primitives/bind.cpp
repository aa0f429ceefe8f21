// bind LOOP to grid|thread
//
//   for bo in 4 { for t in 256 { stage y[n:1024] = x[n] with n = bo*256 + t } }
//   bind bo to grid
//   bind t to thread
//   for grid bo in 4 { for thread t in 256 { ... } }
//
// The iterations of a grid loop are blocks of threads: it is outermost, or right inside another grid
// loop, and holds everything that the function does. The innermost grid loop is x, the others y and
// z. Those of a thread loop are the threads of a block; thread loops right inside one another are
// counted together, up to 1024. Iterations must write elements of their own, and read, of what the
// loop writes, only what they have written themselves. Exact.
#include <algorithm>

#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::LoopKind;
using loop::Stmt;

constexpr int64_t kMostThreads = 1024;
constexpr size_t kMostGridLoops = 3;

Status check_grid(const State& state, const std::string& name) {
  std::vector<const For*> around = loops_around(state.function.body, name);
  if (around.size() >= kMostGridLoops) return Failure{"a grid has three dimensions"};
  Stmt body = state.function.body;
  for (size_t depth = 0; depth <= around.size(); ++depth) {
    if (depth > 0 && around[depth - 1]->kind != LoopKind::Grid)
      return Failure{name + " is inside " + around[depth - 1]->var + ", which is no grid loop"};
    std::vector<Stmt> beside = {body};
    if (const loop::Block* block = body.as<loop::Block>()) beside = block->stmts;
    for (const Stmt& stmt : beside) {
      const For* loop = stmt.as<For>();
      bool is_own = loop && loop->var == (depth < around.size() ? around[depth]->var : name);
      if (!is_own && !(depth == 0 && stmt.as<loop::Alloc>()))
        return Failure{name + " does not hold everything that the function does"};
    }
    if (depth < around.size()) body = around[depth]->body;
  }
  for (const For* outer : around)
    if (uses_var(find_loop(state.function.body, name)->extent, outer->var))
      return Failure{"the extent of " + name + " depends on " + outer->var};
  return Done{};
}

Status check_thread(const State& state, const std::string& name, int64_t extent) {
  const For& loop = *find_loop(state.function.body, name);
  int64_t threads = extent;
  auto count = [&](const For& other) {
    if (&other != &loop) threads *= as_int(other.extent) ? *as_int(other.extent) : kMostThreads + 1;
  };
  std::vector<const For*> around = loops_around(state.function.body, name);
  const For* inner = &loop;
  for (size_t i = around.size(); i-- > 0;) {
    bool is_thread = around[i]->kind == LoopKind::Thread;
    if (is_thread && around[i]->body.as<For>() != inner)
      return Failure{name + " is inside the threads of " + around[i]->var +
                     ", beside other things"};
    if (is_thread) count(*around[i]);
    bool may_hold =
        is_thread || around[i]->kind == LoopKind::Serial || around[i]->kind == LoopKind::Grid;
    if (!may_hold)
      return Failure{name + " is inside " + around[i]->var + ", which holds no threads"};
    inner = around[i];
  }
  const For* below = loop.body.as<For>();
  for (; below && below->kind == LoopKind::Thread; below = below->body.as<For>()) count(*below);
  size_t direct = 0, all = 0;
  for (const For* next = loop.body.as<For>(); next && next->kind == LoopKind::Thread;
       next = next->body.as<For>())
    ++direct;
  loop::for_each_stmt(loop.body, [&](const Stmt& stmt) {
    all += stmt.as<For>() && loop::is_bound(stmt.as<For>()->kind);
  });
  if (all != direct)
    return Failure{"a loop inside of " + name + " is bound, with something between"};
  if (threads > kMostThreads) return Failure{"a block has at most 1024 threads"};
  return Done{};
}

Status apply_bind(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("to");
  std::string level = arguments.expect_word("grid or thread");
  if (level != "grid" && level != "thread")
    return Failure{"no level to bind to is called " + level + "; there are grid and thread"};
  bool is_grid = level == "grid";
  const For& loop = *find_loop(state.function.body, *name);
  if (loop.kind != LoopKind::Serial) return Failure{*name + " is not a serial loop"};
  if (is_scan(loop)) return Failure{*name + " is a scan: its iterations run in order"};
  Expr extent = simplify(loop.extent, state.symbols);
  if (!is_grid && (!as_int(extent) || *as_int(extent) < 1))
    return Failure{"threads need a literal extent; split the loop first"};
  Status fits = is_grid ? check_grid(state, *name) : check_thread(state, *name, *as_int(extent));
  if (!fits) return fits;
  bool is_one = is_int(extent, 1);  // then there is no other iteration to meet
  for (const LeafAt& at : leaves_in(loop.body)) {
    bool spatial = binds_spatial(at.leaf, *name);
    if (binds_reduce(at.leaf, *name) && !spatial)
      return Failure{*name + " is a reduce loop of " + at.leaf.stage->name +
                     "; rfactor makes it spatial"};
    if (!is_grid && !spatial && !is_one)
      return Failure{*name + " moves no axis of " + at.leaf.stage->name};
  }
  for (const std::string& tensor : tensors_shared_by_iterations(loop.body)) {
    if (is_one) break;
    if (Status status = iterations_write_apart(state, tensor, *name); !status) return status;
  }
  if (Status status = is_one ? Status(Done{}) : iterations_are_independent(state, *name); !status)
    return status;
  state.function.body = replace_loop(state.function.body, *name, [&](const For& old) {
    For changed = old;
    changed.kind = is_grid ? LoopKind::Grid : LoopKind::Thread;
    if (!is_grid) changed.extent = extent;
    return Stmt(changed);
  });
  return Done{};
}

}  // namespace

const Primitive bind = {
    .name = "bind",
    .syntax = "bind LOOP to grid|thread",
    .summary = "the iterations of a loop are blocks of a GPU's grid, or threads of a block",
    .effect = Effect::Exact,
    .apply = apply_bind,
};

}  // namespace tenon::schedule
