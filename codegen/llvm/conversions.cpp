// Conversions between element types, each rounded once, none of them a call.
//
//   f16(f64 x)   ->   f16(f32 rounded to odd(x)): a value that keeps the sticky bit rounds like x itself
#include <llvm/IR/Intrinsics.h>

#include "codegen/llvm/values.h"

namespace tenon::codegen {

llvm::Value* ValueBuilder::convert(DType to, DType from, llvm::Value* value) {
  if (to == from || !is_supported(to) || !is_supported(from)) return to == from ? value : nullptr;
  bool from_short = from == DType::F16 || from == DType::BF16,
       to_short = to == DType::F16 || to == DType::BF16;
  if (from_short) return convert(to, DType::F32, short_to_f32(from, value));
  if (is_float(from)) {
    if (to == DType::Bool)
      return b_.CreateFCmpUNE(value, llvm::Constant::getNullValue(value->getType()));
    if (!is_float(to)) return float_to_integer(to, value);
    if (to_short) return f32_to_short(to, from == DType::F64 ? f64_to_f32_odd(value) : value);
    return to == DType::F64 ? b_.CreateFPExt(value, like(b_.getDoubleTy(), value))
                            : b_.CreateFPTrunc(value, like(b_.getFloatTy(), value));
  }
  if (to_short) {
    // Up to 16 bits f32 holds every value; wider ones are rounded to f64 first, as ir/expr/fold.cpp
    // does.
    DType wide = bits_of(from) <= 16 ? DType::F32 : DType::F64;
    return convert(to, wide, convert(wide, from, value));
  }
  llvm::Type* type = like(register_type(to), value);
  bool sign = is_signed(from);
  if (is_float(to)) return sign ? b_.CreateSIToFP(value, type) : b_.CreateUIToFP(value, type);
  if (to == DType::Bool) return b_.CreateICmpNE(value, integer(value, 0));
  return b_.CreateIntCast(value, type, sign);
}

llvm::Value* ValueBuilder::reinterpret(DType to, DType from, llvm::Value* value) {
  if (!is_supported(to) || !is_supported(from) || bits_of(to) != bits_of(from)) return nullptr;
  if (to == DType::Bool || from == DType::Bool)
    return to == from ? value : convert(to, from, value);
  return b_.CreateBitCast(value, like(register_type(to), value));
}

llvm::Value* ValueBuilder::float_to_integer(DType to, llvm::Value* value) {
  llvm::Type* type = like(register_type(to), value);
  llvm::Intrinsic::ID id =
      is_signed(to) ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
  return b_.CreateIntrinsic(id, {type, value->getType()}, {value});
}

llvm::Value* ValueBuilder::short_to_f32(DType from, llvm::Value* bits) {
  if (from == DType::F16) return f16_bits_to_f32(bits);
  llvm::Value* wide = b_.CreateZExt(bits, like(b_.getInt32Ty(), bits));
  return b_.CreateBitCast(b_.CreateShl(wide, integer(wide, 16)), like(b_.getFloatTy(), bits));
}

llvm::Value* ValueBuilder::f32_to_short(DType to, llvm::Value* value) {
  if (to == DType::F16) return f32_to_f16_bits(value);
  // The processors' own bf16 conversion takes subnormals for zero, so it is never used.
  llvm::Value* bits = b_.CreateBitCast(value, like(b_.getInt32Ty(), value));
  llvm::Value* odd = b_.CreateAnd(b_.CreateLShr(bits, integer(bits, 16)), integer(bits, 1));
  llvm::Value* rounded = b_.CreateAdd(bits, b_.CreateAdd(odd, integer(bits, 0x7fff)));
  llvm::Value* nan = b_.CreateOr(bits, integer(bits, 0x400000));
  llvm::Value* chosen = b_.CreateSelect(b_.CreateFCmpUNO(value, value), nan, rounded);
  return b_.CreateTrunc(b_.CreateLShr(chosen, integer(bits, 16)), like(b_.getInt16Ty(), value));
}

llvm::Value* ValueBuilder::f16_bits_to_f32(llvm::Value* bits) {
  llvm::Type* f32 = like(b_.getFloatTy(), bits);
  if (target_.has_f16c())
    return b_.CreateFPExt(b_.CreateBitCast(bits, like(b_.getHalfTy(), bits)), f32);
  // The magnitude's bits as a float are the value over 2^112, subnormals included; infinity and NaN
  // need their exponent.
  llvm::Value* wide = b_.CreateZExt(bits, like(b_.getInt32Ty(), bits));
  llvm::Value* magnitude = b_.CreateAnd(wide, integer(wide, 0x7fff));
  llvm::Value* sign = b_.CreateShl(b_.CreateXor(wide, magnitude), integer(wide, 16));
  llvm::Value* shifted = b_.CreateShl(magnitude, integer(wide, 13));
  llvm::Value* scaled =
      b_.CreateFMul(b_.CreateBitCast(shifted, f32), llvm::ConstantFP::get(f32, 0x1p112));
  llvm::Value* special = b_.CreateOr(shifted, integer(wide, 0x7f800000));
  llvm::Value* finite = b_.CreateBitCast(scaled, wide->getType());
  llvm::Value* chosen =
      b_.CreateSelect(b_.CreateICmpUGE(magnitude, integer(wide, 0x7c00)), special, finite);
  return b_.CreateBitCast(b_.CreateOr(chosen, sign), f32);
}

llvm::Value* ValueBuilder::f32_to_f16_bits(llvm::Value* value) {
  if (target_.has_f16c())
    return b_.CreateBitCast(b_.CreateFPTrunc(value, like(b_.getHalfTy(), value)),
                            like(b_.getInt16Ty(), value));
  llvm::Value* bits = b_.CreateBitCast(value, like(b_.getInt32Ty(), value));
  llvm::Value* magnitude = b_.CreateAnd(bits, integer(bits, 0x7fffffff));
  llvm::Value* sign = b_.CreateLShr(b_.CreateXor(bits, magnitude), integer(bits, 16));
  // Below 2^-14: adding 1/2 lets the adder round at the last bit of a subnormal f16.
  llvm::Value* sum = b_.CreateFAdd(b_.CreateBitCast(magnitude, value->getType()),
                                   llvm::ConstantFP::get(value->getType(), 0.5));
  llvm::Value* tiny =
      b_.CreateSub(b_.CreateBitCast(sum, bits->getType()), integer(bits, 0x3f000000));
  // Between: the exponent's bias moves by 112, and the 13 bits that go round to even.
  llvm::Value* odd = b_.CreateAnd(b_.CreateLShr(magnitude, integer(bits, 13)), integer(bits, 1));
  llvm::Value* moved = b_.CreateAdd(magnitude, b_.CreateAdd(odd, integer(bits, 0xc8000fffu)));
  llvm::Value* normal = b_.CreateLShr(moved, integer(bits, 13));
  llvm::Value* nan = b_.CreateICmpUGT(magnitude, integer(bits, 0x7f800000));
  llvm::Value* huge = b_.CreateSelect(nan, integer(bits, 0x7e00), integer(bits, 0x7c00));
  llvm::Value* result =
      b_.CreateSelect(b_.CreateICmpULT(magnitude, integer(bits, 0x38800000)), tiny, normal);
  result = b_.CreateSelect(b_.CreateICmpUGE(magnitude, integer(bits, 0x47800000)), huge, result);
  return b_.CreateTrunc(b_.CreateOr(result, sign), like(b_.getInt16Ty(), value));
}

// The f32 next to `value` whose last bit says that it is not exact; rounding it again to fewer bits
// equals rounding `value`.
llvm::Value* ValueBuilder::f64_to_f32_odd(llvm::Value* value) {
  llvm::Type* f32 = like(b_.getFloatTy(), value);
  llvm::Value* nearest = b_.CreateFPTrunc(value, f32);
  llvm::Value* back = b_.CreateFPExt(nearest, value->getType());
  llvm::Value* bits = b_.CreateBitCast(nearest, like(b_.getInt32Ty(), value));
  llvm::Value* inexact = b_.CreateFCmpONE(back, value);
  llvm::Value* even = b_.CreateICmpEQ(b_.CreateAnd(bits, integer(bits, 1)), integer(bits, 0));
  llvm::Value* above = b_.CreateFCmpOGT(intrinsic(llvm::Intrinsic::fabs, {back}),
                                        intrinsic(llvm::Intrinsic::fabs, {value}));
  llvm::Value* neighbour = b_.CreateSelect(above, b_.CreateSub(bits, integer(bits, 1)),
                                           b_.CreateAdd(bits, integer(bits, 1)));
  return b_.CreateBitCast(b_.CreateSelect(b_.CreateAnd(inexact, even), neighbour, bits), f32);
}

}  // namespace tenon::codegen
