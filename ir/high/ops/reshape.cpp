// Reshape: the same elements in the same order under another shape. And expand and tile, which
// repeat elements.
//
//   %y = reshape %x {shape=[batch, seq, -1, 64]} : f32[batch, seq, 12, 64]
//     ->   y[i0, i1, i2, i3] = x[i0, i1, i2*64 + i3]
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"
#include "support/text.h"

namespace tenon::high {
namespace {

// ---- products of extents ----------------------------------------------------------------------

// A literal times factors that are no products.
struct Product {
  int64_t literal = 1;
  std::vector<Expr> factors;
};

void multiply(Product& product, Expr e) {
  if (const int64_t* value = as_int(e)) {
    product.literal *= *value;
  } else if (const Apply* mul = e.as_op(Op::Mul)) {
    for (Expr operand : mul->children) multiply(product, operand);
  } else {
    product.factors.push_back(e);
  }
}

Expr product_of(ExprPool& pool, std::span<const Expr> extents) {
  Expr result = pool.index(1);
  for (Expr extent : extents) result = result * extent;
  return result;
}

// total / part where every factor of `part` cancels; else null.
Expr quotient(ExprPool& pool, const std::vector<Expr>& total, const std::vector<Expr>& part) {
  Product a, b;
  for (Expr extent : total) multiply(a, extent);
  for (Expr extent : part) multiply(b, extent);
  for (Expr factor : b.factors) {
    auto found = std::find(a.factors.begin(), a.factors.end(), factor);
    if (found == a.factors.end()) return {};
    a.factors.erase(found);
  }
  if (b.literal == 0 || a.literal % b.literal != 0) return {};
  return product_of(pool, a.factors) * (a.literal / b.literal);
}

// ---- reshape ----------------------------------------------------------------------------------

void infer_reshape(InferContext& context) {
  if (context.input(0).type == DType::String)
    context.fail("strings are not supported in this version");
  const std::vector<Expr>& from = context.input(0).shape;
  std::vector<Expr> shape = context.attributes().exprs("shape");
  auto is_open = [](Expr extent) { return is_int(extent, -1); };
  auto open = std::find_if(shape.begin(), shape.end(), is_open);
  ExprPool& pool = context.pool();
  std::vector<std::string> wanted;
  for (Expr extent : shape) wanted.push_back(to_string(extent));
  std::string help = "the input has " + to_string(context.simplified(product_of(pool, from))) +
                     " elements, and the shape is [" + join(wanted, ", ") + "]";
  if (open != shape.end()) {
    std::vector<Expr> known;
    for (auto it = shape.begin(); it != shape.end(); ++it) {
      if (it == open) continue;
      if (is_open(*it))
        context.fail("the shape has more than one -1", "one dimension can follow from the others");
      known.push_back(*it);
    }
    *open = quotient(pool, from, known);
    if (!*open) {
      Expr total = context.simplified(product_of(pool, from));
      Expr part = context.simplified(product_of(pool, known));
      bool whole = context.proved(lt(pool.index(0), part)) &&
                   !context.proved(ne(floor_div(total, part) * part, total));
      if (!whole)
        context.fail("the -1 of the shape stands for no whole number: " + to_string(total) +
                         " elements over " + to_string(part),
                     help);
      *open = floor_div(total, part);
    }
  }
  for (Expr extent : shape)
    if (context.proved(lt(extent, pool.index(0))))
      context.fail("the shape holds a negative dimension: " + to_string(extent), help);
  context.require_equal(product_of(pool, from), product_of(pool, shape),
                        "the numbers of elements differ", help);
  context.output(context.input(0).type, std::move(shape));
}

// Subscripts of the input for subscripts of the result. Runs of axes whose extents have equal
// products map to each other, so that only what is split or merged is divided or multiplied.
std::vector<Expr> reindex(ComputeContext& context, const std::vector<Expr>& from,
                          const std::vector<Expr>& to, const std::vector<Expr>& point) {
  ExprPool& pool = context.pool();
  Ranges none;
  auto prefix = [&](const std::vector<Expr>& shape, size_t count) {
    return simplify(product_of(pool, std::span(shape).first(count)), none);
  };
  std::vector<Expr> result;
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    // The nearest end (a, b) of a run: as few axes of the input, then of the result, as agree.
    size_t a = from.size(), b = to.size();
    bool found = false;
    for (size_t x = i + 1; x <= from.size() && !found; ++x)
      for (size_t y = j + 1; y <= to.size() && !found; ++y)
        if (prefix(from, x) == prefix(to, y)) a = x, b = y, found = true;
    if (i == from.size()) b = to.size();  // only extents of 1 are left
    Expr linear = pool.index(0);
    for (size_t y = j; y < b; ++y) linear = is_int(to[y], 1) ? linear : linear * to[y] + point[y];
    for (size_t x = i; x < a; ++x) {
      Expr inner = simplify(product_of(pool, std::span(from).subspan(x + 1, a - x - 1)), none);
      Expr index = is_int(inner, 1) ? linear : floor_div(linear, inner);
      bool first =
          std::all_of(from.begin() + static_cast<long>(i), from.begin() + static_cast<long>(x),
                      [](Expr e) { return is_int(e, 1); });
      if (!first) index = floor_mod(index, from[x]);
      result.push_back(is_int(from[x], 1) ? pool.index(0) : index);
    }
    i = a;
    j = b;
  }
  return result;
}

void compute_reshape(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> source =
      reindex(context, context.input_shape(0), context.output_shape(), context.vars(axes));
  Expr value = context.input(0, std::move(source));
  context.result(0, elementwise_stage(std::move(axes), value));
}

// ---- expand, tile -----------------------------------------------------------------------------

void infer_expand(InferContext& context) {
  if (context.input(0).type == DType::String)
    context.fail("strings are not supported in this version");
  context.output(context.input(0).type,
                 context.broadcast(context.input(0).shape, context.attributes().exprs("shape")));
}

void compute_expand(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  Expr value = context.broadcast_input(0, context.vars(axes));
  context.result(0, elementwise_stage(std::move(axes), value));
}

void infer_tile(InferContext& context) {
  if (context.input(0).type == DType::String)
    context.fail("strings are not supported in this version");
  const std::vector<Expr>& repeats = context.attributes().exprs("repeats");
  if (static_cast<int>(repeats.size()) != context.rank(0))
    context.fail("there are " + std::to_string(repeats.size()) + " repeats, the input has rank " +
                 std::to_string(context.rank(0)));
  std::vector<Expr> shape;
  for (size_t i = 0; i < repeats.size(); ++i)
    shape.push_back(context.input(0).shape[i] * repeats[i]);
  context.output(context.input(0).type, std::move(shape));
}

void compute_tile(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), source;
  for (size_t i = 0; i < point.size(); ++i) {
    Expr extent = context.input_shape(0)[i];
    source.push_back(extent == axes[i].extent ? point[i]
                     : is_int(extent, 1)      ? context.index(0)
                                              : floor_mod(point[i], extent));
  }
  Expr value = context.input(0, std::move(source));
  context.result(0, elementwise_stage(std::move(axes), value));
}

}  // namespace

namespace ops {

// One extent may be -1: it follows from the others.
const Operator reshape = {.name = "reshape",
                          .attributes = {{"shape", AttributeKind::Exprs, std::nullopt}},
                          .fusion = FusionClass::View,
                          .infer = infer_reshape,
                          .compute = compute_reshape};

// Numpy's broadcast of x with a tensor of this shape.
const Operator expand = {.name = "expand",
                         .attributes = {{"shape", AttributeKind::Exprs, std::nullopt}},
                         .fusion = FusionClass::Injective,
                         .infer = infer_expand,
                         .compute = compute_expand};

const Operator tile = {.name = "tile",
                       .attributes = {{"repeats", AttributeKind::Exprs, std::nullopt}},
                       .fusion = FusionClass::Injective,
                       .infer = infer_tile,
                       .compute = compute_tile};

}  // namespace ops
}  // namespace tenon::high
