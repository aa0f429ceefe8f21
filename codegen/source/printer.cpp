// What is known of a function before its text is printed: its symbols, its buffers, its scratch.
#include "codegen/source/printer.h"

#include <algorithm>
#include <set>

namespace tenon::codegen::source {
namespace {

// The function's statements with all expressions in a pool of the printer's own, and with a name of
// its own for each buffer: copies of a peeled loop declare buffers of one name.
class Import final : public loop::StmtRewriter {
 public:
  explicit Import(ExprPool& pool) : pool_(pool) {}

  loop::Stmt rewrite(const loop::Stmt& stmt) override {
    if (const auto* block = stmt.as<loop::Block>()) {
      std::map<std::string, std::string> outer = names_;
      std::vector<loop::Stmt> stmts;
      for (const loop::Stmt& child : block->stmts) stmts.push_back(rewrite(child));
      names_ = std::move(outer);
      return loop::Block{std::move(stmts)};
    }
    if (const auto* alloc = stmt.as<loop::Alloc>()) {
      int uses = declared_[alloc->buffer.name]++;
      names_[alloc->buffer.name] =
          alloc->buffer.name + (uses == 0 ? "" : "." + std::to_string(uses + 1));
    }
    loop::Stmt result = rewrite_children(stmt);
    if (const auto* alloc = result.as<loop::Alloc>()) {
      loop::Buffer buffer = alloc->buffer;
      buffer.name = name_of(buffer.name);
      return loop::Alloc{buffer};
    }
    if (const auto* store = result.as<loop::Store>())
      return loop::Store{name_of(store->buffer), store->indices, store->value, store->location};
    if (const auto* prefetch = result.as<loop::Prefetch>())
      return loop::Prefetch{name_of(prefetch->buffer), prefetch->indices};
    return result;
  }
  Expr rewrite_expr(Expr e) override { return RenameReads(*this)(pool_.import(e)); }

 private:
  class RenameReads final : public Rewriter {
   public:
    explicit RenameReads(Import& outer) : Rewriter(outer.pool_), outer_(outer) {}

   private:
    Expr rewrite(Expr e) override {
      Expr result = rewrite_children(e);
      const Read* read = result.as<Read>();
      if (!read || outer_.name_of(read->tensor) == read->tensor) return result;
      return pool().read(outer_.name_of(read->tensor), e.type(),
                         {read->indices().begin(), read->indices().end()}, read->otherwise());
    }
    Import& outer_;
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

const loop::For* parallel_loop(const loop::Function& function) {
  const loop::Stmt* only = &function.body;
  if (const auto* block = function.body.as<loop::Block>()) {
    only = nullptr;
    for (const loop::Stmt& stmt : block->stmts) {
      if (stmt.kind() == loop::StmtKind::Alloc) continue;
      if (only) return nullptr;
      only = &stmt;
    }
  }
  const auto* loop = only ? only->as<loop::For>() : nullptr;
  return loop && loop->kind == loop::LoopKind::Parallel ? loop : nullptr;
}

KernelPrinter::KernelPrinter(const loop::Function& function, const Ranges& symbols,
                             std::function<int32_t(const Location&)> node_number)
    : function_(function), node_number_(std::move(node_number)), ranges_(symbols) {
  body_ = Import(*pool_).rewrite(function.body);
  params_ = function.params;
  std::set<std::string> loops, used;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    if (const auto* loop = stmt.as<loop::For>()) loops.insert(loop->var);
  });
  auto look = [&](Expr e) {
    for (const std::string& name : variables_of(e))
      if (!loops.count(name)) used.insert(name);
  };
  loop::for_each_expr(body_, look);
  for (loop::Param& param : params_)
    for (auto* list : {&param.buffer.extents, &param.buffer.strides})
      for (Expr& e : *list) {
        e = pool_->import(e);
        look(e);
      }
  symbols_.assign(used.begin(), used.end());
  scratch_ = plan_scratch(body_, symbols_, ranges_, *pool_);
  if (!scratch_.fault.empty()) fail(scratch_.fault);
}

bool KernelPrinter::has_requirements() const {
  bool found = false;
  loop::for_each_stmt(body_, [&](const loop::Stmt& stmt) {
    found = found || stmt.kind() == loop::StmtKind::Require;
  });
  return found;
}

Value KernelPrinter::fail(const std::string& reason, DType type) {
  if (!failure_) failure_ = Failure{"kernel " + function_.name + ": " + reason};
  return {{"0"}, type, 0, 0};
}

}  // namespace tenon::codegen::source
