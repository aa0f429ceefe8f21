// Splitting long vectorized loops.
#include "codegen/cpp/fit_lanes.h"

#include <algorithm>

namespace tenon::codegen::cpp {
namespace {

// Bits of the widest element that is computed, read or stored; index arithmetic does not count.
int widest(const loop::Stmt& body) {
  int bits = 8;
  loop::for_each_expr(body, [&](Expr e) {
    for_each_node(e, [&](Expr node) {
      if (node.type() != DType::Index) bits = std::max(bits, bits_of(node.type()));
    });
  });
  return bits;
}

class Fit final : public loop::StmtRewriter {
 public:
  Fit(int vector_bits, ExprPool& pool) : vector_bits_(vector_bits), pool_(pool) {}

  loop::Stmt rewrite(const loop::Stmt& stmt) override {
    const auto* loop = stmt.as<loop::For>();
    const int64_t* lanes = loop ? as_int(loop->extent) : nullptr;
    if (!lanes || loop->kind != loop::LoopKind::Vectorized) return rewrite_children(stmt);
    int64_t fit = std::max(2, vector_bits_ / widest(loop->body));
    if (*lanes <= fit || *lanes % fit != 0) return stmt;
    std::string part = loop->var + ".part";
    Replace replace(pool_, {loop->var, pool_.var(part) * fit + pool_.var(loop->var)});
    loop::For inner = *loop, outer = *loop;
    inner.extent = pool_.index(fit);
    inner.body = replace.rewrite(loop->body);
    outer.var = part;
    outer.kind = loop::LoopKind::Unrolled;
    outer.extent = pool_.index(*lanes / fit);
    outer.body = inner;
    return outer;
  }

 private:
  class Replace final : public loop::StmtRewriter {
   public:
    Replace(ExprPool& pool, Substitution substitution)
        : pool_(pool), substitution_(std::move(substitution)) {}
    Expr rewrite_expr(Expr e) override { return substitute(pool_.import(e), {&substitution_, 1}); }

   private:
    ExprPool& pool_;
    Substitution substitution_;
  };

  int vector_bits_;
  ExprPool& pool_;
};

}  // namespace

loop::Function fit_lanes(const loop::Function& function, int vector_bits, ExprPool& pool) {
  loop::Function result = function;
  result.body = Fit(vector_bits, pool).rewrite(function.body);
  return result;
}

}  // namespace tenon::codegen::cpp
