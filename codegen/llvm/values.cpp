// Types, literals, and the arithmetic operations.
#include "codegen/llvm/values.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Intrinsics.h>

namespace tenon::codegen {

unsigned lanes_of(const llvm::Value* value) {
  const auto* type = llvm::dyn_cast<llvm::FixedVectorType>(value->getType());
  return type ? type->getNumElements() : 0;
}

bool is_supported(DType type) {
  return is_arithmetic(type) || type == DType::F16 || type == DType::BF16;
}

llvm::Type* ValueBuilder::register_type(DType type) const {
  if (type == DType::F32) return b_.getFloatTy();
  if (type == DType::F64) return b_.getDoubleTy();
  if (type == DType::Index) return index_type();
  return type == DType::Bool ? b_.getInt1Ty() : b_.getIntNTy(static_cast<unsigned>(bits_of(type)));
}

llvm::Type* ValueBuilder::memory_type(DType type) const {
  return type == DType::Bool ? b_.getInt8Ty() : register_type(type);
}

llvm::Value* ValueBuilder::to_memory(DType type, llvm::Value* value) {
  return type == DType::Bool ? b_.CreateZExt(value, like(b_.getInt8Ty(), value)) : value;
}

llvm::Value* ValueBuilder::from_memory(DType type, llvm::Value* value) {
  return type == DType::Bool ? b_.CreateICmpNE(value, integer(value, 0)) : value;
}

llvm::Constant* ValueBuilder::literal(DType type, Scalar value) const {
  if (type == DType::F32 || type == DType::F64)
    return llvm::ConstantFP::get(register_type(type), value.f);
  if (type == DType::F16 || type == DType::BF16) {
    llvm::APFloat number(value.f);
    bool inexact;
    number.convert(type == DType::F16 ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat(),
                   llvm::APFloat::rmNearestTiesToEven, &inexact);
    return llvm::ConstantInt::get(b_.getContext(), number.bitcastToAPInt());
  }
  return llvm::ConstantInt::get(register_type(type), static_cast<uint64_t>(value.i), true);
}

llvm::Value* ValueBuilder::splat(llvm::Value* value, unsigned lanes) {
  return b_.CreateVectorSplat(lanes, value);
}

llvm::Value* ValueBuilder::widened(llvm::Value* value, unsigned lanes) {
  return lanes == 0 || lanes_of(value) == lanes ? value : splat(value, lanes);
}

llvm::Constant* ValueBuilder::iota(unsigned bits, unsigned lanes) const {
  std::vector<llvm::Constant*> numbers;
  for (unsigned lane = 0; lane < lanes; ++lane)
    numbers.push_back(llvm::ConstantInt::get(b_.getIntNTy(bits ? bits : index_bits_), lane));
  return llvm::ConstantVector::get(numbers);
}

llvm::Type* ValueBuilder::like(llvm::Type* element, const llvm::Value* value) const {
  unsigned lanes = lanes_of(value);
  return lanes ? llvm::FixedVectorType::get(element, lanes) : element;
}

llvm::Constant* ValueBuilder::integer(const llvm::Value* like_value, uint64_t value) const {
  return llvm::ConstantInt::get(like_value->getType(), value);
}

llvm::Value* ValueBuilder::intrinsic(llvm::Intrinsic::ID id, std::vector<llvm::Value*> operands) {
  llvm::Type* type = operands[0]->getType();
  return b_.CreateIntrinsic(id, {type}, operands);
}

llvm::Value* ValueBuilder::apply(Op op, DType type, std::vector<llvm::Value*> x) {
  if (!legal_.has(op, type)) return nullptr;
  unsigned lanes = 0;
  for (llvm::Value* operand : x) lanes = std::max(lanes, lanes_of(operand));
  if (op == Op::Select) {
    if (lanes_of(x[0]) == 0)
      lanes = std::max(lanes_of(x[1]), lanes_of(x[2]));
    else
      x[0] = widened(x[0], lanes);
    return b_.CreateSelect(x[0], widened(x[1], lanes), widened(x[2], lanes));
  }
  for (llvm::Value*& operand : x) operand = widened(operand, lanes);
  return is_float(type) ? apply_float(op, x) : apply_integer(op, type, x);
}

llvm::Value* ValueBuilder::apply_float(Op op, const std::vector<llvm::Value*>& x) {
  // minimum and maximum give NaN for NaN; without a defined sign of zero they are one or two
  // instructions.
  auto extreme = [&](llvm::Intrinsic::ID id) {
    llvm::Value* result = intrinsic(id, x);
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(result)) call->setHasNoSignedZeros(true);
    return result;
  };
  switch (op) {
    case Op::Add: return b_.CreateFAdd(x[0], x[1]);
    case Op::Sub: return b_.CreateFSub(x[0], x[1]);
    case Op::Mul: return b_.CreateFMul(x[0], x[1]);
    case Op::Div: return b_.CreateFDiv(x[0], x[1]);
    case Op::Neg: return b_.CreateFNeg(x[0]);
    case Op::Min: return extreme(llvm::Intrinsic::minimum);
    case Op::Max: return extreme(llvm::Intrinsic::maximum);
    case Op::Eq: return b_.CreateFCmpOEQ(x[0], x[1]);
    case Op::Ne: return b_.CreateFCmpUNE(x[0], x[1]);
    case Op::Lt: return b_.CreateFCmpOLT(x[0], x[1]);
    case Op::Le: return b_.CreateFCmpOLE(x[0], x[1]);
    case Op::Abs: return intrinsic(llvm::Intrinsic::fabs, x);
    case Op::Sqrt: return intrinsic(llvm::Intrinsic::sqrt, x);
    case Op::Floor: return intrinsic(llvm::Intrinsic::floor, x);
    case Op::Ceil: return intrinsic(llvm::Intrinsic::ceil, x);
    case Op::Trunc: return intrinsic(llvm::Intrinsic::trunc, x);
    case Op::RoundEven: return intrinsic(llvm::Intrinsic::roundeven, x);
    case Op::Fma: return intrinsic(llvm::Intrinsic::fma, x);
    default: return nullptr;
  }
}

