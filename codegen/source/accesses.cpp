// Subscripts: where an element lies in a buffer or in a local array.
//
//   x[0, c, h + r - 1, w]  of f32[1, 8, 56, 56]   ->   x[(c * 56 + (h + r - 1)) * 56 + w]
//   acc[0, 0, wi, ov*8 + lane]  held in groups of 8   ->   acc[wi][ov]
#include "codegen/source/printer.h"

namespace tenon::codegen::source {

const loop::Buffer* KernelPrinter::memory(const std::string& buffer) const {
  auto found = memory_.find(buffer);
  return found == memory_.end() ? nullptr : &found->second;
}

const LocalArray* KernelPrinter::local(const std::string& buffer) const {
  auto found = arrays_.find(buffer);
  return found == arrays_.end() ? nullptr : &found->second;
}

Expr KernelPrinter::flat(const loop::Buffer& buffer, std::span<const Expr> indices) {
  Expr position = pool_->index(0);
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!buffer.strides.empty())
      position = position + indices[d] * fixed(pool_->import(buffer.strides[d]));
    else if (is_int(position, 0))
      position = indices[d];
    else
      position = position * fixed(pool_->import(buffer.extents[d])) + indices[d];
  }
  return position;
}

Expr KernelPrinter::inside_condition(const loop::Buffer& buffer, std::span<const Expr> indices) {
  Expr inside;
  for (size_t d = 0; d < indices.size(); ++d)
    for (Expr bound :
         {le(pool_->index(0), indices[d]), lt(indices[d], fixed(pool_->import(buffer.extents[d])))})
      if (!is_proved(bound)) inside = inside ? inside & bound : bound;
  return inside;
}

std::vector<Piece> KernelPrinter::array_subscripts(const LocalArray& array,
                                                   std::span<const Expr> indices) {
  std::vector<Piece> subscripts;
  for (size_t d = 0; d < indices.size(); ++d) {
    bool is_last = d + 1 == indices.size();
    int64_t count = is_last ? array.extents[d] / array.group : array.extents[d];
    if (count == 1) continue;
    Expr e = is_last && array.group > 1 ? floor_div(indices[d], array.group) : indices[d];
    subscripts.push_back(index(simplify(e, ranges_)));
  }
  return subscripts;
}

Piece KernelPrinter::element(const std::string& buffer, std::span<const Expr> indices) {
  if (const LocalArray* array = local(buffer))
    return subscript(names_.of(buffer), array_subscripts(*array, indices));
  const loop::Buffer* found = memory(buffer);
  if (!found) return fail("no buffer " + buffer + " is declared here").piece;
  return subscript(names_.of(buffer), {index(flat(*found, indices))});
}

Piece KernelPrinter::address(const std::string& buffer, Expr position) {
  Piece name{names_.of(buffer)};
  return is_int(position, 0) ? name : sum(name, index(position));
}

}  // namespace tenon::codegen::source
