// Layouts: mapping of coordinates and extents, text.
#include "ir/loop/layout.h"

#include <algorithm>

namespace tenon {

bool Layout::is_valid(int rank) const {
  if (dims.empty()) return true;
  for (int axis = 0; axis < rank; ++axis) {
    // The parts of an axis, by divisor: the finest starts at 1, each part ends where the next
    // coarser one starts.
    std::vector<PhysicalDim> parts;
    for (const PhysicalDim& dim : dims)
      if (dim.axis == axis) parts.push_back(dim);
    std::sort(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.divisor < b.divisor; });
    int64_t reach = 1;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].divisor != reach) return false;
      bool last = i + 1 == parts.size();
      if (last != (parts[i].modulus == 0)) return false;
      reach *= std::max<int64_t>(parts[i].modulus, 1);
    }
    if (parts.empty()) return false;
  }
  return std::all_of(dims.begin(), dims.end(),
                     [&](const PhysicalDim& d) { return d.axis >= 0 && d.axis < rank; });
}

std::vector<Expr> Layout::physical_extents(std::span<const Expr> logical) const {
  if (dims.empty()) return {logical.begin(), logical.end()};
  std::vector<Expr> extents;
  for (const PhysicalDim& dim : dims) {
    Expr extent = logical[static_cast<size_t>(dim.axis)];
    extents.push_back(dim.modulus > 0 ? extent.pool().index(dim.modulus)
                                      : ceil_div(extent, dim.divisor));
  }
  return extents;
}

std::vector<Expr> Layout::physical_indices(std::span<const Expr> logical) const {
  if (dims.empty()) return {logical.begin(), logical.end()};
  std::vector<Expr> indices;
  for (const PhysicalDim& dim : dims) {
    Expr index = floor_div(logical[static_cast<size_t>(dim.axis)], dim.divisor);
    indices.push_back(dim.modulus > 0 ? floor_mod(index, dim.modulus) : index);
  }
  return indices;
}

bool Layout::pads(std::span<const Expr> logical) const {
  for (const PhysicalDim& dim : dims) {
    if (dim.modulus > 0 || dim.divisor == 1) continue;
    const int64_t* extent = as_int(logical[static_cast<size_t>(dim.axis)]);
    if (!extent || *extent % dim.divisor != 0) return true;
  }
  return false;
}

Layout channel_blocked(int rank, int64_t block) {
  Layout layout;
  for (int axis = 0; axis < rank; ++axis) layout.dims.push_back({axis, axis == 1 ? block : 1, 0});
  layout.dims.push_back({1, 1, block});
  return layout;
}

std::string to_string(const Layout& layout) {
  if (layout.is_row_major()) return "";
  std::vector<std::string> parts;
  for (const PhysicalDim& dim : layout.dims) {
    std::string text = std::to_string(dim.axis);
    if (dim.divisor != 1) text += "/" + std::to_string(dim.divisor);
    if (dim.modulus != 0) text += "%" + std::to_string(dim.modulus);
    parts.push_back(text);
  }
  return "<" + join(parts, ", ") + ">";
}

Layout parse_layout(Lexer& lexer) {
  Layout layout;
  if (!lexer.accept("<")) return layout;
  do {
    PhysicalDim dim;
    dim.axis = static_cast<int>(lexer.expect_integer("the number of a logical axis"));
    if (lexer.accept("/")) dim.divisor = lexer.expect_integer("a block size");
    if (lexer.accept("%")) dim.modulus = lexer.expect_integer("a block size");
    if (dim.divisor < 1 || dim.modulus < 0) lexer.fail("a block size must be positive");
    layout.dims.push_back(dim);
  } while (lexer.accept(","));
  lexer.expect(">");
  return layout;
}

}  // namespace tenon
