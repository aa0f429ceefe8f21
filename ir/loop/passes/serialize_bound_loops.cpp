// A kernel for a GPU becomes one for a processor, with the same bits: its loops run in order.
//
//   for grid b in 4 { buffer s: f32[64] in shared   for thread t in 64 { s[t] = ... }   barrier   ... }
//   ->
//   for b in 4 { buffer s: f32[64] in scratch   for t in 64 { s[t] = ... }   ... }
//
// What the threads of a block share, and what each keeps from phase to phase, lies in scratch memory.
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class Serialize final : public StmtRewriter {
 public:
  Stmt rewrite(const Stmt& stmt) override {
    if (stmt.as<Barrier>()) return block({});
    if (const Alloc* alloc = stmt.as<Alloc>()) {
      bool of_block = alloc->buffer.scope == Scope::Shared ||
                      (alloc->buffer.scope == Scope::Register && !in_thread_);
      if (!of_block) return stmt;
      Alloc changed = *alloc;
      changed.buffer.scope = Scope::Scratch;
      return changed;
    }
    const For* loop = stmt.as<For>();
    if (!loop || !is_bound(loop->kind)) return rewrite_children(stmt);
    bool outer = in_thread_;
    in_thread_ = in_thread_ || loop->kind == LoopKind::Thread;
    For changed = *loop;
    changed.kind = LoopKind::Serial;
    changed.body = rewrite(loop->body);
    in_thread_ = outer;
    return changed;
  }

 private:
  bool in_thread_ = false;
};

}  // namespace

Function serialize_bound_loops(const Function& function, ExprPool&) {
  if (!has_bound_loops(function.body)) return function;
  Function result = function;
  result.body = Serialize().rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
