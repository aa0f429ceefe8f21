// Which operations a processor has instructions for, as rows that name the operations as the texts
// do. A target makes the table, ir/expr/legalize.h reads it: neither knows the other.
//
//   {"floor ceil", {DType::F32, DType::F64}}           floor and ceil of f32 and of f64
//   {.to = {DType::F16}, .from = {DType::F32}}         f16(x) of an f32
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "support/dtype.h"

namespace tenon {

/// A set of element types.
class DTypeSet {
 public:
  constexpr DTypeSet() = default;
  constexpr DTypeSet(std::initializer_list<DType> types) {
    for (DType type : types) bits_ |= bit(type);
  }
  constexpr bool has(DType type) const { return (bits_ & bit(type)) != 0; }
  constexpr DTypeSet operator|(DTypeSet other) const {
    DTypeSet all;
    all.bits_ = bits_ | other.bits_;
    return all;
  }
  constexpr bool operator==(const DTypeSet&) const = default;

 private:
  static constexpr uint32_t bit(DType type) { return uint32_t{1} << static_cast<int>(type); }
  uint32_t bits_ = 0;
};

/// Operations, separated by spaces, on operands of each of the types (of select: its values).
struct OperationRow {
  std::string_view operations;
  DTypeSet types;
};
/// Conversions of values to each of `to` from each of `from`.
struct ConversionRow {
  DTypeSet to, from;
};
/// What is in no row is absent. Bits are read as another type of their width by any target.
struct OperationTable {
  std::vector<OperationRow> operations;
  std::vector<ConversionRow> conversions;
};

}  // namespace tenon
