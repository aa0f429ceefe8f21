// Conversions between element types that the target has instructions for, each rounded once.
//
//   f16(f32 x)   ->   bitcast i16 (fptrunc half x)       where the table has it: F16C
#include <llvm/IR/Intrinsics.h>

#include "codegen/llvm/values.h"

namespace tenon::codegen {

llvm::Value* ValueBuilder::convert(DType to, DType from, llvm::Value* value) {
  if (to == from && is_supported(to)) return value;
  if (!legal_.converts(to, from)) return nullptr;
  llvm::Type* type = like(register_type(to), value);
  if (from == DType::F16)
    return b_.CreateFPExt(b_.CreateBitCast(value, like(b_.getHalfTy(), value)), type);
  if (to == DType::F16)
    return b_.CreateBitCast(b_.CreateFPTrunc(value, like(b_.getHalfTy(), value)), type);
  if (is_float(from)) {
    if (to == DType::Bool)
      return b_.CreateFCmpUNE(value, llvm::Constant::getNullValue(value->getType()));
    return is_float(to) ? b_.CreateFPCast(value, type) : float_to_integer(to, value);
  }
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

// LLVM's saturating conversions: NaN gives 0.
llvm::Value* ValueBuilder::float_to_integer(DType to, llvm::Value* value) {
  llvm::Type* type = like(register_type(to), value);
  llvm::Intrinsic::ID id =
      is_signed(to) ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
  return b_.CreateIntrinsic(id, {type, value->getType()}, {value});
}

}  // namespace tenon::codegen
