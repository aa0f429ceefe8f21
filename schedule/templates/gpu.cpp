// Loops to threads.
#include "schedule/templates/gpu.h"

namespace tenon::schedule {

std::vector<std::string> spatial_loops(const LeafAt& at) {
  std::vector<std::string> names;
  for (const loop::For* loop : at.loops)
    if (loop->kind == loop::LoopKind::Serial && binds_spatial(at.leaf, loop->var) &&
        !binds_reduce(at.leaf, loop->var) && !names_scan(*at.leaf.stage, loop->var))
      names.push_back(loop->var);
  return names;
}

Result<std::string> fuse_loops(Plan& plan, const std::vector<std::string>& loops,
                               const std::string& name) {
  std::string fused = loops[0];
  for (size_t i = 1; i < loops.size(); ++i) {
    std::string next = i + 1 == loops.size() ? name : name + std::to_string(i);
    if (Status status = plan.apply({"fuse " + fused + ", " + loops[i] + " -> " + next}); !status)
      return status.error();
    fused = next;
  }
  return fused;
}

Status share_among_threads(Plan& plan, const std::vector<std::string>& loops,
                           const std::string& prefix, int64_t threads) {
  Result<std::string> all = fuse_loops(plan, loops, prefix + ".all");
  if (!all) return all.error();
  Expr extent = find_loop(plan.state.function.body, *all)->extent;
  const int64_t* literal = as_int(simplify(extent, plan.state.symbols));
  if (literal && *literal <= threads) return plan.apply({"bind " + *all + " to thread"});
  std::string count = std::to_string(threads), outer = prefix + ".s", inner = prefix + ".t";
  return plan.apply({"split " + *all + " by " + count + " " +
                         plan.tail(extent, threads, "guarded") + " -> " + outer + ", " + inner,
                     "reorder " + inner + ", " + outer, "bind " + inner + " to thread"});
}

}  // namespace tenon::schedule
