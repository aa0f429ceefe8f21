// A local buffer keeps one slice where each iteration of a serial loop touches a slice of its own.
//
//   buffer p: f32[100, 4] in arena      for t in 100 { for j in 4 { p[t, j] = ... }  ... p[t, 3] ... }
//   ->
//   buffer p: f32[1, 4] in arena        for t in 100 { for j in 4 { p[0, j] = ... }  ... p[0, 3] ... }
//
// What an iteration reads it has written itself, as nothing else writes its slice: so all
// iterations may use one. The gates of a recurrent cell are such a buffer.
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

// A loop around a statement; `run` tells apart loops of one name.
struct Around {
  size_t run;
  const For* loop;
};

// Which axes of which buffers always have the variable of one loop as subscript.
class FindSlices {
 public:
  void visit(const Stmt& stmt) {
    if (!stmt) return;
    ++statement_;
    switch (stmt.kind()) {
      case StmtKind::Block:
        for (const Stmt& child : stmt.as<Block>()->stmts) visit(child);
        return;
      case StmtKind::For: {
        const For* loop = stmt.as<For>();
        read(loop->extent);
        loops_.push_back({statement_, loop});
        visit(loop->body);
        loops_.pop_back();
        return;
      }
      case StmtKind::If:
        read(stmt.as<If>()->condition);
        visit(stmt.as<If>()->then_body);
        visit(stmt.as<If>()->else_body);
        return;
      case StmtKind::Store:
        read(stmt.as<Store>()->value);
        for (Expr index : stmt.as<Store>()->indices) read(index);
        touch(stmt.as<Store>()->buffer, stmt.as<Store>()->indices);
        return;
      case StmtKind::Require: read(stmt.as<Require>()->condition); return;
      case StmtKind::Prefetch: forget(stmt.as<Prefetch>()->buffer); return;
      case StmtKind::Barrier: return;
      case StmtKind::Alloc: declare(stmt.as<Alloc>()->buffer); return;
      case StmtKind::Leaf:
      case StmtKind::Call: understood = false; return;
    }
  }

  /// The axes of a buffer that need one slice.
  std::vector<bool> axes_of(const std::string& buffer) const {
    std::vector<bool> axes;
    auto found = buffers_.find(buffer);
    if (found == buffers_.end() || !found->second.usable) return axes;
    for (const auto& [seen, run] : found->second.runs) axes.push_back(seen && run > 0);
    return axes;
  }

  bool understood = true;

 private:
  struct Seen {
    bool usable = true;
    size_t depth = 0;                           // of loops around the declaration
    std::vector<std::pair<bool, size_t>> runs;  // by axis: whether accessed; the loop, or 0
  };

  void declare(const Buffer& buffer) {
    bool is_memory = buffer.scope == Scope::Arena || buffer.scope == Scope::Scratch ||
                     buffer.scope == Scope::Stack;
    bool is_dense = buffer.layout.is_row_major() && buffer.base.empty() && buffer.strides.empty();
    auto [known, is_new] = buffers_.try_emplace(buffer.name);
    known->second.usable = is_new && is_memory && is_dense;
    known->second.depth = loops_.size();
    known->second.runs.assign(buffer.extents.size(), {false, 0});
  }

  void forget(const std::string& buffer) {
    if (auto found = buffers_.find(buffer); found != buffers_.end()) found->second.usable = false;
  }

  void read(Expr e) {
    for_each_node(e, [&](Expr node) {
      const Read* read = node.as<Read>();
      if (!read) return;
      touch(read->tensor, read->indices());
      if (read->has_otherwise) forget(read->tensor);  // outside is a matter of the subscript
    });
  }

  void touch(const std::string& buffer, std::span<const Expr> indices) {
    auto found = buffers_.find(buffer);
    if (found == buffers_.end()) return;
    Seen& seen = found->second;
    for (size_t axis = 0; axis < indices.size() && axis < seen.runs.size(); ++axis) {
      size_t run = run_of(indices[axis], seen.depth);
      auto& [accessed, only] = seen.runs[axis];
      only = !accessed || only == run ? run : 0;
      accessed = true;
    }
  }

  // The serial loop inside the declaration whose variable this is; 0 for anything else.
  size_t run_of(Expr index, size_t depth) const {
    const Var* var = index.as<Var>();
    for (size_t i = loops_.size(); var && i-- > depth;)
      if (loops_[i].loop->var == var->name)
        return loops_[i].loop->kind == LoopKind::Serial ? loops_[i].run : 0;
    return 0;
  }

  size_t statement_ = 0;
  std::vector<Around> loops_;
  std::map<std::string, Seen> buffers_;
};

class ShrinkLocals final : public StmtRewriter {
 public:
  ShrinkLocals(ExprPool& pool, const FindSlices& slices) : pool_(pool), slices_(slices) {}

  Expr rewrite_expr(Expr e) override { return Reads(*this)(e); }

  Stmt rewrite(const Stmt& old) override {
    Stmt stmt = rewrite_children(old);
    if (const Alloc* alloc = stmt.as<Alloc>()) {
      Buffer buffer = alloc->buffer;
      std::vector<bool> axes = slices_.axes_of(buffer.name);
      for (size_t i = 0; i < axes.size(); ++i)
        if (axes[i]) buffer.extents[i] = pool_.index(1);
      return axes.empty() ? stmt : Stmt(Alloc{std::move(buffer)});
    }
    if (const Store* store = stmt.as<Store>())
      return Store{store->buffer, shrunk(store->buffer, store->indices), store->value,
                   store->location};
    return stmt;
  }

 private:
  class Reads final : public Rewriter {
   public:
    explicit Reads(ShrinkLocals& outer) : Rewriter(outer.pool_), outer_(outer) {}

   private:
    Expr rewrite(Expr old) override {
      Expr e = rewrite_children(old);
      const Read* read = e.as<Read>();
      if (!read || outer_.slices_.axes_of(read->tensor).empty()) return e;
      return pool().read(read->tensor, e.type(), outer_.shrunk(read->tensor, read->indices()));
    }
    ShrinkLocals& outer_;
  };

  std::vector<Expr> shrunk(const std::string& buffer, std::span<const Expr> indices) {
    std::vector<Expr> result(indices.begin(), indices.end());
    std::vector<bool> axes = slices_.axes_of(buffer);
    for (size_t i = 0; i < axes.size(); ++i)
      if (axes[i]) result[i] = pool_.index(0);
    return result;
  }

  ExprPool& pool_;
  const FindSlices& slices_;
};

}  // namespace

Function shrink_locals(const Function& function, ExprPool& pool) {
  FindSlices slices;
  slices.visit(function.body);
  if (!slices.understood) return function;
  Function result = function;
  result.body = ShrinkLocals(pool, slices).rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
