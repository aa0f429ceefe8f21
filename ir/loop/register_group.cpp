// Finding the groups of register buffers.
#include "ir/loop/register_group.h"

#include <algorithm>

namespace tenon::loop {
namespace {

// Walks the accesses to one register buffer: the group is the longest of them, where the others
// cover aligned parts of it.
class GroupFinder {
 public:
  GroupFinder(const std::string& buffer,
              const std::function<LinearForm(const std::string&, std::span<const Expr>)>& flat,
              const std::function<bool(const For&)>& is_vector_loop)
      : buffer_(buffer), flat_(flat), is_vector_loop_(is_vector_loop) {}

  void walk(const Stmt& stmt) {
    if (const auto* block = stmt.as<Block>()) {
      for (const Stmt& child : block->stmts) walk(child);
    } else if (const auto* loop = stmt.as<For>()) {
      const For* outer = lane_loop_;
      if (loop->kind == LoopKind::Vectorized && is_vector_loop_(*loop)) lane_loop_ = loop;
      walk(loop->body);
      lane_loop_ = outer;
    } else if (const auto* branch = stmt.as<If>()) {
      look(branch->condition);
      walk(branch->then_body);
      if (branch->else_body) walk(branch->else_body);
    } else if (const auto* store = stmt.as<Store>()) {
      if (store->buffer == buffer_) access(store->indices);
      look(store->value);
    } else if (const auto* require = stmt.as<Require>()) {
      look(require->condition);
    }
  }

  int64_t group() const {
    bool agrees = aligned_ && std::all_of(lengths_.begin(), lengths_.end(),
                                          [&](int64_t lanes) { return group_ % lanes == 0; });
    return agrees && group_ > 0 ? group_ : 1;
  }

 private:
  void look(Expr e) {
    for_each_node(e, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (read && read->tensor == buffer_) access(read->indices());
    });
  }

  void access(std::span<const Expr> indices) {
    if (!lane_loop_) return;
    LinearForm form = flat_(buffer_, indices);
    Expr lane = indices[0].pool().var(lane_loop_->var);
    Split split = split_by(form, lane);
    if (split.coefficient.is_zero()) return;
    int64_t lanes = *as_int(lane_loop_->extent);
    bool unit = split.coefficient.is_constant() && split.coefficient.constant == 1;
    bool whole = split.rest.constant % lanes == 0 && content(split.rest) % lanes == 0;
    aligned_ = aligned_ && split.linear && unit && whole;
    group_ = std::max(group_, lanes);
    lengths_.push_back(lanes);
  }

  const std::string& buffer_;
  const std::function<LinearForm(const std::string&, std::span<const Expr>)>& flat_;
  const std::function<bool(const For&)>& is_vector_loop_;
  const For* lane_loop_ = nullptr;
  int64_t group_ = 0;
  std::vector<int64_t> lengths_;
  bool aligned_ = true;
};

}  // namespace

int64_t register_group(
    const Stmt& body, const std::string& buffer,
    const std::function<LinearForm(const std::string&, std::span<const Expr>)>& flat,
    const std::function<bool(const For&)>& is_vector_loop) {
  GroupFinder finder(buffer, flat, is_vector_loop);
  finder.walk(body);
  return finder.group();
}

}  // namespace tenon::loop
