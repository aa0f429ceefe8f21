// Products in tiles: a block computes a tile of the result, its threads a small tile each in
// registers; for each step of the reduction all of them copy what the block reads into shared memory.
#include <algorithm>

#include "schedule/templates/gpu.h"

namespace tenon::schedule {
namespace {

std::string text(int64_t number) { return std::to_string(number); }

class ProductPlan {
 public:
  ProductPlan(Plan& plan, const GpuTile& tile) : plan_(plan), tile_(tile) {}

  Status run() {
    const std::string acc = plan_.state.function.anchor_stage;
    std::optional<LeafAt> anchor = plan_.leaf_of(acc);
    if (!anchor) return Failure{"the anchor has no nest of its own"};
    stage_ = *anchor->leaf.stage;
    std::vector<std::string> epilogue = plan_.epilogue_of(acc);
    if (epilogue.size() + 1 != plan_.tensors().size())
      return Failure{"other stages than the product's epilogue"};
    split_axes();
    if (Status status = plan_.apply(lines_); !status) return status;
    if (Status status = bind_threads(); !status) return status;
    if (Status status = read_operands(); !status) return status;
    std::vector<std::string> lines;
    const std::string& holder = grid_.back();
    for (const std::string& consumer : epilogue)
      lines.push_back("attach " + consumer + " at " + holder + " like " + acc);
    lines.push_back("cache_write " + acc + " in register at " + holder + " as " + layout());
    if (Status status = plan_.apply(lines); !status) return status;
    if (Status status = share_copies(); !status) return status;
    return bind_grid();
  }

 private:
  const GpuAxis* tile_of(const std::string& axis) const {
    for (const GpuAxis& each : tile_.axes)
      if (each.axis == axis && each.block > 1) return &each;
    return nullptr;
  }

  // others, tiles, steps of the reduction, threads, a step's terms, a thread's tile.
  void split_axes() {
    const std::string& acc = stage_.name;
    std::vector<std::string> tiles, inner;
    for (const loop::Axis& axis : stage_.axes) {
      std::string loop = acc + "." + axis.name;
      const GpuAxis* tile = tile_of(axis.name);
      if (!tile) {
        others_.push_back(loop);
        continue;
      }
      std::string block = axis.name + "o", in_block = axis.name + "b", thread = axis.name + "t",
                  own = axis.name + "i";
      lines_.push_back("split " + loop + " by " + text(tile->block) + " " +
                       plan_.tail(axis.extent, tile->block, "guarded") + " -> " + block + ", " +
                       in_block);
      tiles.push_back(block);
      if (tile->thread == 1) {
        lines_.back().replace(lines_.back().size() - in_block.size(), in_block.size(), thread);
        threads_.push_back(thread);
        continue;
      }
      lines_.push_back("split " + in_block + " by " + text(tile->thread) + " exact -> " + thread +
                       ", " + own);
      threads_.push_back(thread);
      inner.push_back(own);
    }
    std::vector<std::string> terms;
    for (const loop::Axis& axis : stage_.reduce_axes) {
      std::string loop = acc + "." + axis.name;
      if (axis.name != tile_.reduced) {
        terms.push_back(loop);
        continue;
      }
      lines_.push_back("split " + loop + " by " + text(tile_.step) + " " +
                       plan_.tail(axis.extent, tile_.step, "guarded") + " -> steps, term");
      terms.push_back("term");
    }
    std::vector<std::string> order = others_;
    for (const std::vector<std::string>* part : {&tiles, &threads_, &terms, &inner}) {
      if (part == &threads_) order.push_back("steps");
      order.insert(order.end(), part->begin(), part->end());
    }
    lines_.push_back("reorder " + join(order, ", "));
    tiles_ = tiles;
    inner_ = inner;
    grid_ = others_;
    grid_.insert(grid_.end(), tiles.begin(), tiles.end());
  }

  Status bind_threads() {
    std::vector<std::string> lines;
    for (const std::string& thread : threads_) lines.push_back("bind " + thread + " to thread");
    std::vector<std::string> unrolled = inner_;
    if (tile_.axes.back().thread > 1) {
      lines.push_back("vectorize " + inner_.back());
      unrolled.pop_back();
    }
    if (!unrolled.empty()) lines.push_back("unroll " + join(unrolled, ", "));
    return plan_.apply(lines);
  }

  // Each operand's window of a step.
  Status read_operands() {
    std::vector<std::string> operands;
    for_each_node(stage_.value, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (read && std::find(operands.begin(), operands.end(), read->tensor) == operands.end())
        operands.push_back(read->tensor);
    });
    for (const std::string& operand : operands) {
      copies_.push_back(operand + ".s");
      if (Status status =
              plan_.apply({"cache_read " + operand + " in shared at steps -> " + copies_.back()});
          !status)
        return status;
    }
    return Done{};
  }

