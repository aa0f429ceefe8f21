// Layouts: how logical coordinates map to memory. A layout is a list of physical dimensions,
// outermost first; each takes one logical axis, divides and wraps it.
//
//   <0, 1/16, 2, 3, 1%16>      NCHW16c: element (n, c, h, w) lies at (n, c//16, h, w, c%16)
//   <1/48, 0, 1%48>            a weight w[k, n] packed in panels of 48 columns
//
// An empty layout is row-major. Physical extents are padded up to whole blocks; padding elements
// are zero in memory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/expr/expr.h"
#include "support/text.h"

namespace tenon {

/// index = (logical[axis] // divisor) % modulus; modulus 0 means no wrap.
struct PhysicalDim {
  int axis = 0;
  int64_t divisor = 1;
  int64_t modulus = 0;
  bool operator==(const PhysicalDim&) const = default;
};

struct Layout {
  std::vector<PhysicalDim> dims;

  bool operator==(const Layout&) const = default;
  bool is_row_major() const { return dims.empty(); }
  /// True when every element has a place of its own and every logical axis of `rank` is covered.
  bool is_valid(int rank) const;

  /// Extents in memory, padded to whole blocks.
  std::vector<Expr> physical_extents(std::span<const Expr> logical) const;
  /// Where the element lies; unsimplified.
  std::vector<Expr> physical_indices(std::span<const Expr> logical) const;
  /// True when some physical extent covers more than the logical one (given constant extents; else
  /// assumed).
  bool pads(std::span<const Expr> logical) const;
};

/// Channels (axis 1) in blocks of `block`: <0, 1/b, 2, ..., 1%b>.
Layout channel_blocked(int rank, int64_t block);

/// "<0, 1/16, 2, 3, 1%16>"; row-major is "".
std::string to_string(const Layout& layout);
/// Reads `<...>` when it is there, else gives the row-major layout.
Layout parse_layout(Lexer& lexer);

}  // namespace tenon