llvm::Value* ValueBuilder::compare(Op op, bool is_signed, llvm::Value* a, llvm::Value* b) {
  switch (op) {
    case Op::Eq: return b_.CreateICmpEQ(a, b);
    case Op::Ne: return b_.CreateICmpNE(a, b);
    case Op::Lt: return is_signed ? b_.CreateICmpSLT(a, b) : b_.CreateICmpULT(a, b);
    default: return is_signed ? b_.CreateICmpSLE(a, b) : b_.CreateICmpULE(a, b);
  }
}

llvm::Value* ValueBuilder::apply_integer(Op op, DType type, const std::vector<llvm::Value*>& x) {
  bool sign = is_signed(type);
  bool exact = type == DType::Index && index_is_exact();
  bool truth = type == DType::Bool;
  switch (op) {
    case Op::Eq:
    case Op::Ne: return compare(op, sign, x[0], x[1]);
    case Op::And: return b_.CreateAnd(x[0], x[1]);
    case Op::Or: return b_.CreateOr(x[0], x[1]);
    case Op::Xor: return b_.CreateXor(x[0], x[1]);
    case Op::Not: return b_.CreateNot(x[0]);
    default:
      if (truth) return nullptr;
  }
  switch (op) {
    case Op::Add: return b_.CreateAdd(x[0], x[1], "", false, exact);
    case Op::Sub: return b_.CreateSub(x[0], x[1], "", false, exact);
    case Op::Mul: return b_.CreateMul(x[0], x[1], "", false, exact);
    case Op::Neg: return b_.CreateNeg(x[0]);
    case Op::Abs:
      return sign ? b_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, x[0], b_.getFalse()) : x[0];
    case Op::Min:
      return b_.CreateBinaryIntrinsic(sign ? llvm::Intrinsic::smin : llvm::Intrinsic::umin, x[0],
                                      x[1]);
    case Op::Max:
      return b_.CreateBinaryIntrinsic(sign ? llvm::Intrinsic::smax : llvm::Intrinsic::umax, x[0],
                                      x[1]);
    case Op::Lt:
    case Op::Le: return compare(op, sign, x[0], x[1]);
    case Op::Shl:
    case Op::Shr: return shift(op, type, x[0], x[1]);
    case Op::FloorDiv:
    case Op::FloorMod:
    case Op::TruncDiv:
    case Op::TruncRem: return divide(op, type, x[0], x[1]);
    default: return nullptr;
  }
}

