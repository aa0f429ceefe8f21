// fuse OUTER, INNER -> FUSED
//
//   for a in 4 { for b in 8 { stage y[a:4, b:8] = ... with a = a, b = b } }
//   fuse a, b -> ab
//   for ab in 32 { stage y[a:4, b:8] = ... with a = ab // 8, b = ab % 8 }
//
// INNER must be the whole body of OUTER, with an extent that does not depend on it. Exact: the
// order of points stays.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;

Status apply_fuse(State& state, Lexer& arguments) {
  Result<std::string> outer_name = read_loop_name(state, arguments);
  if (!outer_name) return outer_name.error();
  arguments.expect(",");
  Result<std::string> inner_name = read_loop_name(state, arguments);
  if (!inner_name) return inner_name.error();
  arguments.expect("->");
  Result<std::string> fused_name = read_fresh_name(state, arguments);
  if (!fused_name) return fused_name.error();

  const For& outer = *find_loop(state.function.body, *outer_name);
  const For* inner = outer.body.as<For>();
  if (!inner || inner->var != *inner_name)
    return Failure{*inner_name + " is not the whole body of " + *outer_name};
  bool are_grid = outer.kind == loop::LoopKind::Grid && inner->kind == loop::LoopKind::Grid;
  bool are_serial = outer.kind == loop::LoopKind::Serial && inner->kind == loop::LoopKind::Serial;
  if (!are_serial && !are_grid) return Failure{"only serial loops, or two of a grid, can be fused"};
  if (is_scan(outer) || is_scan(*inner))
    return Failure{"a scan cannot be fused: its stages name its loop"};
  if (uses_var(inner->extent, outer.var))
    return Failure{"the extent of " + *inner_name + " depends on " + *outer_name};
  for (const LeafAt& at : leaves_in(inner->body)) {
    bool spatial = binds_spatial(at.leaf, outer.var) || binds_spatial(at.leaf, inner->var);
    bool reduce = binds_reduce(at.leaf, outer.var) || binds_reduce(at.leaf, inner->var);
    if (spatial && reduce)
      return Failure{"a spatial and a reduce loop of " + at.leaf.stage->name + " cannot be fused"};
  }
  Ranges ranges = ranges_at(state, outer.var, false);
  if (!prove(le(state.index(1), inner->extent), ranges))
    return Failure{"it is not proved that " + *inner_name + " runs at all"};
  Expr position = state.pool->var(*fused_name);
  For fused = outer;
  fused.var = *fused_name;
  fused.extent = simplify(outer.extent * inner->extent, ranges);
  // A loop of one iteration stays at 0, also where a guard lets the fused loop run over its end.
  Expr outer_at = floor_div(position, inner->extent), inner_at = floor_mod(position, inner->extent);
  if (is_int(simplify(outer.extent, ranges), 1)) {
    outer_at = state.index(0);
    inner_at = position;
  }
  fused.body = substitute_vars(inner->body, {{outer.var, outer_at}, {inner->var, inner_at}});
  state.function.body =
      replace_loop(state.function.body, outer.var, [&](const For&) { return loop::Stmt(fused); });
  return Done{};
}

}  // namespace

const Primitive fuse = {
    .name = "fuse",
    .syntax = "fuse OUTER, INNER -> FUSED",
    .summary = "two loops, one the whole body of the other, become one",
    .effect = Effect::Exact,
    .apply = apply_fuse,
};

}  // namespace tenon::schedule
