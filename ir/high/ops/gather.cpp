// Elements chosen by indices that are known only at run time. Each index is bounded by a
// requirement of the stage, and clamped where it is used, so no access leaves the data.
//
//   %y = gather %x, %i {axis=0} : f32[8, 768]      x : f32[1000, 768], i : i64[8]
//     ->   y[i0, i1] = x[min(max(p, 0), 999), i1]
//          with p = select(index(i[i0]) < 0, index(i[i0]) + 1000, index(i[i0]))
//          require (-1000 <= index(i[i0])) & (index(i[i0]) < 1000)
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

void require_indices(InferContext& context, int i) {
  DType type = context.input(i).type;
  if (type != DType::I64 && type != DType::I32)
    context.fail(
        "the indices are of type " + std::string(name_of(type)) + ", expected is i64 or i32",
        "convert them with a Cast");
}

// Known indices are checked while compiling.
void check_known_indices(InferContext& context, int i, Expr extent) {
  const std::vector<Expr>* known = context.elements(i);
  if (!known) return;
  for (Expr index : *known)
    if (context.proved(le(extent, index)) ||
        context.proved(lt(index + extent, context.pool().index(0))))
      context.fail("the index " + to_string(index) + " is outside of the axis, which has " +
                   to_string(extent) + " elements");
}

// A subscript from an index of the model, and the requirement that it makes; no requirement where
// the index is known to be inside.
Expr bounded_subscript(ComputeContext& context, Expr value, Expr extent,
                       std::vector<Expr>& requirements) {
  Expr zero = context.index(0), raw = cast(DType::Index, value);
  if (context.proved(le(zero, raw)) && context.proved(lt(raw, extent))) return raw;
  requirements.push_back(le(-extent, raw) & lt(raw, extent));
  return clamp(select(lt(raw, zero), raw + extent, raw), zero, extent - 1);
}

// ---- gather -----------------------------------------------------------------------------------

void infer_gather(InferContext& context) {
  require_indices(context, 1);
  int axis = context.axis("axis", context.rank(0));
  check_known_indices(context, 1, context.dim(0, axis));
  const std::vector<Expr>& data = context.input(0).shape;
  std::vector<Expr> shape(data.begin(), data.begin() + axis);
  shape.insert(shape.end(), context.input(1).shape.begin(), context.input(1).shape.end());
  shape.insert(shape.end(), data.begin() + axis + 1, data.end());
  context.output(context.input(0).type, std::move(shape));
}

void compute_gather(ComputeContext& context) {
  long axis = context.axis("axis", context.input_type(0).rank()),
       index_rank = context.input_type(1).rank();
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes);
  Expr index = context.input(1, {point.begin() + axis, point.begin() + axis + index_rank});
  std::vector<Expr> source(point.begin(), point.begin() + axis), requirements;
  source.push_back(bounded_subscript(
      context, index, context.input_shape(0)[static_cast<size_t>(axis)], requirements));
  source.insert(source.end(), point.begin() + axis + index_rank, point.end());
  loop::Stage stage = elementwise_stage(std::move(axes), context.input(0, std::move(source)));
  stage.requirements = std::move(requirements);
  context.result(0, std::move(stage));
}

// ---- gather_elements --------------------------------------------------------------------------

void infer_gather_elements(InferContext& context) {
  require_indices(context, 1);
  int rank = context.rank(0), axis = context.axis("axis", rank);
  require_rank(context, 1, rank);
  check_known_indices(context, 1, context.dim(0, axis));
  for (int i = 0; i < rank; ++i)
    if (i != axis && context.proved(lt(context.dim(0, i), context.dim(1, i))))
      context.fail("axis " + std::to_string(i) + " of the indices has " +
                   to_string(context.dim(1, i)) + " elements, more than the data's " +
                   to_string(context.dim(0, i)));
  context.output(context.input(0).type, context.input(1).shape);
}

