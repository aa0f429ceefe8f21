// split LOOP by FACTOR POLICY -> OUTER, INNER
//
//   for m in 10 { stage y[m:10] = x[m] with m = m }
//   split m by 4 guarded -> mo, mi
//   for mo in 3 { for mi in 4 { stage y[m:10] = x[m] with m = mo*4 + mi if mo*4 + mi < 10 } }
//
// Policies for an extent that the factor does not divide:
//   exact     refused, unless it is proved to divide
//   guarded   the body runs under a condition
//   masked    the same, for an inner loop that will be vectorized: the condition becomes a mask
//   clamped   guarded, and reads in the stage see the axis as min(axis, extent-1): once cache_write
//             has moved the result into a tile of its own, the tile is computed whole and only what
//             leaves it is guarded
//   shifted   the last tile moves back, min(outer*F, extent-F) + inner: needs extent >= F, and no
//             reduction in the loop
//   balanced  two nests, of ceil(extent/tiles) and floor(extent/tiles) iterations a tile; the
//             second's loops, buffers and the stages that write those have .t behind their names.
//             Needs a literal extent
// Exact: every policy runs each point once, but for shifted, which repeats some with the same value.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Leaf;
using loop::Stmt;

struct SplitRequest {
  std::string loop, policy, outer, inner;
  int64_t factor = 1;
};

Result<SplitRequest> parse(const State& state, Lexer& arguments) {
  SplitRequest request;
  Result<std::string> name = read_loop_name(state, arguments);
  if (!name) return name.error();
  request.loop = *name;
  arguments.expect("by");
  request.factor = arguments.expect_integer("a factor");
  if (request.factor < 1) return Failure{"the factor must be positive"};
  request.policy =
      arguments.expect_word("a tail policy: exact, guarded, masked, clamped, shifted or balanced");
  arguments.expect("->");
  for (std::string* fresh : {&request.outer, &request.inner}) {
    Result<std::string> word = read_fresh_name(state, arguments);
    if (!word) return word.error();
    *fresh = *word;
    if (fresh == &request.outer) arguments.expect(",");
  }
  if (request.outer == request.inner) return Failure{"the two loops need two names"};
  return request;
}

// outer in `count` of inner in `factor`, with `position` in place of the old variable.
Stmt make_nest(const For& loop, const std::string& outer, Expr count, const std::string& inner,
               Expr factor, Expr position) {
  For inside = loop, outside = loop;
  inside.var = inner;
  inside.extent = factor;
  inside.body = substitute_vars(loop.body, {{loop.var, position}});
  outside.var = outer;
  outside.extent = count;
  outside.body = inside;
  return outside;
}

// The axes of a leaf that are just this loop variable.
std::vector<std::string> axes_bound_to(const Leaf& leaf, const std::string& var) {
  std::vector<std::string> axes;
  for (size_t i = 0; i < leaf.stage->axes.size(); ++i) {
    const Var* bound = leaf.bindings[i].as<Var>();
    if (bound && bound->name == var) axes.push_back(leaf.stage->axes[i].name);
  }
  return axes;
}

// Then a guard on each leaf says it all. Else the condition stands around the whole body, for what
// else comes to stand in it.
bool all_leaves_bind(const For& loop) {
  for (const LeafAt& at : leaves_in(loop.body))
    if (!binds_spatial(at.leaf, loop.var) && !binds_reduce(at.leaf, loop.var)) return false;
  return true;
}

// Partial results (rfactor) take their init from all iterations of the loop: no guard and no second
// nest may part it.
Status check_no_partial_results(const For& loop) {
  for (const LeafAt& at : leaves_in(loop.body))
    if (binds_spatial(at.leaf, loop.var) && binds_reduce(at.leaf, loop.var))
      return Failure{loop.var + " makes partial results of " + at.leaf.stage->name +
                     ", which need whole tiles"};
  return Done{};
}

Result<Stmt> split_guarded(const State& state, const For& loop, const SplitRequest& request,
                           bool clamp) {
  ExprPool& pool = *state.pool;
  Expr outer = pool.var(request.outer), inner = pool.var(request.inner),
       factor = pool.index(request.factor);
  Expr position = outer * factor + inner;
  Ranges ranges = ranges_at(state, request.loop, false);
  Expr count = simplify(ceil_div(loop.extent, request.factor), ranges);
  if (clamp)
    for (const LeafAt& at : leaves_in(loop.body))
      if (binds_spatial(at.leaf, loop.var) && axes_bound_to(at.leaf, loop.var).empty())
        return Failure{"clamped needs a loop that is an axis by itself"};
  Ranges inside = ranges;
  inside.set_extent(request.outer, count);
  inside.set_extent(request.inner, factor);
  if (prove(lt(position, loop.extent), inside))
    return make_nest(loop, request.outer, count, request.inner, factor, position);
  if (Status status = check_no_partial_results(loop); !status) return status.error();
  // The guard is written over the old variable here and substituted with the rest of the body.
  Expr condition = lt(pool.var(loop.var), loop.extent);
  For marked = loop;
  if (!all_leaves_bind(loop)) {
    marked.body = loop::If{condition, loop.body, {}};
  } else {
    marked.body = guard_statements(loop.body, condition);
    if (clamp)
      marked.body = map_leaves(marked.body, [&](const Leaf& leaf) -> Stmt {
        Leaf changed = leaf;
        for (const std::string& axis : axes_bound_to(leaf, loop.var))
          changed.clamped.push_back(axis);
        return changed;
      });
  }
  return make_nest(marked, request.outer, count, request.inner, factor, position);
}

