// Arithmetic on LLVM values, scalars or vectors, exactly as ir/expr/expr.h says what each operation
// gives.
//
//   apply(Op::TruncDiv, I32, {a, b})   ->   safe = select(b is 0 or (b is -1 and a is least), 1, b); select(b is 0, 0, a / safe)
//
// Representation: bool is i1 in registers and i8 in memory; f16 and bf16 are their bits, i16, and
// have no arithmetic; index is i64, or i32 in a kernel whose indices all fit on a processor with
// 32-bit addresses. In vector code each value is a vector or, where all lanes
// agree, a scalar; operands of mixed kinds are made vectors. Nothing here becomes a call: what is
// not in the target's table of operations is refused, and legalize has rewritten it before.
#pragma once

#include <vector>

#include <llvm/IR/IRBuilder.h>

#include "ir/expr/expr.h"
#include "ir/expr/fold.h"
#include "ir/expr/legalize.h"
#include "target/operations.h"

namespace tenon::codegen {

/// Lanes of a value; 0 for a scalar.
unsigned lanes_of(const llvm::Value* value);

/// True for the element types that this backend computes in, or loads, converts and stores (f16,
/// bf16).
bool is_supported(DType type);

class ValueBuilder {
 public:
  ValueBuilder(llvm::IRBuilder<>& builder, const target::Target& target)
      : b_(builder), legal_(target::operations_of(target)) {}

  /// Indices have 64 bits until this is called.
  void use_index_bits(int bits) { index_bits_ = static_cast<unsigned>(bits); }
  llvm::IntegerType* index_type() const { return b_.getIntNTy(index_bits_); }
  llvm::ConstantInt* index(int64_t value) const {
    return llvm::ConstantInt::getSigned(index_type(), value);
  }
  /// Sums of indices do not overflow where they have 64 bits; parts of those in 32 may.
  bool index_is_exact() const { return index_bits_ == 64; }

  llvm::Type* register_type(DType type) const;
  llvm::Type* memory_type(DType type) const;
  llvm::Value* to_memory(DType type, llvm::Value* value);
  llvm::Value* from_memory(DType type, llvm::Value* value);

  llvm::Constant* literal(DType type, Scalar value) const;
  llvm::Value* splat(llvm::Value* value, unsigned lanes);
  /// `value` with this many lanes (0: as it is).
  llvm::Value* widened(llvm::Value* value, unsigned lanes);
  /// <0, 1, ..., lanes-1> of integers of so many bits (0: indices).
  llvm::Constant* iota(unsigned bits, unsigned lanes) const;

  /// One operation on operands of `type` (of select: the type of the two values). Null where the
  /// target has no such operation on that type.
  llvm::Value* apply(Op op, DType type, std::vector<llvm::Value*> operands);
  /// Floor division (or its remainder) of indices by a positive divisor; `nonnegative` when the
  /// dividend is.
  llvm::Value* divide_index(Op op, llvm::Value* dividend, llvm::Value* divisor, bool nonnegative);
  /// Null where the target has no such conversion.
  llvm::Value* convert(DType to, DType from, llvm::Value* value);
  /// Null where the pair has no meaning.
  llvm::Value* reinterpret(DType to, DType from, llvm::Value* value);

 private:
  llvm::Value* apply_float(Op op, const std::vector<llvm::Value*>& x);
  llvm::Value* apply_integer(Op op, DType type, const std::vector<llvm::Value*>& x);
  llvm::Value* divide(Op op, DType type, llvm::Value* a, llvm::Value* b);
  llvm::Value* shift(Op op, DType type, llvm::Value* a, llvm::Value* b);
  llvm::Value* compare(Op op, bool is_signed, llvm::Value* a, llvm::Value* b);

  llvm::Value* float_to_integer(DType to, llvm::Value* value);

  llvm::Type* like(llvm::Type* element, const llvm::Value* value) const;
  llvm::Value* intrinsic(llvm::Intrinsic::ID id, std::vector<llvm::Value*> operands);
  llvm::Constant* integer(const llvm::Value* like_value, uint64_t value) const;

  llvm::IRBuilder<>& b_;
  LegalOperations legal_;
  unsigned index_bits_ = 64;
};

}  // namespace tenon::codegen
