// Giving scratch buffers their places.
#include "codegen/source/scratch.h"

#include <algorithm>

#include "ir/loop/emission.h"

namespace tenon::codegen::source {
namespace {

class Planner {
 public:
  Planner(const std::vector<std::string>& symbols, const Ranges& symbol_ranges, ExprPool& pool)
      : symbols_(symbols), ranges_(symbol_ranges), pool_(pool) {
    plan_.bytes = pool.index(0);
  }

  ScratchPlan plan(const loop::Stmt& body) {
    owners_ = loop::scratch_owners(body);
    visit(body);
    return std::move(plan_);
  }

 private:
  // Ranges of loop variables bound the extents that depend on them.
  void visit(const loop::Stmt& stmt) {
    if (const auto* block = stmt.as<loop::Block>()) {
      for (const loop::Stmt& child : block->stmts) visit(child);
    } else if (const auto* loop = stmt.as<loop::For>()) {
      ranges_.set_extent(loop->var, loop->extent);
      visit(loop->body);
      ranges_.erase(loop->var);
    } else if (const auto* branch = stmt.as<loop::If>()) {
      visit(branch->then_body);
      if (branch->else_body) visit(branch->else_body);
    } else if (const auto* alloc = stmt.as<loop::Alloc>();
               alloc && loop::is_scratch(alloc->buffer)) {
      place(alloc->buffer);
    }
  }

  void place(const loop::Buffer& buffer) {
    auto owner = owners_.find(buffer.name);
    if (owner != owners_.end() && owner->second != buffer.name) {
      plan_.offsets[buffer.name] = plan_.offsets.at(owner->second);
      return;
    }
    Expr bytes = pool_.index(bits_of(buffer.type) / 8);
    for (Expr extent : buffer.extents) bytes = bytes * bounded(buffer, extent);
    plan_.offsets[buffer.name] = plan_.bytes;
    Expr room = floor_div(bytes + pool_.index(127), 64) * pool_.index(64);
    plan_.bytes = simplify(plan_.bytes + room, ranges_);
  }

  // An extent that depends on loop variables gets room for its largest value.
  Expr bounded(const loop::Buffer& buffer, Expr extent) {
    bool of_symbols = true;
    for (const std::string& name : variables_of(extent))
      of_symbols =
          of_symbols && std::find(symbols_.begin(), symbols_.end(), name) != symbols_.end();
    if (of_symbols) return extent;
    Interval bounds = bounds_of(extent, ranges_);
    if (!bounds.bounded()) {
      plan_.fault = "the extent of scratch buffer " + buffer.name + " has no bound";
      return pool_.index(1);
    }
    return pool_.index(bounds.max);
  }

  const std::vector<std::string>& symbols_;
  Ranges ranges_;
  ExprPool& pool_;
  ScratchPlan plan_;
  std::map<std::string, std::string> owners_;
};

}  // namespace

ScratchPlan plan_scratch(const loop::Stmt& body, const std::vector<std::string>& symbols,
                         const Ranges& symbol_ranges, ExprPool& pool) {
  return Planner(symbols, symbol_ranges, pool).plan(body);
}

}  // namespace tenon::codegen::source
