// Elements of tensors in memory: reading and writing one element of any type as a scalar.
//
//   load_element(DType::F16, bytes, 3)   ->   the value of the fourth half
//
// Little endian; 4- and 2-bit types are packed, the first element in the low bits.
#pragma once

#include "ir/expr/fold.h"

namespace tenon {

/// Element `position` of a tensor of `type` that starts at `bytes`: `i` for integers and bool, `f`
/// for floats.
Scalar load_element(DType type, const uint8_t* bytes, int64_t position);

/// Writes the element. Integers keep their low bits; floats are rounded to the type, 8- and 4-bit
/// ones saturate.
void store_element(DType type, uint8_t* bytes, int64_t position, Scalar value);

/// Literals of all elements of a tensor, in its type.
std::vector<Expr> literals_of(ExprPool& pool, DType type, const uint8_t* bytes, int64_t count);

}  // namespace tenon
