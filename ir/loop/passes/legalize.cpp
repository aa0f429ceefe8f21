// Operations that a target lacks become ones that it has.
//
//   y[i] = fma(a, b, c)      ->   y[i] = a * b + c                           without fused multiply-add
//   y[i] = f32(x[i])         ->   y[i] = bits_f32(u32(bits_u16(x[i])) << 16u32)        x of bf16
#include "ir/loop/passes.h"

namespace tenon::loop {
namespace {

class Legalize final : public StmtRewriter {
 public:
  explicit Legalize(const LegalOperations& legal) : legal_(legal) {}
  Expr rewrite_expr(Expr e) override { return tenon::legalize(e, legal_); }

 private:
  const LegalOperations& legal_;
};

}  // namespace

Function legalize(const Function& function, const LegalOperations& legal) {
  Function result = function;
  result.body = Legalize(legal).rewrite(function.body);
  return result;
}

}  // namespace tenon::loop
