// A matrix times a vector: a product of which only one operand has a side. A block computes some
// elements of the result, several threads each, which sum parts of the reduction and meet in shared
// memory. Threads side by side read the matrix side by side, whichever of its axes is the last.
//
//   y[n] = sum[k](x[k] * w[k, n])
//   split y.n by 32 guarded -> no, nt   split y.k by 16 guarded -> ko, kt   reorder no, ko, kt, nt
//   rfactor y over kt -> y.part   reorder kt, nt, ko reassociating   bind kt, nt to thread
//   store_at y.part at no in shared as <1, 0>   cache_write y.part in register at nt
//   bind y.nt to thread
#include <algorithm>

#include "schedule/templates/gpu.h"

namespace tenon::schedule {
namespace {

struct VectorTile {
  std::string side, reduced;         // axes
  std::vector<std::string> others;   // loops
  int64_t elements = 32, parts = 8;  // of a block
  bool along_reduced = false;        // the matrix's last axis is the reduced one
};

// The axes that only one operand has: one of them is longer than 1.
Result<VectorTile> vector_tile(const Plan& plan, const loop::Stage& stage) {
  const Apply* product = stage.value.as_op(Op::Mul);
  if (stage.reducer != loop::Reducer::Sum || !product || stage.reduce_axes.size() != 1)
    return Failure{"no sum of products over one axis"};
  VectorTile tile;
  tile.reduced = stage.reduce_axes[0].name;
  Expr matrix;
  for (const loop::Axis& axis : stage.axes) {
    bool first = uses_var(product->operand(0), axis.name),
         second = uses_var(product->operand(1), axis.name);
    bool is_side = first != second && plan.extent(axis.extent).high > 1;
    if (is_side && matrix) return Failure{"both operands have sides, or one has two"};
    if (is_side) {
      tile.side = axis.name;
      matrix = product->operand(first ? 0 : 1);
    } else {
      tile.others.push_back(stage.name + "." + axis.name);
    }
  }
  const Read* read = matrix ? matrix.as<Read>() : nullptr;
  if (!read || read->indices().empty()) return Failure{"no matrix and vector"};
  tile.along_reduced = uses_var(read->indices().back(), tile.reduced);
  target::Extent depth = plan.extent(stage.reduce_axes[0].extent);
  constexpr int64_t kShallow = 16;
  if (depth.planned() < kShallow) return Failure{"too few terms to share"};
  tile.parts = gpu_tile(depth, tile.along_reduced ? 32 : 16);
  tile.elements = tile.along_reduced ? 8 : 32;
  return tile;
}

}  // namespace

Status schedule_gpu_vector(Plan& plan) {
  const std::string acc = plan.state.function.anchor_stage;
  std::optional<LeafAt> anchor = plan.leaf_of(acc);
  if (!anchor) return Failure{"the anchor has no nest of its own"};
  const loop::Stage stage = *anchor->leaf.stage;
  Result<VectorTile> tile = vector_tile(plan, stage);
  if (!tile) return tile.error();
  std::vector<std::string> epilogue = plan.epilogue_of(acc);
  if (epilogue.size() + 1 != plan.tensors().size())
    return Failure{"other stages than the product's epilogue"};

  std::vector<std::string> loops = tile->others;
  loops.insert(loops.end(), {"no", "ko", "kt", "nt"});
  const std::string part = acc + ".part";
  auto split = [&](const std::string& axis, int64_t by, const std::string& to) {
    std::string loop = acc + "." + axis;
    const Expr extent = find_loop(plan.state.function.body, loop)->extent;
    return "split " + loop + " by " + std::to_string(by) + " " + plan.tail(extent, by, "guarded") +
           " -> " + to;
  };
  if (Status status = plan.apply(
          {split(tile->side, tile->elements, "no, nt"), split(tile->reduced, tile->parts, "ko, kt"),
           "reorder " + join(loops, ", "), "rfactor " + acc + " over kt -> " + part});
      !status)
    return status;
  // The parts of an element lie a row apart: threads that combine read side by side.
  std::string layout = "<";
  for (size_t d = 0; d < stage.axes.size(); ++d)
    if (stage.axes[d].name != tile->side) layout += std::to_string(d) + ", ";
  for (size_t d = 0; d < stage.axes.size(); ++d)
    if (stage.axes[d].name == tile->side)
      layout += std::to_string(stage.axes.size()) + ", " + std::to_string(d) + ">";
  const std::string outer = tile->along_reduced ? "nt" : "kt",
                    lane = tile->along_reduced ? "kt" : "nt";
  std::vector<std::string> lines = {"reorder " + outer + ", " + lane + ", ko reassociating",
                                    "bind " + outer + " to thread",
                                    "bind " + lane + " to thread",
                                    "store_at " + part + " at no in shared as " + layout,
                                    "cache_write " + part + " in register at " + lane,
                                    "bind " + acc + ".nt to thread"};
  for (const std::string& consumer : epilogue)
    lines.push_back("attach " + consumer + " at no like " + acc);
  lines.push_back("cache_write " + acc + " in register at no");
  if (Status status = plan.apply(lines); !status) return status;
  std::string problems;
  for (size_t i = 0; i < tile->others.size(); ++i) {
    const std::string& loop = tile->others[i];
    lines = {"bind " + loop + " to grid"};
    std::string fused = "problems" + (i + 1 < tile->others.size() ? std::to_string(i) : "");
    if (!problems.empty()) lines.push_back("fuse " + problems + ", " + loop + " -> " + fused);
    if (Status status = plan.apply(lines); !status) return status;
    problems = problems.empty() ? loop : fused;
  }
  return plan.apply({"bind no to grid"});
}

}  // namespace tenon::schedule
