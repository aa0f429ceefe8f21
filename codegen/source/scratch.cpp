// Giving scratch buffers their places.
#include "codegen/source/scratch.h"

#include <algorithm>
#include <set>

namespace tenon::codegen::source {
namespace {

bool is_scratch(const loop::Buffer& buffer) {
  return buffer.scope == loop::Scope::Scratch || buffer.scope == loop::Scope::Arena;
}

std::set<std::string> buffers_in(const loop::Stmt& stmt) {
  std::set<std::string> used;
  loop::for_each_stmt(stmt, [&](const loop::Stmt& inner) {
    if (const auto* store = inner.as<loop::Store>()) used.insert(store->buffer);
  });
  loop::for_each_expr(stmt, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) used.insert(read->tensor);
    });
  });
  return used;
}

class Planner {
 public:
  Planner(const std::vector<std::string>& symbols, const Ranges& symbol_ranges, ExprPool& pool)
      : symbols_(symbols), ranges_(symbol_ranges), pool_(pool) {
    plan_.bytes = pool.index(0);
  }

  ScratchPlan plan(const loop::Stmt& body) {
    share(body);
    visit(body);
    return std::move(plan_);
  }

 private:
  // Of buffers among the outermost statements: whose memory each takes.
  void share(const loop::Stmt& body) {
    struct Life {
      const loop::Buffer* buffer;
      size_t first = SIZE_MAX, last = 0;
    };
    std::vector<loop::Stmt> steps = {body};
    if (const auto* block = body.as<loop::Block>()) steps = block->stmts;
    std::vector<Life> lives;
    for (const loop::Stmt& step : steps)
      if (const auto* alloc = step.as<loop::Alloc>(); alloc && is_scratch(alloc->buffer))
        lives.push_back({&alloc->buffer});
    for (size_t i = 0; i < steps.size(); ++i)
      for (const std::string& used : buffers_in(steps[i]))
        for (Life& life : lives)
          if (life.buffer->name == used) {
            life.first = std::min(life.first, i);
            life.last = i;
          }
    std::vector<Life> held;  // by each memory: its owner, until when
    for (const Life& life : lives) {
      auto free = std::find_if(held.begin(), held.end(), [&](const Life& other) {
        return other.last < life.first && other.buffer->type == life.buffer->type &&
               other.buffer->extents == life.buffer->extents;
      });
      if (free == held.end()) free = held.insert(held.end(), life);
      free->last = std::max(free->last, life.last);
      owners_[life.buffer->name] = free->buffer->name;
    }
  }

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
    } else if (const auto* alloc = stmt.as<loop::Alloc>(); alloc && is_scratch(alloc->buffer)) {
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
