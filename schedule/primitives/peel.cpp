// peel LOOP at FIRST, LAST
//
//   for w in 56 { stage acc[w:56] reduce s:3 where 0 <= w + s - 1 & ... }
//   peel w at 1, 55
//   for w.head in 1 { ... with w = w.head }   for w in 54 { ... with w = w + 1 }   for w.tail in 1 { ... with w = 55 + w.tail }
//
// Cuts a loop of literal extent into [0, FIRST), [FIRST, LAST) and [LAST, extent), empty parts left
// out. In the first and the last part, loops, buffers declared in them and stages that write those
// get .head and .tail behind their names. In the middle part the predicates of borders are proved
// away, in the others they are decided tap by tap once the loops are unrolled: static tap masks.
// Where the middle part is empty the first one keeps the names. Exact.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

Status apply_peel(State& state, Lexer& arguments) {
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("at");
  int64_t first = arguments.expect_integer("the first iteration of the middle part");
  arguments.expect(",");
  int64_t last = arguments.expect_integer("the end of the middle part");
  const For loop = *find_loop(state.function.body, *name);
  if (loop.kind != loop::LoopKind::Serial) return Failure{*name + " is not a serial loop"};
  const int64_t* extent = as_int(simplify(loop.extent, state.symbols));
  if (!extent) return Failure{"peel needs a literal extent"};
  if (first < 0 || first > last || last > *extent)
    return Failure{"the parts must lie in order inside 0.." + std::to_string(*extent)};
  for (const LeafAt& at : leaves_in(loop.body))
    if (binds_reduce(at.leaf, *name))
      return Failure{*name + " reduces " + at.leaf.stage->name +
                     "; only spatial loops can be peeled"};
  if (is_scan(loop)) return Failure{*name + " is a scan: its stages name it"};
  std::vector<Stmt> parts;
  std::string refusal;
  auto add_part = [&](int64_t begin, int64_t end, const std::string& suffix) {
    if (begin == end) return;
    Result<Stmt> body =
        suffix.empty() ? Result<Stmt>(loop.body) : copy_renamed(state, loop.body, suffix);
    if (!suffix.empty() && !is_fresh(state, loop.var + suffix))
      body = Failure{"the name " + loop.var + suffix + " is already taken"};
    if (!body) {
      refusal = body.reason();
      return;
    }
    For piece = loop;
    piece.extent = state.index(end - begin);
    piece.var = loop.var + suffix;
    piece.body =
        substitute_vars(*body, {{loop.var, state.pool->var(piece.var) + state.index(begin)}});
    parts.push_back(piece);
  };
  // Without a middle part the first one keeps the names.
  add_part(0, first, first == last ? "" : ".head");
  add_part(first, last, "");
  add_part(last, *extent, ".tail");
  if (!refusal.empty()) return Failure{refusal};
  state.function.body =
      replace_loop(state.function.body, *name, [&](const For&) { return loop::block(parts); });
  return Done{};
}

}  // namespace

const Primitive peel = {
    .name = "peel",
    .syntax = "peel LOOP at FIRST, LAST",
    .summary = "the first and last iterations of a spatial loop get nests of their own",
    .effect = Effect::Exact,
    .apply = apply_peel,
};

}  // namespace tenon::schedule
