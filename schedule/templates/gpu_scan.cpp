// A scan whose elements beside the scanned axis have nothing to do with each other: a thread each,
// which goes along the axis.
//
//   for t in 35 { for y.i0 in 13 { for y.i1 in 22 { y[t, i0, i1] = (y[t - 1, i0, i1] else 0) + .. } } }
//   reorder y.i0, y.i1, t   fuse y.i0, y.i1 -> elements   split elements by 64 -> blocks, threads
#include <algorithm>

#include "schedule/templates/gpu.h"

namespace tenon::schedule {

Status schedule_gpu_scan(Plan& plan) {
  std::vector<std::string> tensors = plan.tensors();
  if (tensors.size() != 1) return Failure{"more than one stage"};
  std::optional<LeafAt> at = plan.leaf_of(tensors[0]);
  if (!at) return Failure{"the stage is in pieces"};
  std::vector<std::string> elements = spatial_loops(*at), rest;
  for (const loop::For* loop : at->loops)
    if (std::find(elements.begin(), elements.end(), loop->var) == elements.end())
      rest.push_back(loop->var);
  if (elements.empty() || rest.empty()) return Failure{"no scan of several elements"};
  std::vector<std::string> order = elements;
  order.insert(order.end(), rest.begin(), rest.end());
  if (Status status = plan.apply({"reorder " + join(order, ", ")}); !status) return status;
  Result<std::string> all = fuse_loops(plan, elements, "elements");
  if (!all) return all.error();
  constexpr int64_t kThreads = 64;  // a scan is long: better many blocks than large ones
  Expr extent = find_loop(plan.state.function.body, *all)->extent;
  return plan.apply({"split " + *all + " by " + std::to_string(kThreads) + " " +
                         plan.tail(extent, kThreads, "guarded") + " -> blocks, threads",
                     "bind blocks to grid", "bind threads to thread"});
}

}  // namespace tenon::schedule
