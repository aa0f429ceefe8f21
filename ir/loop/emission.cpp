// Copies of functions for code generators; memory that scratch buffers share; main as a list.
#include "ir/loop/emission.h"

#include <algorithm>
#include <set>

#include "ir/expr/rename_reads.h"

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
  Expr rewrite_expr(Expr e) override {
    return RenameReads(pool_,
                       [this](const std::string& name) { return name_of(name); })(pool_.import(e));
  }

 private:
  std::string name_of(const std::string& name) const {
    auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

  ExprPool& pool_;
  std::map<std::string, std::string> names_;  // of the buffers in scope
  std::map<std::string, int> declared_;
};

std::set<std::string> buffers_in(const Stmt& stmt) {
  std::set<std::string> used;
  for_each_stmt(stmt, [&](const Stmt& inner) {
    if (const auto* store = inner.as<Store>()) used.insert(store->buffer);
  });
  for_each_expr(stmt, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (const Read* read = node.as<Read>()) used.insert(read->tensor);
    });
  });
  return used;
}

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

bool is_scratch(const Buffer& buffer) {
  return buffer.scope == Scope::Scratch || buffer.scope == Scope::Arena;
}

std::map<std::string, std::string> scratch_owners(const Stmt& body) {
  struct Life {
    const Buffer* buffer = nullptr;
    size_t first = SIZE_MAX, last = 0;
  };
  std::vector<Stmt> steps = {body};
  if (const auto* block = body.as<Block>()) steps = block->stmts;
  std::vector<Life> lives;
  for (const Stmt& step : steps)
    if (const auto* alloc = step.as<Alloc>(); alloc && is_scratch(alloc->buffer))
      lives.push_back({&alloc->buffer});
  for (size_t i = 0; i < steps.size(); ++i) {
    std::set<std::string> used = buffers_in(steps[i]);
    for (Life& life : lives) {
      if (!used.count(life.buffer->name)) continue;
      life.first = std::min(life.first, i);
      life.last = i;
    }
  }
  std::map<std::string, std::string> owners;
  std::vector<Life> held;  // by each memory: its owner, until when
  for (const Life& life : lives) {
    auto free = std::find_if(held.begin(), held.end(), [&](const Life& other) {
      return other.last < life.first && other.buffer->type == life.buffer->type &&
             other.buffer->extents == life.buffer->extents;
    });
    if (free == held.end()) free = held.insert(held.end(), life);
    free->last = std::max(free->last, life.last);
    owners[life.buffer->name] = free->buffer->name;
  }
  return owners;
}

}  // namespace tenon::loop
