// Walks over loops: phases of threads, widths of indices, lengths.
#include "codegen/cuda/kernel_facts.h"

#include <algorithm>
#include <functional>

namespace tenon::codegen {

using loop::For;
using loop::LoopKind;
using loop::Stmt;

std::vector<int64_t> Phase::shape() const {
  std::vector<int64_t> extents;
  for (const For* loop : loops) extents.push_back(*as_int(loop->extent));
  return extents;
}

int64_t Phase::threads() const {
  int64_t count = 1;
  for (int64_t extent : shape()) count *= extent;
  return count;
}

Phase phase_of(const For& outermost) {
  Phase phase;
  for (const For* loop = &outermost; loop && loop->kind == LoopKind::Thread;
       loop = phase.body.as<For>()) {
    phase.loops.push_back(loop);
    phase.body = loop->body;
  }
  return phase;
}

bool indices_fit_in_int(const std::vector<loop::Param>& params, const Stmt& body, Ranges ranges,
                        ExprPool& pool) {
  bool fit = true;
  auto fits = [&](Expr e) {
    Interval bounds = bounds_of(e, ranges);
    fit = fit && bounds.min > INT32_MIN && bounds.max < INT32_MAX;
  };
  auto look = [&](Expr root) {
    for_each_node(root, [&](Expr node) {
      if (node.type() == DType::Index) fits(node);
    });
  };
  auto elements = [&](const loop::Buffer& buffer) {
    Expr count = pool.index(1);
    for (Expr extent : buffer.extents) count = count * pool.import(extent);
    fits(count);
  };
  for (const loop::Param& param : params) elements(param.buffer);
  std::function<void(const Stmt&)> visit = [&](const Stmt& stmt) {
    if (!stmt) return;
    if (const auto* block = stmt.as<loop::Block>()) {
      for (const Stmt& child : block->stmts) visit(child);
    } else if (const For* loop = stmt.as<For>()) {
      look(loop->extent);
      ranges.set_extent(loop->var, loop->extent);
      visit(loop->body);
      ranges.erase(loop->var);
    } else if (const auto* branch = stmt.as<loop::If>()) {
      look(branch->condition);
      visit(branch->then_body);
      visit(branch->else_body);
    } else if (const auto* store = stmt.as<loop::Store>()) {
      for (Expr index : store->indices) look(index);
      look(store->value);
    } else if (const auto* require = stmt.as<loop::Require>()) {
      look(require->condition);
    } else if (const auto* alloc = stmt.as<loop::Alloc>()) {
      elements(alloc->buffer);
    }
  };
  visit(body);
  return fit;
}

std::set<std::string> handed_over(const Stmt& body) {
  std::set<std::string> read, both;
  loop::for_each_expr(body, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* found = node.as<Read>()) read.insert(found->tensor);
    });
  });
  loop::for_each_stmt(body, [&](const Stmt& stmt) {
    const auto* store = stmt.as<loop::Store>();
    if (store && read.count(store->buffer)) both.insert(store->buffer);
  });
  return both;
}

int64_t statements_unrolled(const Stmt& stmt) {
  if (!stmt) return 0;
  if (const auto* block = stmt.as<loop::Block>()) {
    int64_t count = 0;
    for (const Stmt& child : block->stmts) count += statements_unrolled(child);
    return count;
  }
  if (const auto* branch = stmt.as<loop::If>())
    return statements_unrolled(branch->then_body) + statements_unrolled(branch->else_body);
  const For* loop = stmt.as<For>();
  if (!loop) return stmt.as<loop::Store>() ? 1 : 0;
  bool is_written_out = loop->kind == LoopKind::Unrolled || loop->kind == LoopKind::Vectorized;
  int64_t copies = is_written_out && as_int(loop->extent) ? *as_int(loop->extent) : 1;
  int64_t inside = statements_unrolled(loop->body);
  constexpr int64_t kMany = int64_t{1} << 40;
  return inside > kMany / std::max<int64_t>(copies, 1) ? kMany : copies * inside;
}

}  // namespace tenon::codegen
