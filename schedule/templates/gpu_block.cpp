// Everything in one block: its threads share the elements of each stage, one stage after the other.
// What the stages of a scan hand on from step to step needs this; it is always possible.
//
//   for t in 100 { for h.b in 2 { for h.j in 64 { ... } } }
//   ->   for t in 100 { for thread h.all in 128 { ... } }
#include "schedule/templates/gpu.h"

namespace tenon::schedule {

namespace {

// A sum stays in a register of its thread.
void keep_sum(Plan& plan, const std::string& tensor) {
  std::optional<LeafAt> at = plan.leaf_of(tensor);
  if (!at || at->leaf.stage->reducer == loop::Reducer::None) return;
  std::string innermost;
  for (const loop::For* loop : at->loops) {
    if (binds_reduce(at->leaf, loop->var)) break;
    innermost = loop->var;
  }
  if (!innermost.empty()) plan.attempt("cache_write " + tensor + " in register at " + innermost);
}

}  // namespace

Status schedule_gpu_block(Plan& plan) {
  const loop::Stmt naive = plan.state.function.body;  // keeps what its leaves point to
  for (const LeafAt& at : leaves_in(naive)) {
    std::vector<std::string> loops = spatial_loops(at);
    // The longest run of loops right inside one another that can be shared; the others stay around
    // it, in order.
    for (size_t count = loops.size(); count > 0; --count) {
      State before = plan.state;
      std::vector<std::string> inner(loops.end() - static_cast<std::ptrdiff_t>(count), loops.end());
      if (share_among_threads(plan, inner, at.leaf.stage->name, kBlockThreads)) break;
      plan.state = std::move(before);
    }
    keep_sum(plan, at.leaf.stage->name);
  }
  return Done{};
}

}  // namespace tenon::schedule
