// unroll LOOP, LOOP, ...
//
//   for mi in 8 { ... }   ->   for unrolled mi in 8 { ... }
//
// Needs literal extents. The loop stays a loop in every text and is repeated while code is emitted;
// registers need it. Exact.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

Status apply_unroll(State& state, Lexer& arguments) {
  do {
    Result<std::string> name = read_loop_name(state, arguments);
    if (!name) return name.error();
    const loop::For& loop = *find_loop(state.function.body, *name);
    if (loop.kind != loop::LoopKind::Serial) return Failure{*name + " is not a serial loop"};
    const int64_t* extent = as_int(simplify(loop.extent, state.symbols));
    if (!extent)
      return Failure{"unroll needs a literal extent, and that of " + *name + " is " +
                     to_string(loop.extent)};
    state.function.body = replace_loop(state.function.body, *name, [&](const loop::For& old) {
      loop::For changed = old;
      changed.kind = loop::LoopKind::Unrolled;
      changed.extent = state.index(*extent);
      return loop::Stmt(changed);
    });
  } while (arguments.accept(","));
  return Done{};
}

}  // namespace

const Primitive unroll = {
    .name = "unroll",
    .syntax = "unroll LOOP, LOOP, ...",
    .summary = "the iterations of loops are written out one after another",
    .effect = Effect::Exact,
    .apply = apply_unroll,
};

}  // namespace tenon::schedule
