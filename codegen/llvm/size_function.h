// Arithmetic of sizes in straight-line code: functions whose variables are all known at their
// entry.
//
//   SizeFunction f(builder, target, ranges);   f.declare("batch", dims[0]);   f.value(batch * 64 // 16)
#pragma once

#include <map>
#include <string>

#include "codegen/llvm/values.h"
#include "ir/expr/simplify.h"

namespace tenon::codegen {

class SizeFunction {
 public:
  SizeFunction(llvm::IRBuilder<>& builder, const target::Target& target, const Ranges& ranges)
      : b_(builder), values_(builder, target), ranges_(ranges) {}

  void declare(const std::string& name, llvm::Value* value) { variables_[name] = value; }
  /// The value of an index or condition, each node computed once.
  llvm::Value* value(Expr e);

 private:
  llvm::IRBuilder<>& b_;
  ValueBuilder values_;
  const Ranges& ranges_;
  std::map<std::string, llvm::Value*> variables_;
  std::map<std::pair<const ExprPool*, uint32_t>, llvm::Value*> known_;
};

}  // namespace tenon::codegen