  // The windows are copied by all threads, 16 bytes each where rows allow it.
  Status share_copies() {
    int64_t threads = 1;
    for (const GpuAxis& axis : tile_.axes) threads *= axis.block / axis.thread;
    for (const std::string& copy : copies_) {
      std::optional<LeafAt> at = plan_.leaf_of(copy);
      std::vector<std::string> loops;
      bool inside = false;
      for (const loop::For* loop : at->loops) {
        if (inside) loops.push_back(loop->var);
        inside = inside || loop->var == "steps";
      }
      int64_t lanes = 4;
      const loop::For& last = *at->loops.back();
      bool vectors = bits_of(at->leaf.stage->type) == 32 && loops.size() > 1 &&
                     plan_.tail(last.extent, lanes, "") == "exact";
      if (vectors) {
        std::string row = copy + ".v", lane = copy + ".lane";
        if (plan_.attempt("split " + loops.back() + " by 4 exact -> " + row + ", " + lane) &&
            plan_.attempt("vectorize " + lane))
          loops.back() = row;
      }
      if (Status status = share_among_threads(plan_, loops, copy, threads); !status) return status;
    }
    return Done{};
  }

  // The threads' axes outside, each thread's tile inside.
  std::string layout() const {
    std::vector<std::string> dims, own;
    for (size_t d = 0; d < stage_.axes.size(); ++d) {
      const GpuAxis* tile = tile_of(stage_.axes[d].name);
      if (!tile) {
        dims.push_back(text(static_cast<int64_t>(d)));
        continue;
      }
      std::string axis = text(static_cast<int64_t>(d));
      dims.push_back(tile->thread > 1 ? axis + "/" + text(tile->thread) : axis);
      if (tile->thread > 1) own.push_back(axis + "%" + text(tile->thread));
    }
    dims.insert(dims.end(), own.begin(), own.end());
    return "<" + join(dims, ", ") + ">";
  }

  // The last tiles are x, the first ones y, everything else z. Loops are bound before they are
  // fused: while each is an axis by itself it is plain that its iterations have nothing in common.
  Status bind_grid() {
    size_t first = tiles_.size() > 1 ? 1 : 0;
    std::vector<std::string> head(tiles_.begin(),
                                  tiles_.begin() + static_cast<std::ptrdiff_t>(first)),
        last(tiles_.begin() + static_cast<std::ptrdiff_t>(first), tiles_.end()), others = others_;
    if (last.size() > 1) {  // a grid has three dimensions, also while loops wait to be fused
      others.insert(others.end(), head.begin(), head.end());
      head.clear();
    }
    const std::pair<const std::vector<std::string>*, std::string> groups[] = {
        {&others, "problems"}, {&head, "sides"}, {&last, "places"}};
    for (const auto& [loops, name] : groups) {
      std::string fused;
      for (size_t i = 0; i < loops->size(); ++i) {
        std::vector<std::string> lines = {"bind " + (*loops)[i] + " to grid"};
        std::string next =
            fused.empty() ? (*loops)[i]
                          : name + (i + 1 < loops->size() ? text(static_cast<int64_t>(i)) : "");
        if (!fused.empty()) lines.push_back("fuse " + fused + ", " + (*loops)[i] + " -> " + next);
        if (Status status = plan_.apply(lines); !status) return status;
        fused = next;
      }
    }
    return Done{};
  }

  Plan& plan_;
  const GpuTile& tile_;
  loop::Stage stage_;
  std::vector<std::string> lines_, copies_, others_, tiles_, threads_, inner_, grid_;
};

}  // namespace

Status tile_for_gpu(Plan& plan, const GpuTile& tile) { return ProductPlan(plan, tile).run(); }

int64_t gpu_tile(target::Extent extent, int64_t most) {
  int64_t tile = 1;
  while (tile < most && tile < extent.high) tile *= 2;
  return tile;
}

Result<GpuOperands> gpu_operands(const loop::Stage& stage) {
  const Apply* product = stage.value.as_op(Op::Mul);
  if (stage.reducer != loop::Reducer::Sum || !product || stage.reduce_axes.empty())
    return Failure{"no sum of products"};
  GpuOperands operands;
  for (const loop::Axis& axis : stage.axes) {
    bool first = uses_var(product->operand(0), axis.name),
         second = uses_var(product->operand(1), axis.name);
    if (first && second) continue;
    (first ? operands.first : operands.second).push_back(axis);
  }
  if (operands.first.empty() || operands.second.empty())
    return Failure{"no tile of which both operands give a side"};
  return operands;
}

}  // namespace tenon::schedule
