// Sizes from dimensions.
#include "codegen/llvm/size_function.h"

#include "support/check.h"

namespace tenon::codegen {

llvm::Value* SizeFunction::value(Expr e) {
  auto key = std::pair(&e.pool(), e.node()->id);
  if (auto known = known_.find(key); known != known_.end()) return known->second;
  llvm::Value* result = nullptr;
  if (const IntImm* imm = e.as<IntImm>()) {
    result = values_.literal(e.type(), Scalar{.i = imm->value});
  } else if (const Var* var = e.as<Var>()) {
    auto found = variables_.find(var->name);
    TENON_CHECK(found != variables_.end(), "the dimension " + var->name + " has no value");
    result = found->second;
  } else if (const Apply* apply = e.as<Apply>()) {
    std::vector<llvm::Value*> operands;
    for (Expr child : apply->children) operands.push_back(value(child));
    DType type = apply->children[apply->op == Op::Select ? 1 : 0].type();
    bool division = apply->op == Op::FloorDiv || apply->op == Op::FloorMod ||
                    apply->op == Op::TruncDiv || apply->op == Op::TruncRem;
    if (type == DType::Index && division)
      result = values_.divide_index(apply->op, operands[0], operands[1],
                                    bounds_of(apply->children[0], ranges_).min >= 0);
    else
      result = values_.apply(apply->op, type, operands);
  }
  TENON_CHECK(result != nullptr, "a size reads a tensor");
  known_[key] = result;
  return result;
}

}  // namespace tenon::codegen
