// Memory that a kernel for a GPU needs for itself becomes a buffer of main, given to it as a result:
// a GPU has no scratch memory of a worker. Each block, and each thread, gets a part of its own.
//
//   func @f(x: f32[64], out y: f32[64]) { for grid b in 4 { buffer t: f32[16] in arena ... t[i] ... } }
//   call @f(x, y)
//   ->
//   func @f(x: f32[64], out y: f32[64], out t: f32[4, 16]) { for grid b in 4 { ... t[b, i] ... } }
//   buffer f.t: f32[4, 16] in arena   call @f(x, y, f.t)
#include <map>
#include <set>

#include "ir/loop/passes.h"
#include "ir/loop/places.h"

namespace tenon::loop {
namespace {

bool is_memory(const Buffer& buffer) {
  return buffer.scope == Scope::Arena || buffer.scope == Scope::Scratch;
}

// Takes the declarations out of a kernel, and puts the bound loops around them in front of the
// subscripts of their buffers.
class TakeLocals final : public StmtRewriter {
 public:
  TakeLocals(ExprPool& pool, const Function& function) : pool_(pool) {
    for (const Param& param : function.params) names_.insert(param.buffer.name);
  }

  Stmt rewrite(const Stmt& stmt) override {
    if (const For* loop = stmt.as<For>(); loop && is_bound(loop->kind)) {
      around_.push_back(loop);
      Stmt result = rewrite_children(stmt);
      around_.pop_back();
      return result;
    }
    if (const Block* block = stmt.as<Block>()) {
      std::map<std::string, Taken> outer = taken_;
      std::vector<Stmt> stmts;
      for (const Stmt& child : block->stmts) stmts.push_back(rewrite(child));
      taken_ = std::move(outer);
      return loop::block(std::move(stmts));
    }
    if (const Alloc* alloc = stmt.as<Alloc>(); alloc && is_memory(alloc->buffer))
      return take(alloc->buffer);
    Stmt result = rewrite_children(stmt);
    if (const Store* store = result.as<Store>(); store && taken_.count(store->buffer))
      return Store{taken_.at(store->buffer).name, placed(store->buffer, store->indices),
                   store->value, store->location};
    return result;
  }

  Expr rewrite_expr(Expr e) override { return Reads(*this)(e); }

  std::vector<Buffer> buffers;  // taken, in order

 private:
  struct Taken {
    std::string name;
    std::vector<Expr> leading;  // subscripts
  };

  class Reads final : public Rewriter {
   public:
    explicit Reads(TakeLocals& outer) : Rewriter(outer.pool_), outer_(outer) {}

   private:
    Expr rewrite(Expr old) override {
      Expr e = rewrite_children(old);
      const Read* read = e.as<Read>();
      if (!read || !outer_.taken_.count(read->tensor)) return e;
      return pool().read(outer_.taken_.at(read->tensor).name, e.type(),
                         outer_.placed(read->tensor, read->indices()), read->otherwise());
    }
    TakeLocals& outer_;
  };

  Stmt take(const Buffer& local) {
    Buffer buffer = local;
    buffer.scope = Scope::Arena;
    for (int copy = 2; !names_.insert(buffer.name).second; ++copy)
      buffer.name = local.name + "." + std::to_string(copy);
    Taken taken{buffer.name, {}};
    std::vector<Expr> extents;
    for (const For* loop : around_) {
      taken.leading.push_back(pool_.var(loop->var));
      extents.push_back(loop->extent);
    }
    buffer.extents.insert(buffer.extents.begin(), extents.begin(), extents.end());
    buffer.strides = {};
    taken_[local.name] = taken;
    buffers.push_back(std::move(buffer));
    return block({});
  }

  std::vector<Expr> placed(const std::string& buffer, std::span<const Expr> indices) const {
    std::vector<Expr> result = taken_.at(buffer).leading;
    result.insert(result.end(), indices.begin(), indices.end());
    return result;
  }

  ExprPool& pool_;
  std::vector<const For*> around_;
  std::map<std::string, Taken> taken_;  // in scope
  std::set<std::string> names_;
};

// Gives each call of a kernel buffers for what was taken out of it.
class GiveBuffers final : public StmtRewriter {
 public:
  GiveBuffers(const std::map<std::string, std::vector<Buffer>>& taken, const Module& module)
      : taken_(taken) {
    names_ = names_in_main(module);
  }

  Stmt rewrite(const Stmt& stmt) override {
    const Call* call = stmt.as<Call>();
    if (!call || !taken_.count(call->function)) return rewrite_children(stmt);
    Call changed = *call;
    std::vector<Stmt> stmts;
    for (Buffer buffer : taken_.at(call->function)) {
      std::string name = call->function + "." + buffer.name;
      buffer.name = name;
      for (int copy = 2; !names_.insert(buffer.name).second; ++copy)
        buffer.name = name + "." + std::to_string(copy);
      changed.arguments.push_back(buffer.name);
      stmts.push_back(Alloc{std::move(buffer)});
    }
    stmts.push_back(changed);
    return block(std::move(stmts));
  }

 private:
  const std::map<std::string, std::vector<Buffer>>& taken_;
  std::set<std::string> names_;
};

}  // namespace

void share_locals(Module& module) {
  std::map<std::string, std::vector<Buffer>> taken;
  for (Function& function : module.functions) {
    if (!has_bound_loops(function.body)) continue;
    TakeLocals take(*module.pool, function);
    function.body = take.rewrite(function.body);
    if (take.buffers.empty()) continue;
    for (const Buffer& buffer : take.buffers) function.params.push_back({ParamKind::Out, buffer});
    taken[function.name] = std::move(take.buffers);
  }
  if (!taken.empty()) module.main = GiveBuffers(taken, module).rewrite(module.main);
}

}  // namespace tenon::loop
