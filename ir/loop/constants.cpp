// Elements of constants in memory.
//
//   w[2, 3] row-major a b c d e f, layout <1/2, 0, 1%2>   ->   a b d e | c 0 f 0
#include "ir/loop/constants.h"

#include <algorithm>
#include <cstring>

namespace tenon::loop {
namespace {

std::vector<int64_t> literals(std::span<const Expr> extents) {
  std::vector<int64_t> result;
  for (Expr extent : extents) {
    const int64_t* literal = as_int(extent);
    TENON_CHECK(literal, "a constant of symbolic extent");
    result.push_back(*literal);
  }
  return result;
}

}  // namespace

std::optional<int64_t> literal_count(std::span<const Expr> extents) {
  int64_t count = 1;
  for (Expr extent : extents) {
    const int64_t* value = as_int(extent);
    if (!value || *value < 0 || __builtin_mul_overflow(count, *value, &count)) return std::nullopt;
  }
  return count;
}

int64_t physical_bytes(const Buffer& buffer) {
  int64_t count = 1;
  std::vector<Expr> extents = buffer.layout.physical_extents(buffer.extents);
  for (int64_t extent : literals(extents)) count *= extent;
  return bytes_of(buffer.type, count);
}

void pack_elements(const Buffer& buffer, std::span<const uint8_t> row_major,
                   std::span<uint8_t> physical) {
  TENON_CHECK(static_cast<int64_t>(physical.size()) == physical_bytes(buffer), buffer.name);
  if (buffer.layout.is_row_major()) {
    TENON_CHECK(row_major.size() == physical.size(), buffer.name);
    std::memcpy(physical.data(), row_major.data(), row_major.size());
    return;
  }
  TENON_CHECK(bits_of(buffer.type) >= 8, buffer.name + ": packed elements of less than a byte");
  size_t width = static_cast<size_t>(bits_of(buffer.type) / 8);
  std::vector<int64_t> logical = literals(buffer.extents);
  std::vector<Expr> padded = buffer.layout.physical_extents(buffer.extents);
  std::vector<int64_t> extents = literals(padded);
  size_t rank = logical.size(), dims = extents.size();

  // For each axis, how far an element at each coordinate lies in memory: the sum over the physical
  // dimensions made of it.
  std::vector<int64_t> strides(dims, 1);
  for (size_t d = dims - 1; d-- > 0;) strides[d] = strides[d + 1] * extents[d + 1];
  std::vector<std::vector<int64_t>> offset(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    offset[axis].assign(static_cast<size_t>(logical[axis]), 0);
    for (int64_t i = 0; i < logical[axis]; ++i)
      for (size_t d = 0; d < dims; ++d) {
        const PhysicalDim& dim = buffer.layout.dims[d];
        if (dim.axis != static_cast<int>(axis)) continue;
        int64_t index = i / dim.divisor;
        offset[axis][static_cast<size_t>(i)] +=
            strides[d] * (dim.modulus > 0 ? index % dim.modulus : index);
      }
  }
  std::fill(physical.begin(), physical.end(), uint8_t{0});
  if (row_major.empty()) return;
  // The innermost axis runs in a plain loop; the others count like an odometer.
  std::vector<int64_t> at(rank, 0);
  int64_t row = rank > 0 ? logical[rank - 1] : 1,
          rows = static_cast<int64_t>(row_major.size() / width) / std::max<int64_t>(row, 1);
  const uint8_t* source = row_major.data();
  for (int64_t r = 0; r < rows; ++r) {
    int64_t base = 0;
    for (size_t axis = 0; axis + 1 < rank; ++axis)
      base += offset[axis][static_cast<size_t>(at[axis])];
    for (int64_t i = 0; i < row; ++i, source += width) {
      int64_t element = base + (rank > 0 ? offset[rank - 1][static_cast<size_t>(i)] : 0);
      std::memcpy(physical.data() + static_cast<size_t>(element) * width, source, width);
    }
    for (size_t axis = rank > 0 ? rank - 1 : 0; axis-- > 0;) {
      if (++at[axis] < logical[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace tenon::loop
