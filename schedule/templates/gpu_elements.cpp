// One element a thread, or as many as fill 16 bytes where a stage only moves and maps elements; what
// follows elementwise runs in the same thread.
//
//   fuse y.i0, y.i1 -> elements   split elements by 4 exact -> vectors, lane
//   split vectors by 256 guarded -> blocks, threads
//   bind blocks to grid   bind threads to thread   vectorize lane
//
// A reduction is a loop of its thread, its sum a register: short windows and rows, pools.
#include <algorithm>

#include "schedule/templates/gpu.h"

namespace tenon::schedule {
namespace {

// Elements that fill 16 bytes, of the widest type that the stage touches; 1 where the rows' ends do
// not allow it.
int64_t lanes_of(const Plan& plan, const LeafAt& at) {
  const loop::Stage& stage = *at.leaf.stage;
  if (stage.reducer != loop::Reducer::None || at.leaf.guard || !stage.requirements.empty())
    return 1;
  int64_t bits = bits_of(stage.type);
  for_each_node(stage.value, [&](Expr node) {
    if (node.as<Read>()) bits = std::max<int64_t>(bits, bits_of(node.type()));
  });
  int64_t lanes = std::min<int64_t>(4, 128 / std::max<int64_t>(bits, 8));
  Expr last = at.loops.back()->extent;
  while (lanes > 1 && plan.tail(last, lanes, "") != "exact") lanes /= 2;
  return lanes;
}

}  // namespace

Status schedule_gpu_elements(Plan& plan) {
  std::vector<std::string> tensors = plan.tensors();
  if (tensors.empty()) return Failure{"nothing is computed"};
  const std::string first = tensors[0];
  std::optional<LeafAt> at = plan.leaf_of(first);
  if (!at) return Failure{"the first stage is in pieces"};
  const loop::Stage stage = *at->leaf.stage;
  std::vector<std::string> epilogue = plan.epilogue_of(first);
  if (epilogue.size() + 1 != tensors.size())
    return Failure{"more than one anchor and its epilogue"};
  std::vector<std::string> spatial = spatial_loops(*at);
  if (spatial.empty()) return Failure{"a single element"};
  int64_t lanes = epilogue.empty() ? lanes_of(plan, *at) : 1;
  // Rows of vectors: the last loop is split before it becomes part of all of them.
  std::vector<std::string> lines;
  if (lanes > 1) {
    lines.push_back("split " + spatial.back() + " by " + std::to_string(lanes) +
                    " exact -> vectors, lane");
    spatial.back() = "vectors";
  }
  if (Status status = plan.apply(lines); !status) return status;
  Result<std::string> elements = fuse_loops(plan, spatial, "elements");
  if (!elements) return elements.error();
  lines = {"split " + *elements + " by " + std::to_string(kBlockThreads) +
           " guarded -> blocks, threads"};
  for (const std::string& consumer : epilogue)
    lines.push_back("attach " + consumer + " at threads");
  lines.push_back("bind blocks to grid");
  lines.push_back("bind threads to thread");
  if (lanes > 1) lines.push_back("vectorize lane");
  if (Status status = plan.apply(lines); !status) return status;
  for (const std::string& tensor : tensors) {
    bool stays = plan.is_parameter(tensor) &&
                 plan.leaf_of(tensor)->leaf.stage->reducer == loop::Reducer::None;
    if (!stays) plan.attempt("cache_write " + tensor + " in register at threads");
  }
  return Done{};
}

}  // namespace tenon::schedule
