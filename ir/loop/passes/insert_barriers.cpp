// Threads of a block wait where one may read, or overwrite, what another has written or still reads.
//
//   for thread t in 64 { xs[t] = x[t] }   for thread u in 64 { y[u] = xs[63 - u] }
//   ->
//   for thread t in 64 { xs[t] = x[t] }   barrier   for thread u in 64 { y[u] = xs[63 - u] }
//
// Statements of a block's program outside of thread loops become a phase of one thread. What stands
// in a serial loop is looked at twice, the second time as what follows itself: so a buffer that each
// iteration fills anew is not overwritten while some thread still reads it.
#include <algorithm>
#include <map>
#include <set>

#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

using Names = std::set<std::string>;

// What phases since the last barrier have read and written.
struct Open {
  Names read, written;
};

Open accesses_of(const Stmt& stmt) {
  Open found;
  for_each_stmt(stmt, [&](const Stmt& inner) {
    if (const Store* store = inner.as<Store>()) found.written.insert(store->buffer);
  });
  for_each_expr(stmt, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) found.read.insert(read->tensor);
    });
  });
  return found;
}

bool meet(const Names& a, const Names& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& name) { return b.count(name); });
}

// Buffers of which each thread touches elements of its own: those with the thread loops' variables
// as subscripts, in the same places everywhere.
class PrivateBuffers {
 public:
  explicit PrivateBuffers(const Stmt& body) { visit(body); }

  bool has(const std::string& buffer) const {
    auto found = places_.find(buffer);
    return found != places_.end() && !shared_.count(buffer) && !found->second.empty();
  }

 private:
  using Places = std::vector<std::pair<size_t, int64_t>>;  // subscript, extent of the thread loop

  void visit(const Stmt& stmt) {
    if (!stmt) return;
    if (const Block* block = stmt.as<Block>()) {
      for (const Stmt& child : block->stmts) visit(child);
      return;
    }
    const For* loop = stmt.as<For>();
    if (loop) look(loop->extent);
    if (loop && loop->kind == LoopKind::Thread) threads_.push_back(loop);
    if (loop) visit(loop->body);
    if (loop && loop->kind == LoopKind::Thread) threads_.pop_back();
    if (const If* branch = stmt.as<If>()) {
      look(branch->condition);
      visit(branch->then_body);
      visit(branch->else_body);
    }
    if (const Store* store = stmt.as<Store>()) {
      access(store->buffer, store->indices);
      for (Expr index : store->indices) look(index);
      look(store->value);
    }
    if (const Require* require = stmt.as<Require>()) look(require->condition);
  }

  void look(Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) access(read->tensor, read->indices());
    });
  }

  void access(const std::string& buffer, std::span<const Expr> indices) {
    Places places;
    for (const For* loop : threads_)
      for (size_t i = 0; i < indices.size(); ++i)
        if (indices[i].as<Var>() && indices[i].as<Var>()->name == loop->var && as_int(loop->extent))
          places.emplace_back(i, *as_int(loop->extent));
    auto [known, is_new] = places_.emplace(buffer, places);
    if (places.size() != threads_.size() || known->second != places) shared_.insert(buffer);
  }

  std::vector<const For*> threads_;
  std::map<std::string, Places> places_;
  Names shared_;
};

class InsertBarriers {
 public:
  InsertBarriers(const Stmt& body, ExprPool& pool) : private_(body), pool_(pool) {}

  Stmt in_grid(const Stmt& stmt) {
    if (const For* loop = stmt.as<For>(); loop && loop->kind == LoopKind::Grid) {
      For changed = *loop;
      changed.body = in_grid(loop->body);
      return changed;
    }
    if (const Block* block = stmt.as<Block>()) {
      bool has_grid = std::any_of(block->stmts.begin(), block->stmts.end(), [](const Stmt& child) {
        return child.as<For>() && child.as<For>()->kind == LoopKind::Grid;
      });
      if (has_grid) {
        std::vector<Stmt> stmts;
        for (const Stmt& child : block->stmts)
          stmts.push_back(child.as<For>() ? in_grid(child) : child);
        return loop::block(std::move(stmts));
      }
    }
    Open open;
    return in_block(in_phases(stmt), open);
  }

 private:
  // Everything in thread loops.
  Stmt in_phases(const Stmt& stmt) {
    if (!stmt || stmt.as<Alloc>() || stmt.as<Barrier>()) return stmt;
    if (const Block* block = stmt.as<Block>(); block && has_bound_loops(stmt)) {
      std::vector<Stmt> stmts;
      for (const Stmt& child : block->stmts) stmts.push_back(in_phases(child));
      return loop::block(std::move(stmts));
    }
    if (!has_bound_loops(stmt))
      return For{"first" + std::to_string(++first_), pool_.index(1), LoopKind::Thread, 1, stmt, {}};
    if (const For* loop = stmt.as<For>(); loop && !is_bound(loop->kind)) {
      For changed = *loop;
      changed.body = in_phases(loop->body);
      return changed;
    }
    if (const If* branch = stmt.as<If>())
      return If{branch->condition, in_phases(branch->then_body), in_phases(branch->else_body)};
    return stmt;
  }

  Stmt in_block(const Stmt& stmt, Open& open) {
    if (!stmt) return stmt;
    if (stmt.as<Barrier>()) {
      open = {};
      return stmt;
    }
    if (const Block* block = stmt.as<Block>()) {
      std::vector<Stmt> stmts;
      for (const Stmt& child : block->stmts) stmts.push_back(in_block(child, open));
      return loop::block(std::move(stmts));
    }
    const For* loop = stmt.as<For>();
    if (loop && !is_bound(loop->kind)) {
      For changed = *loop;
      Open before = open;
      changed.body = in_block(changed.body, open);
      add(open, before);
      before = open;
      changed.body = in_block(changed.body, open);
      add(open, before);
      return changed;
    }
    if (const If* branch = stmt.as<If>()) {
      Open other = open;
      Stmt then_body = in_block(branch->then_body, open);
      Stmt else_body = in_block(branch->else_body, other);
      add(open, other);
      return If{branch->condition, then_body, else_body};
    }
    if (!loop) return stmt;
    Open own = accesses_of(stmt);
    for (Names* names : {&own.read, &own.written})
      std::erase_if(*names, [&](const std::string& name) { return private_.has(name); });
    bool waits = meet(own.read, open.written) || meet(own.written, open.written) ||
                 meet(own.written, open.read);
    if (waits) open = {};
    add(open, own);
    return waits ? loop::block({Barrier{}, stmt}) : stmt;
  }

  static void add(Open& open, const Open& more) {
    open.read.insert(more.read.begin(), more.read.end());
    open.written.insert(more.written.begin(), more.written.end());
  }

  PrivateBuffers private_;
  ExprPool& pool_;
  int first_ = 0;
};

}  // namespace

Function insert_barriers(const Function& function, ExprPool& pool) {
  if (!has_bound_loops(function.body)) return function;
  Function result = function;
  result.body = InsertBarriers(function.body, pool).in_grid(function.body);
  return result;
}

}  // namespace tenon::loop
