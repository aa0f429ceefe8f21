// reorder LOOP, LOOP, ... [reassociating]
//
//   for m in 4 { for n in 8 { for k in 16 { stage acc[m:4, n:8] reduce k:16 { sum ... } with ... } } }
//   reorder n, k, m
//   for n in 8 { for k in 16 { for m in 4 { ... } } }
//
// The loops must lie on one chain of loops that are each the whole body of the one around; those
// not named keep their places, and what an iteration reads of the tensors that they write, it must
// have written itself. The order of reduce loops among themselves may change only with the word
// `reassociating` (max, min, any and all give the same bits in any order and need no word). Exact
// without it.
#include <algorithm>

#include "schedule/iterations.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

bool order_matters(const loop::Stage& stage) {
  return is_float(stage.type) &&
         (stage.reducer == loop::Reducer::Sum || stage.reducer == loop::Reducer::Prod);
}

// The names of the chain's loops that reduce this leaf, in order.
std::vector<std::string> reduce_order(const loop::Leaf& leaf, const std::vector<For>& chain) {
  std::vector<std::string> order;
  for (const For& loop : chain)
    if (binds_reduce(leaf, loop.var)) order.push_back(loop.var);
  return order;
}

Result<std::vector<std::string>> read_order(const State& state, Lexer& arguments) {
  std::vector<std::string> wanted;
  do {
    Result<std::string> name = read_loop_name(state, arguments);
    if (!name) return name.error();
    if (std::find(wanted.begin(), wanted.end(), *name) != wanted.end())
      return Failure{*name + " is named twice"};
    wanted.push_back(*name);
  } while (arguments.accept(","));
  return wanted;
}

// The chain from the outermost of these loops to the innermost.
Result<std::vector<For>> chain_of(const State& state, const std::vector<std::string>& names) {
  std::string outermost = names[0];
  size_t depth = loops_around(state.function.body, outermost).size();
  for (const std::string& name : names)
    if (size_t d = loops_around(state.function.body, name).size(); d < depth)
      outermost = name, depth = d;
  std::vector<For> chain;
  size_t met = 0;
  for (const For* loop = find_loop(state.function.body, outermost); loop && met < names.size();
       loop = loop->body.as<For>()) {
    chain.push_back(*loop);
    met += std::find(names.begin(), names.end(), loop->var) != names.end();
  }
  if (met != names.size())
    return Failure{
        "the loops are not on one chain in which each is the whole body of the one around"};
  return chain;
}

// The chain with the loops that are named, in that order, at the places that they held.
std::vector<For> in_order(const std::vector<For>& chain, const std::vector<std::string>& wanted) {
  std::vector<For> ordered = chain;
  auto next = wanted.begin();
  for (For& place : ordered) {
    if (std::find(wanted.begin(), wanted.end(), place.var) == wanted.end()) continue;
    place = *std::find_if(chain.begin(), chain.end(),
                          [&](const For& loop) { return loop.var == *next; });
    ++next;
  }
  return ordered;
}

Status check_order(const State& state, const std::vector<For>& chain,
                   const std::vector<For>& ordered, bool reassociating) {
  for (size_t i = 0; i < ordered.size(); ++i)
    for (size_t j = i + 1; j < ordered.size(); ++j)
      if (uses_var(ordered[i].extent, ordered[j].var))
        return Failure{"the extent of " + ordered[i].var + " depends on " + ordered[j].var +
                       ", which would be inside it"};
  bool same_order = std::equal(chain.begin(), chain.end(), ordered.begin(),
                               [](const For& a, const For& b) { return a.var == b.var; });
  if (!same_order)
    if (Status status = iterations_are_independent(state, chain.back().var); !status) return status;
  const Stmt& body = chain.back().body;
  for (const LeafAt& at : leaves_in(body))
    if (order_matters(*at.leaf.stage) && !reassociating &&
        reduce_order(at.leaf, chain) != reduce_order(at.leaf, ordered))
      return Failure{"this changes the order in which " + at.leaf.stage->name +
                     " sums; say `reassociating` to allow it"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    if (ordered[i].kind == loop::LoopKind::Vectorized &&
        (i + 1 != ordered.size() || body.as<For>()))
      return Failure{"the vectorized loop " + ordered[i].var + " must stay innermost"};
    if (ordered[i].kind == loop::LoopKind::Parallel && i != 0)
      return Failure{"the parallel loop " + ordered[i].var + " must stay outermost"};
  }
  return Done{};
}

Status apply_reorder(State& state, Lexer& arguments) {
  Result<std::vector<std::string>> wanted = read_order(state, arguments);
  if (!wanted) return wanted.error();
  bool reassociating = arguments.accept("reassociating");
  Result<std::vector<For>> chain = chain_of(state, *wanted);
  if (!chain) return chain.error();
  std::vector<For> ordered = in_order(*chain, *wanted);
  if (Status status = check_order(state, *chain, ordered, reassociating); !status) return status;

  Stmt body = chain->back().body;
  for (size_t i = ordered.size(); i-- > 0;) {
    ordered[i].body = body;
    body = ordered[i];
  }
  state.function.body =
      replace_loop(state.function.body, chain->front().var, [&](const For&) { return body; });
  return Done{};
}

}  // namespace

const Primitive reorder = {
    .name = "reorder",
    .syntax = "reorder LOOP, LOOP, ... [reassociating]",
    .summary = "loops of one perfect nest change places",
    .effect = Effect::Reassociating,
    .apply = apply_reorder,
};

}  // namespace tenon::schedule
