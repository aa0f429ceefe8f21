// Operators on shapes: what they give is known while compiling, as expressions of the dimensions.
//
//   Shape (x), x : f32[batch, seq, 768]               ->   elements {batch, seq, 768}
//   Reshape (x, s), s = {batch, seq, 12, 64}          ->   reshape %x {shape=[batch, seq, 12, 64]}
#include <algorithm>

#include "frontend/operators/operators.h"
#include "ir/expr/text.h"

namespace tenon::frontend {
namespace {

Expr product_of(ExprPool& pool, std::span<const Expr> extents) {
  Expr product = pool.index(1);
  for (Expr extent : extents) product = product * extent;
  return product;
}

void give_elements(NodeContext& node, const std::vector<int64_t>& shape,
                   std::vector<Expr> elements) {
  node.output(0, node.builder().add_elements(node.output_name(0), DType::I64, shape,
                                             std::move(elements), node.location()));
}

void give_reshaped(NodeContext& node, std::vector<Expr> shape) {
  if (shape == node.type(0).shape)
    node.output(0, node.input(0));
  else
    node.result("reshape", {node.input(0)}, attributes({{"shape", std::move(shape)}}));
}

}  // namespace

// From version 15 on, start and end cut the shape like a Python slice.
void convert_shape(NodeContext& node) {
  const std::vector<Expr>& shape = node.type(0).shape;
  int64_t rank = node.rank(0), start = 0, end = rank;
  if (node.version() >= 15) {
    start = node.integer("start");
    if (node.has_attribute("end")) end = node.integer("end");
  }
  auto clamped = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? std::max(axis, -rank) + rank : axis, 0, rank);
  };
  start = clamped(start);
  end = std::max(clamped(end), start);
  give_elements(node, {end - start}, {shape.begin() + start, shape.begin() + end});
}

void convert_size(NodeContext& node) {
  give_elements(node, {}, {product_of(node.pool(), node.type(0).shape)});
}

// A 0 of the shape stands for the input's dimension, unless allowzero says that it is one.
void convert_reshape(NodeContext& node) {
  std::vector<Expr> shape = node.exprs(1, "shape");
  bool keeps_zero = node.version() >= 14 && node.flag("allowzero");
  for (size_t i = 0; i < shape.size() && !keeps_zero; ++i) {
    if (!is_int(shape[i], 0)) continue;
    if (i >= static_cast<size_t>(node.rank(0)))
      node.fail("the shape keeps axis " + std::to_string(i) + " of an input of rank " +
                    std::to_string(node.rank(0)),
                "a 0 stands for the input's extent at the same place");
    shape[i] = node.extent(0, static_cast<int64_t>(i));
  }
  give_reshaped(node, std::move(shape));
}

// The axes before `axis` become one, and those from it on another.
void convert_flatten(NodeContext& node) {
  int64_t rank = node.rank(0), axis = node.integer("axis");
  if (axis != rank) axis = node.normalized_axis(axis, rank);
  std::span<const Expr> shape = node.type(0).shape;
  size_t first = static_cast<size_t>(axis);
  give_reshaped(node, {product_of(node.pool(), shape.first(first)),
                       product_of(node.pool(), shape.subspan(first))});
}

void convert_squeeze(NodeContext& node) {
  const std::vector<Expr>& shape = node.type(0).shape;
  std::optional<std::vector<int64_t>> axes = node.axes_attribute_or_input(1, 13);
  std::vector<bool> dropped(shape.size());
  if (axes) {
    for (int64_t axis : node.normalized_axes(*axes, node.rank(0))) {
      Expr extent = shape[static_cast<size_t>(axis)];
      if (!is_int(extent, 1))
        node.fail("axis " + std::to_string(axis) + " has the extent " + to_string(extent) +
                      ", only an axis of extent 1 can be dropped",
                  as_int(extent) ? "the input is " + to_string(node.type(0))
                                 : "fix the dimension to 1 with --dim");
      dropped[static_cast<size_t>(axis)] = true;
    }
  } else {
    for (size_t i = 0; i < shape.size(); ++i) dropped[i] = is_int(shape[i], 1);
  }
  std::vector<Expr> kept;
  for (size_t i = 0; i < shape.size(); ++i)
    if (!dropped[i]) kept.push_back(shape[i]);
  give_reshaped(node, std::move(kept));
}

void convert_unsqueeze(NodeContext& node) {
  std::vector<int64_t> axes = node.axes_attribute_or_input(1, 13).value_or(std::vector<int64_t>());
  int64_t rank = node.rank(0) + static_cast<int64_t>(axes.size());
  if (rank > kMostAxes)
    node.fail("the result would have " + std::to_string(rank) + " axes (the limit is " +
              std::to_string(kMostAxes) + ")");
  axes = node.normalized_axes(std::move(axes), rank);
  std::vector<Expr> shape = node.type(0).shape;
  for (int64_t axis : axes) shape.insert(shape.begin() + axis, node.pool().index(1));
  give_reshaped(node, std::move(shape));
}

void convert_expand(NodeContext& node) {
  node.result("expand", {node.input(0)}, attributes({{"shape", node.exprs(1, "shape")}}));
}

void convert_tile(NodeContext& node) {
  node.result("tile", {node.input(0)}, attributes({{"repeats", node.exprs(1, "repeats")}}));
}

void convert_transpose(NodeContext& node) {
  std::vector<int64_t> perm = node.integer_list("perm");
  int64_t rank = node.rank(0);
  if (!node.has_attribute("perm"))
    for (int64_t axis = rank; axis-- > 0;) perm.push_back(axis);
  std::vector<int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  bool permutes = static_cast<int64_t>(perm.size()) == rank;
  for (size_t i = 0; permutes && i < sorted.size(); ++i)
    permutes = sorted[i] == static_cast<int64_t>(i);
  if (!permutes) {
    std::vector<std::string> parts;
    for (int64_t axis : perm) parts.push_back(std::to_string(axis));
    node.fail("the attribute perm is [" + join(parts, ", ") + "], which does not permute the " +
                  std::to_string(rank) + " axes of the input",
              "each axis from 0 to " + std::to_string(rank - 1) + " must stand in it once");
  }
  node.result("transpose", {node.input(0)}, attributes({{"perm", perm}}));
}

}  // namespace tenon::frontend
