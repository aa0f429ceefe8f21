// Index arithmetic in scalar registers: each part of a subscript is computed in the outermost loop
// in which all of its variables are known, so invariant parts of addresses are hoisted by
// construction and unrolled copies of a statement share one pointer and differ by a constant.
//
//   for no { for mo { for k { ... w[no, k, 32] ... } } }
//   ->   in no: p1 = w + no*K*48*4     in k: p2 = p1 + k*48*4     use: p2 + 128
//
// An expression is here a LinearForm over atoms; its terms are grouped by the depth of the loop
// that makes them known.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <llvm/IR/IRBuilder.h>

#include "codegen/llvm/values.h"
#include "ir/expr/linear_form.h"

namespace tenon::codegen {

class IndexValues {
 public:
  /// `emit_node` emits an expression that is no sum, product or variable at the builder's insertion
  /// point, taking its index operands from `value`.
  IndexValues(llvm::IRBuilder<>& builder, const ValueBuilder& values,
              std::function<llvm::Value*(Expr)> emit_node)
      : b_(builder), values_(values), emit_node_(std::move(emit_node)) {}

  /// Enters a loop (first: the function). What is invariant in it is inserted before `setup_end`.
  void enter(llvm::Instruction* setup_end) { scopes_.push_back({setup_end, {}, {}}); }
  void leave();
  /// Makes a variable known from the current loop on.
  void declare(const std::string& name, llvm::Value* value);

  /// True for what is computed from variables of enclosing loops only: indices and conditions
  /// without reads.
  bool is_hoistable(Expr e) const;

  llvm::Value* value(Expr e) { return value(linear_form(e)); }
  llvm::Value* value(const LinearForm& form);
  /// A hoistable expression that is no sum or product, in the loop where it becomes invariant.
  llvm::Value* atom(Expr e);
  /// base + bytes; `base` is known in the whole function.
  llvm::Value* pointer(llvm::Value* base, const LinearForm& bytes);

 private:
  using Key = std::vector<int64_t>;
  struct Scope {
    llvm::Instruction* setup_end;
    std::map<Key, llvm::Value*> known;
    std::vector<std::string> variables;
  };
  struct Variable {
    llvm::Value* value;
    int depth;
  };
  // Deeper than every loop: at the place of use.
  static constexpr int kHere = INT32_MAX;

  int depth_of(Expr e) const;
  int depth_of(const Term& term) const;
  llvm::Value* sum_of(const std::vector<Term>& terms);
  llvm::Value* term_value(const Term& term);
  // Runs `make` in the setup of the loop at `depth`, once for each key.
  llvm::Value* at(int depth, const Key& key, const std::function<llvm::Value*()>& make);
  static void append(Key& key, const Term& term);

  llvm::Value* sum(llvm::Value* a, llvm::Value* b) {
    return b_.CreateAdd(a, b, "", false, values_.index_is_exact());
  }
  llvm::Value* product(llvm::Value* a, llvm::Value* b) {
    return b_.CreateMul(a, b, "", false, values_.index_is_exact());
  }

  llvm::IRBuilder<>& b_;
  const ValueBuilder& values_;  // knows the width of an index
  std::function<llvm::Value*(Expr)> emit_node_;
  std::vector<Scope> scopes_;
  std::map<std::string, Variable> variables_;
  std::map<llvm::Value*, int64_t> base_numbers_;  // looked up, never iterated
};

}  // namespace tenon::codegen
