// Float accumulations become fused multiply-adds: one rounding instead of two, one instruction
// instead of two.
//
//   acc[i] = acc[i] + x[k] * w[k, i]   ->   acc[i] = fma(x[k], w[k, i], acc[i])
//
// Only where the sum is stored to the element that it reads: elsewhere a product keeps its own
// rounding, as the model wrote it.
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class FormFma final : public StmtRewriter {
 public:
  Stmt rewrite(const Stmt& stmt) override {
    const Store* store = stmt.as<Store>();
    if (!store) return rewrite_children(stmt);
    const Apply* sum = store->value.as_op(Op::Add);
    if (!sum || !is_float(store->value.type())) return stmt;
    for (int side : {0, 1}) {
      const Read* accumulator = sum->operand(side).as<Read>();
      const Apply* product = sum->operand(1 - side).as_op(Op::Mul);
      if (!accumulator || !product || accumulator->tensor != store->buffer) continue;
      std::span<const Expr> indices = accumulator->indices();
      if (!std::equal(indices.begin(), indices.end(), store->indices.begin(), store->indices.end()))
        continue;
      Store fused = *store;
      fused.value = fma(product->operand(0), product->operand(1), sum->operand(side));
      return fused;
    }
    return stmt;
  }
};

}  // namespace

Function form_fma(const Function& function, ExprPool&) {
  Function result = function;
  result.body = FormFma().rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