void compute_gather_elements(ComputeContext& context) {
  int axis = context.axis("axis", context.input_type(0).rank());
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), requirements;
  std::vector<Expr> source = point;
  for (size_t i = 0; i < source.size(); ++i) {
    Expr extent = context.input_shape(0)[i];
    if (static_cast<int>(i) == axis)
      source[i] = bounded_subscript(context, context.input(1, point), extent, requirements);
    else if (!context.proved(le(axes[i].extent, extent)))
      source[i] = bounded_subscript(context, point[i], extent, requirements);
  }
  loop::Stage stage = elementwise_stage(std::move(axes), context.input(0, std::move(source)));
  stage.requirements = std::move(requirements);
  context.result(0, std::move(stage));
}

// ---- gather_nd --------------------------------------------------------------------------------

// The last axis of the indices holds subscripts of the axes of data behind the batch axes.
void infer_gather_nd(InferContext& context) {
  require_indices(context, 1);
  int64_t batch = context.attributes().integer("batch_dims");
  int data_rank = context.rank(0), index_rank = context.rank(1);
  if (index_rank < 1 || batch < 0 || batch >= index_rank || batch > data_rank)
    context.fail("batch_dims is " + std::to_string(batch) + ", the data have rank " +
                 std::to_string(data_rank) + " and the indices " + std::to_string(index_rank));
  const int64_t* depth = as_int(context.input(1).shape.back());
  if (!depth || *depth < 1 || *depth > data_rank - batch)
    context.fail("the last axis of the indices has " + to_string(context.input(1).shape.back()) +
                 " elements, expected is 1 to " + std::to_string(data_rank - batch));
  std::vector<Expr> shape;
  for (int i = 0; i + 1 < index_rank; ++i)
    shape.push_back(i < batch ? context.require_equal(context.dim(0, i), context.dim(1, i),
                                                      "the batch axes differ")
                              : context.dim(1, i));
  for (int i = static_cast<int>(batch + *depth); i < data_rank; ++i)
    shape.push_back(context.dim(0, i));
  context.output(context.input(0).type, std::move(shape));
}

void compute_gather_nd(ComputeContext& context) {
  long batch = context.attributes().integer("batch_dims"), outer = context.input_type(1).rank() - 1;
  int64_t depth = *as_int(context.input_shape(1).back());
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes), requirements;
  std::vector<Expr> source(point.begin(), point.begin() + batch);
  for (int64_t k = 0; k < depth; ++k) {
    std::vector<Expr> at(point.begin(), point.begin() + outer);
    at.push_back(context.index(k));
    source.push_back(bounded_subscript(context, context.input(1, at),
                                       context.input_shape(0)[static_cast<size_t>(batch + k)],
                                       requirements));
  }
  source.insert(source.end(), point.begin() + outer, point.end());
  loop::Stage stage = elementwise_stage(std::move(axes), context.input(0, std::move(source)));
  stage.requirements = std::move(requirements);
  context.result(0, std::move(stage));
}

Operator gathering(std::string_view name, std::vector<AttributeSchema> attributes, Infer infer,
                   Compute compute) {
  return {.name = name,
          .inputs = {"data", "indices"},
          .attributes = std::move(attributes),
          .fusion = FusionClass::Injective,
          .infer = std::move(infer),
          .compute = std::move(compute)};
}

}  // namespace

namespace ops {

const Operator gather =
    gathering("gather", {{"axis", AttributeKind::Integer, 0}}, infer_gather, compute_gather);
const Operator gather_elements = gathering("gather_elements", {{"axis", AttributeKind::Integer, 0}},
                                           infer_gather_elements, compute_gather_elements);
const Operator gather_nd = gathering("gather_nd", {{"batch_dims", AttributeKind::Integer, 0}},
                                     infer_gather_nd, compute_gather_nd);

}  // namespace ops
}  // namespace tenon::high
