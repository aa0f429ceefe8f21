// Operators that move elements to other places: axes in another order, blocks of space and depth,
// triangles.
//
//   %y = transpose %x {perm=[1, 0]} : f32[768, 128]    ->    y[i0, i1] = x[i1, i0]
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

void infer_transpose(InferContext& context) {
  const std::vector<int64_t>& perm = context.attributes().integers("perm");
  std::vector<int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  bool permutes = static_cast<int>(perm.size()) == context.rank(0);
  for (size_t i = 0; permutes && i < sorted.size(); ++i)
    permutes = sorted[i] == static_cast<int64_t>(i);
  if (!permutes)
    context.fail(
        "the attribute perm does not permute the axes of the input, which has rank " +
            std::to_string(context.rank(0)),
        "each axis from 0 to " + std::to_string(context.rank(0) - 1) + " must stand in it once");
  std::vector<Expr> shape;
  for (int64_t axis : perm) shape.push_back(context.dim(0, static_cast<int>(axis)));
  context.output(context.input(0).type, std::move(shape));
}

void compute_transpose(ComputeContext& context) {
  const std::vector<int64_t>& perm = context.attributes().integers("perm");
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> source(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    source[static_cast<size_t>(perm[i])] = context.var(axes[i]);
  Expr value = context.input(0, std::move(source));
  context.result(0, elementwise_stage(std::move(axes), value));
}

// ---- space and depth --------------------------------------------------------------------------

int64_t infer_block(InferContext& context) {
  require_rank(context, 0, 4);
  int64_t block = context.attributes().integer("blocksize");
  if (block < 1 || block > 1024)
    context.fail("the blocksize is " + std::to_string(block) + ", expected is at least 1");
  return block;
}

Expr divided(InferContext& context, Expr extent, int64_t divisor, const std::string& what) {
  if (const int64_t* known = as_int(extent); known && *known % divisor != 0)
    context.fail("the " + what + " " + std::to_string(*known) + " is not divisible by " +
                 std::to_string(divisor));
  if (!as_int(extent))
    context.require_equal(floor_mod(extent, divisor), context.pool().index(0),
                          "the " + what + " must be divisible by " + std::to_string(divisor));
  return floor_div(extent, divisor);
}

void infer_depth_to_space(InferContext& context) {
  int64_t block = infer_block(context);
  const std::string& mode = context.attributes().text("mode");
  if (mode != "DCR" && mode != "CRD")
    context.fail("the mode is \"" + mode + "\"", "it must be \"DCR\" or \"CRD\"");
  context.output(
      context.input(0).type,
      {context.dim(0, 0), divided(context, context.dim(0, 1), block * block, "number of channels"),
       context.dim(0, 2) * block, context.dim(0, 3) * block});
}

void compute_depth_to_space(ComputeContext& context) {
  int64_t block = context.attributes().integer("blocksize");
  std::vector<loop::Axis> axes = context.axes(context.output_shape(), "nchw");
  std::vector<Expr> p = context.vars(axes);
  Expr row = floor_mod(p[2], block), column = floor_mod(p[3], block), depth;
  if (context.attributes().text("mode") == "DCR")
    depth = (row * block + column) * axes[1].extent + p[1];
  else
    depth = (p[1] * block + row) * block + column;
  Expr value = context.input(0, {p[0], depth, floor_div(p[2], block), floor_div(p[3], block)});
  context.result(0, elementwise_stage(std::move(axes), value));
}

void infer_space_to_depth(InferContext& context) {
  int64_t block = infer_block(context);
  Expr height = divided(context, context.dim(0, 2), block, "height"),
       width = divided(context, context.dim(0, 3), block, "width");
  context.output(context.input(0).type,
                 {context.dim(0, 0), context.dim(0, 1) * (block * block), height, width});
}

void compute_space_to_depth(ComputeContext& context) {
  int64_t block = context.attributes().integer("blocksize");
  std::vector<loop::Axis> axes = context.axes(context.output_shape(), "nchw");
  std::vector<Expr> p = context.vars(axes);
  Expr channels = context.input_shape(0)[1], place = floor_div(p[1], channels);
  Expr value =
      context.input(0, {p[0], floor_mod(p[1], channels), p[2] * block + floor_div(place, block),
                        p[3] * block + floor_mod(place, block)});
  context.result(0, elementwise_stage(std::move(axes), value));
}

// ---- triangles --------------------------------------------------------------------------------

void infer_trilu(InferContext& context) {
  require_class(context, 0, "ifb");
  if (context.rank(0) < 2)
    context.fail("the input has rank " + std::to_string(context.rank(0)) +
                 ", expected is a matrix");
  int64_t k = context.attributes().integer("k");
  if (k > kMaxExtent || k < -kMaxExtent)
    context.fail("the diagonal k = " + std::to_string(k) + " lies far outside of the matrix");
  context.output(context.input(0).type, context.input(0).shape);
}

// Upper keeps column >= row + k, lower column <= row + k.
void compute_trilu(ComputeContext& context) {
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> point = context.vars(axes);
  Expr diagonal = point[point.size() - 2] + context.attributes().integer("k"),
       column = point.back();
  Expr keep = context.attributes().integer("upper") ? ge(column, diagonal) : le(column, diagonal);
  Expr x = context.input(0, point);
  context.result(0, elementwise_stage(std::move(axes), select(keep, x, literal_like(x, 0))));
}

}  // namespace

namespace ops {

const Operator transpose = {.name = "transpose",
                            .attributes = {{"perm", AttributeKind::Integers, std::nullopt}},
                            .fusion = FusionClass::Injective,
                            .infer = infer_transpose,
                            .compute = compute_transpose};

const Operator depth_to_space = {.name = "depth_to_space",
                                 .attributes = {{"blocksize", AttributeKind::Integer, std::nullopt},
                                                {"mode", AttributeKind::Text, "DCR"}},
                                 .fusion = FusionClass::Injective,
                                 .infer = infer_depth_to_space,
                                 .compute = compute_depth_to_space};

const Operator space_to_depth = {
    .name = "space_to_depth",
    .attributes = {{"blocksize", AttributeKind::Integer, std::nullopt}},
    .fusion = FusionClass::Injective,
    .infer = infer_space_to_depth,
    .compute = compute_space_to_depth};

const Operator trilu = {
    .name = "trilu",
    .attributes = {{"upper", AttributeKind::Integer, 1}, {"k", AttributeKind::Integer, 0}},
    .fusion = FusionClass::Injective,
    .infer = infer_trilu,
    .compute = compute_trilu};

}  // namespace ops
}  // namespace tenon::high