Result<Stmt> split_exact(const State& state, const For& loop, const SplitRequest& request) {
  ExprPool& pool = *state.pool;
  Ranges ranges = ranges_at(state, request.loop, false);
  if (!prove(eq(floor_mod(loop.extent, request.factor), pool.index(0)), ranges))
    return Failure{"it is not proved that " + std::to_string(request.factor) +
                   " divides the extent " + to_string(simplify(loop.extent, ranges))};
  Expr count = simplify(floor_div(loop.extent, request.factor), ranges);
  Expr position = pool.var(request.outer) * pool.index(request.factor) + pool.var(request.inner);
  return make_nest(loop, request.outer, count, request.inner, pool.index(request.factor), position);
}

Result<Stmt> split_shifted(const State& state, const For& loop, const SplitRequest& request) {
  ExprPool& pool = *state.pool;
  Ranges ranges = ranges_at(state, request.loop, false);
  Expr factor = pool.index(request.factor);
  if (!prove(le(factor, loop.extent), ranges))
    return Failure{"shifted needs an extent of at least the factor"};
  for (const LeafAt& at : leaves_in(loop.body)) {
    if (at.leaf.stage->reducer != loop::Reducer::None)
      return Failure{"shifted would combine some elements twice: " + at.leaf.stage->name +
                     " is a reduction"};
    if (reads_tensor(loop.body, at.leaf.stage->tensor))
      return Failure{"shifted would overwrite " + at.leaf.stage->tensor +
                     ", which this loop reads"};
  }
  Expr count = simplify(ceil_div(loop.extent, request.factor), ranges);
  Expr start = min(pool.var(request.outer) * factor, loop.extent - factor);
  return make_nest(loop, request.outer, count, request.inner, factor,
                   start + pool.var(request.inner));
}

Result<Stmt> split_balanced(const State& state, const For& loop, const SplitRequest& request) {
  ExprPool& pool = *state.pool;
  const int64_t* extent = as_int(simplify(loop.extent, state.symbols));
  if (!extent) return Failure{"balanced needs a literal extent"};
  int64_t tiles = (*extent + request.factor - 1) / request.factor, small = *extent / tiles,
          large_tiles = *extent - small * tiles;
  if (large_tiles == 0) {
    Expr position = pool.var(request.outer) * pool.index(small) + pool.var(request.inner);
    return make_nest(loop, request.outer, pool.index(tiles), request.inner, pool.index(small),
                     position);
  }
  if (Status status = check_no_partial_results(loop); !status) return status.error();
  std::string outer = request.outer + ".t", inner = request.inner + ".t";
  for (const std::string& name : {outer, inner})
    if (!is_fresh(state, name)) return Failure{"the name " + name + " is already taken"};
  Expr first = pool.var(request.outer) * pool.index(small + 1) + pool.var(request.inner);
  Expr second =
      pool.index(large_tiles * (small + 1)) + pool.var(outer) * pool.index(small) + pool.var(inner);
  Result<Stmt> copy = copy_renamed(state, loop.body, ".t");
  if (!copy) return copy;
  For renamed = loop;
  // Of a reduce loop, the second nest goes on where the first one ends.
  renamed.body = map_leaves(*copy, [&](const Leaf& leaf) -> Stmt {
    Leaf later = leaf;
    later.initializes = leaf.initializes && !binds_reduce(leaf, loop.var);
    return later;
  });
  return loop::block({make_nest(loop, request.outer, pool.index(large_tiles), request.inner,
                                pool.index(small + 1), first),
                      make_nest(renamed, outer, pool.index(tiles - large_tiles), inner,
                                pool.index(small), second)});
}

Status apply_split(State& state, Lexer& arguments) {
  Result<SplitRequest> request = parse(state, arguments);
  if (!request) return request.error();
  const For& loop = *find_loop(state.function.body, request->loop);
  if (loop.kind != loop::LoopKind::Serial)
    return Failure{"only a serial loop can be split, and " + request->loop + " is not one"};
  if (is_scan(loop)) return Failure{request->loop + " is a scan: its stages name it"};
  Result<Stmt> nest = Failure{"no tail policy is called " + request->policy};
  if (request->policy == "exact") nest = split_exact(state, loop, *request);
  if (request->policy == "guarded" || request->policy == "masked")
    nest = split_guarded(state, loop, *request, false);
  if (request->policy == "clamped") nest = split_guarded(state, loop, *request, true);
  if (request->policy == "shifted") nest = split_shifted(state, loop, *request);
  if (request->policy == "balanced") nest = split_balanced(state, loop, *request);
  if (!nest) return nest.error();
  state.function.body =
      replace_loop(state.function.body, request->loop, [&](const For&) { return *nest; });
  return Done{};
}

}  // namespace

const Primitive split = {
    .name = "split",
    .syntax = "split LOOP by FACTOR exact|guarded|masked|clamped|shifted|balanced -> OUTER, INNER",
    .summary = "one loop becomes two, of extent/FACTOR tiles of FACTOR iterations",
    .effect = Effect::Exact,
    .apply = apply_split,
};

}  // namespace tenon::schedule