// Shifts by the width or more, and by negative amounts, give 0. What `shl` gives there is not
// chosen by the select.
llvm::Value* ValueBuilder::shift(Op op, DType type, llvm::Value* a, llvm::Value* b) {
  llvm::Value* in_range = b_.CreateICmpULT(b, integer(b, static_cast<uint64_t>(bits_of(type))));
  llvm::Value* shifted = op == Op::Shl     ? b_.CreateShl(a, b)
                         : is_signed(type) ? b_.CreateAShr(a, b)
                                           : b_.CreateLShr(a, b);
  const auto* known = llvm::dyn_cast<llvm::Constant>(in_range);
  if (known && known->isAllOnesValue()) return shifted;
  return b_.CreateSelect(in_range, shifted, integer(a, 0));
}

llvm::Value* ValueBuilder::divide(Op op, DType type, llvm::Value* a, llvm::Value* b) {
  bool sign = is_signed(type);
  bool quotient = op == Op::FloorDiv || op == Op::TruncDiv;
  bool floors = sign && (op == Op::FloorDiv || op == Op::FloorMod);
  llvm::Constant* zero = integer(a, 0);
  llvm::Value* by_zero = b_.CreateICmpEQ(b, zero);
  llvm::Value* trap = by_zero;
  if (sign) {
    llvm::Constant* least = llvm::ConstantInt::get(
        a->getType(), llvm::APInt::getSignedMinValue(static_cast<unsigned>(bits_of(type))));
    llvm::Value* overflows =
        b_.CreateAnd(b_.CreateICmpEQ(a, least),
                     b_.CreateICmpEQ(b, llvm::Constant::getAllOnesValue(b->getType())));
    trap = b_.CreateOr(by_zero, overflows);
  }
  // Dividing by 1 instead gives what is promised but for x / 0: least / -1 = least, and a remainder
  // of 0.
  llvm::Value* divisor = b_.CreateSelect(trap, integer(b, 1), b);
  llvm::Value* result = quotient ? (sign ? b_.CreateSDiv(a, divisor) : b_.CreateUDiv(a, divisor))
                                 : (sign ? b_.CreateSRem(a, divisor) : b_.CreateURem(a, divisor));
  if (floors) {
    llvm::Value* remainder = quotient ? b_.CreateSub(a, b_.CreateMul(result, divisor)) : result;
    llvm::Value* inexact = b_.CreateICmpNE(remainder, zero);
    llvm::Value* differ = b_.CreateICmpSLT(b_.CreateXor(a, divisor), zero);
    llvm::Value* adjusted =
        quotient ? b_.CreateSub(result, integer(a, 1)) : b_.CreateAdd(result, divisor);
    result = b_.CreateSelect(b_.CreateAnd(inexact, differ), adjusted, result);
  }
  return quotient ? b_.CreateSelect(by_zero, zero, result) : result;
}

llvm::Value* ValueBuilder::divide_index(Op op, llvm::Value* dividend, llvm::Value* divisor,
                                        bool nonnegative) {
  unsigned lanes = std::max(lanes_of(dividend), lanes_of(divisor));
  dividend = widened(dividend, lanes);
  divisor = widened(divisor, lanes);
  bool quotient = op == Op::FloorDiv || op == Op::TruncDiv;
  if (nonnegative)
    return quotient ? b_.CreateUDiv(dividend, divisor) : b_.CreateURem(dividend, divisor);
  bool floors = op == Op::FloorDiv || op == Op::FloorMod;
  const auto* constant = llvm::dyn_cast<llvm::Constant>(divisor);
  const auto* number =
      constant
          ? llvm::dyn_cast_or_null<llvm::ConstantInt>(lanes ? constant->getSplatValue() : constant)
          : nullptr;
  if (floors && number && number->getValue().isPowerOf2()) {
    if (!quotient) return b_.CreateAnd(dividend, integer(dividend, number->getZExtValue() - 1));
    return b_.CreateAShr(dividend, integer(dividend, number->getValue().logBase2()));
  }
  llvm::Value* result =
      quotient ? b_.CreateSDiv(dividend, divisor) : b_.CreateSRem(dividend, divisor);
  if (!floors) return result;
  llvm::Value* remainder =
      quotient ? b_.CreateSub(dividend, b_.CreateMul(result, divisor)) : result;
  llvm::Value* below = b_.CreateICmpSLT(remainder, integer(dividend, 0));
  llvm::Value* adjusted =
      quotient ? b_.CreateSub(result, integer(dividend, 1)) : b_.CreateAdd(result, divisor);
  return b_.CreateSelect(below, adjusted, result);
}

}  // namespace tenon::codegen
