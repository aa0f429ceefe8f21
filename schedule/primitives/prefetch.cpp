// prefetch TENSOR at LOOP ahead N
//
//   for k in 768 { ... w[no, k, ...] ... }
//   prefetch w at k ahead 16
//   for k in 768 { ...  prefetch w[k + 16, no*48] }
//
// Once an iteration of LOOP, asks for the element that the first access below will read N
// iterations later, with the loops inside at their starts. A hint: it may point outside and never
// changes a result. Exact.
#include "schedule/nest.h"
#include "schedule/primitives/primitives.h"

namespace tenon::schedule {
namespace {

using loop::For;
using loop::Stmt;

Status apply_prefetch(State& state, Lexer& arguments) {
  std::string tensor = arguments.expect_word("the name of a tensor");
  arguments.expect("at");
  Result<std::string> name = read_holder_name(state, arguments);
  if (!name) return name.error();
  arguments.expect("ahead");
  int64_t ahead = arguments.expect_integer("a number of iterations");
  const For& loop = *find_loop(state.function.body, *name);
  bool is_inside = false;
  loop::for_each_stmt(loop.body, [&](const Stmt& stmt) {
    const loop::Alloc* alloc = stmt.as<loop::Alloc>();
    is_inside = is_inside || (alloc && alloc->buffer.name == tensor);
  });
  if (is_inside) return Failure{tensor + " lives only inside " + *name};
  for (const LeafAt& at : leaves_in(loop.body)) {
    const Read* found = nullptr;
    for_each_node(at.leaf.stage->value, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (read && read->tensor == tensor && !found) found = read;
    });
    if (!found) continue;
    std::vector<Substitution> axes, later = {{*name, state.pool->var(*name) + state.index(ahead)}};
    for (size_t i = 0; i < at.leaf.bindings.size(); ++i) {
      const loop::Stage& stage = *at.leaf.stage;
      axes.push_back({i < stage.axes.size() ? stage.axes[i].name
                                            : stage.reduce_axes[i - stage.axes.size()].name,
                      at.leaf.bindings[i]});
    }
    for (const For* inner : at.loops) later.push_back({inner->var, state.index(0)});
    loop::Prefetch hint{tensor, {}};
    Ranges ranges = ranges_at(state, *name, true);
    for (Expr index : found->indices())
      hint.indices.push_back(simplify(substitute(substitute(index, axes), later), ranges));
    state.function.body = replace_loop(state.function.body, *name, [&](const For& old) {
      For changed = old;
      changed.body = loop::block({old.body, hint});
      return Stmt(changed);
    });
    return Done{};
  }
  return Failure{"no stage below " + *name + " reads " + tensor};
}

}  // namespace

const Primitive prefetch = {
    .name = "prefetch",
    .syntax = "prefetch TENSOR at LOOP ahead N",
    .summary = "memory is asked for before it is read",
    .effect = Effect::Exact,
    .apply = apply_prefetch,
};

}  // namespace tenon::schedule
