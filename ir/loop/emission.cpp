// Copies of functions for code generators.
#include "ir/loop/emission.h"

#include <map>
#include <string>

namespace tenon::loop {
namespace {

class OwnCopyMaker final : public StmtRewriter {
 public:
  explicit OwnCopyMaker(ExprPool& pool) : pool_(pool) {}

  Stmt rewrite(const Stmt& stmt) override {
    if (const auto* block = stmt.as<Block>()) {
      std::map<std::string, std::string> outer = names_;
      std::vector<Stmt> stmts;
      for (const Stmt& child : block->stmts) stmts.push_back(rewrite(child));
      names_ = std::move(outer);
      return Block{std::move(stmts)};
    }
    if (const auto* alloc = stmt.as<Alloc>()) {
      int uses = declared_[alloc->buffer.name]++;
      names_[alloc->buffer.name] =
          alloc->buffer.name + (uses == 0 ? "" : "." + std::to_string(uses + 1));
    }
    Stmt result = rewrite_children(stmt);
    if (const auto* alloc = result.as<Alloc>()) {
      Buffer buffer = alloc->buffer;
      buffer.name = name_of(buffer.name);
      return Alloc{buffer};
    }
    if (const auto* store = result.as<Store>())
      return Store{name_of(store->buffer), store->indices, store->value, store->location};
    if (const auto* prefetch = result.as<Prefetch>())
      return Prefetch{name_of(prefetch->buffer), prefetch->indices};
    return result;
  }
  Expr rewrite_expr(Expr e) override { return RenameReads(*this)(pool_.import(e)); }

 private:
  class RenameReads final : public Rewriter {
   public:
    explicit RenameReads(OwnCopyMaker& outer) : Rewriter(outer.pool_), outer_(outer) {}

   private:
    Expr rewrite(Expr e) override {
      Expr result = rewrite_children(e);
      const Read* read = result.as<Read>();
      if (!read || outer_.name_of(read->tensor) == read->tensor) return result;
      return pool().read(outer_.name_of(read->tensor), e.type(),
                         {read->indices().begin(), read->indices().end()}, read->otherwise());
    }
    OwnCopyMaker& outer_;
  };

  std::string name_of(const std::string& name) const {
    auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

  ExprPool& pool_;
  std::map<std::string, std::string> names_;  // of the buffers in scope
  std::map<std::string, int> declared_;
};

}  // namespace

OwnCopy own_copy(const Function& function, ExprPool& pool) {
  OwnCopy copy{OwnCopyMaker(pool).rewrite(function.body), function.params};
  for (Param& param : copy.params)
    for (auto* list : {&param.buffer.extents, &param.buffer.strides})
      for (Expr& e : *list) e = pool.import(e);
  return copy;
}

const For* parallel_loop(const Function& function) {
  const Stmt* only = &function.body;
  if (const auto* block = function.body.as<Block>()) {
    only = nullptr;
    for (const Stmt& stmt : block->stmts) {
      if (stmt.kind() == StmtKind::Alloc) continue;
      if (only) return nullptr;
      only = &stmt;
    }
  }
  const auto* loop = only ? only->as<For>() : nullptr;
  return loop && loop->kind == LoopKind::Parallel ? loop : nullptr;
}

}  // namespace tenon::loop
