// Matrix products.
//
//   %y = matmul %x, %w : f32[128, 3072]    ->    y[m, n] = sum[k:768](x[m, k] * w[k, n])
#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

// ---- matmul -----------------------------------------------------------------------------------

// Numpy's rules: a vector on the left is a row, one on the right a column, and its axis is absent
// from the result; the leading axes of both broadcast.
void infer_matmul(InferContext& context) {
  require_class(context, 0, "if");
  require_same_type(context, 0, 1);
  const std::vector<Expr>&a = context.input(0).shape, &b = context.input(1).shape;
  if (a.empty() || b.empty())
    context.fail("a scalar cannot be multiplied as a matrix", "multiply it with a Mul");
  Expr inner = b.size() == 1 ? b[0] : b[b.size() - 2];
  context.require_equal(
      a.back(), inner, "the inner dimensions differ",
      "a[..., m, k] needs b[..., k, n]; transpose one of them, or check which weight is used");
  std::vector<Expr> shape =
      context.broadcast({a.begin(), a.end() - static_cast<long>(std::min<size_t>(a.size(), 2))},
                        {b.begin(), b.end() - static_cast<long>(std::min<size_t>(b.size(), 2))});
  if (a.size() > 1) shape.push_back(a[a.size() - 2]);
  if (b.size() > 1) shape.push_back(b.back());
  context.output(context.input(0).type, std::move(shape));
}

// Subscripts of input i for a batch point (right-aligned, broadcast) and its last axes.
std::vector<Expr> matrix_point(ComputeContext& context, int i, const std::vector<Expr>& batch,
                               std::vector<Expr> last) {
  const std::vector<Expr>& shape = context.input_shape(i);
  size_t own = shape.size() - last.size();
  std::vector<Expr> point;
  for (size_t axis = 0; axis < own; ++axis)
    point.push_back(is_int(shape[axis], 1) ? context.index(0) : batch[batch.size() - own + axis]);
  point.insert(point.end(), last.begin(), last.end());
  return point;
}

void compute_matmul(ComputeContext& context) {
  bool row = context.input_shape(0).size() > 1, column = context.input_shape(1).size() > 1;
  const std::vector<Expr>& shape = context.output_shape();
  size_t batch_rank = shape.size() - row - column;
  std::vector<loop::Axis> axes;
  for (size_t i = 0; i < batch_rank; ++i)
    axes.push_back(context.axis_of("b" + std::to_string(i), shape[i]));
  std::vector<Expr> batch = context.vars(axes), left, right;
  if (row) axes.push_back(context.axis_of("m", shape[batch_rank]));
  if (row) left.push_back(context.var(axes.back()));
  loop::Axis k = context.axis_of("k", context.input_shape(0).back());
  left.push_back(context.var(k));
  right.push_back(context.var(k));
  if (column) axes.push_back(context.axis_of("n", shape.back()));
  if (column) right.push_back(context.var(axes.back()));
  Expr product = context.number(0, matrix_point(context, 0, batch, left)) *
                 context.number(1, matrix_point(context, 1, batch, right));
  loop::Stage stage = elementwise_stage(std::move(axes), product);
  stage.reducer = loop::Reducer::Sum;
  stage.reduce_axes = {k};
  context.anchor(context.result(0, std::move(stage)), "gemm");
}

// ---- gemm -------------------------------------------------------------------------------------

void infer_gemm(InferContext& context) {
  require_class(context, 0, "if");
  for (int i = 0; i < context.input_count(); ++i)
    if (context.has_input(i)) require_same_type(context, 0, i);
  require_rank(context, 0, 2);
  require_rank(context, 1, 2);
  int trans_a = context.attributes().integer("trans_a") != 0,
      trans_b = context.attributes().integer("trans_b") != 0;
  context.require_equal(context.dim(0, 1 - trans_a), context.dim(1, trans_b),
                        "the inner dimensions differ",
                        "a[m, k] needs b[k, n]; transA and transB swap the axes of a and b");
  std::vector<Expr> shape = {context.dim(0, trans_a), context.dim(1, 1 - trans_b)};
  if (context.has_input(2)) {
    std::vector<Expr> both = context.broadcast(shape, context.input(2).shape);
    if (both.size() > 2 || both != shape)
      context.fail("the bias " + to_string(context.input(2)) + " does not broadcast to [" +
                   to_string(shape[0]) + ", " + to_string(shape[1]) + "]");
  }
  context.output(context.input(0).type, std::move(shape));
}

void compute_gemm(ComputeContext& context) {
  const Attributes& attributes = context.attributes();
  bool trans_a = attributes.integer("trans_a") != 0, trans_b = attributes.integer("trans_b") != 0;
  double alpha = attributes.number("alpha"), beta = attributes.number("beta");
  std::vector<loop::Axis> axes = context.axes(context.output_shape(), "mn");
  std::vector<Expr> point = context.vars(axes);
  loop::Axis k = context.axis_of("k", context.input_shape(0)[trans_a ? 0 : 1]);
  Expr m = point[0], n = point[1], inner = context.var(k);
  Expr product = context.number(0, trans_a ? std::vector{inner, m} : std::vector{m, inner}) *
                 context.number(1, trans_b ? std::vector{n, inner} : std::vector{inner, n});
  loop::Stage stage = elementwise_stage(axes, product);
  stage.reducer = loop::Reducer::Sum;
  stage.reduce_axes = {k};
  if (alpha == 1 && !context.has_input(2)) {
    context.anchor(context.result(0, std::move(stage)), "gemm");
    return;
  }
  std::string acc = context.local("acc", std::move(stage));
  context.anchor(acc, "gemm");
  Expr value = context.read(acc, point);
  if (alpha != 1) value = value * alpha;
  if (context.has_input(2)) {
    Expr bias = context.broadcast_number(2, point);
    value = value + (beta != 1 ? bias * beta : bias);
  }
  context.result(0, elementwise_stage(std::move(axes), value));
}

}  // namespace

namespace ops {

const Operator matmul = {.name = "matmul",
                         .inputs = {"a", "b"},
                         .fusion = FusionClass::Anchor,
                         .infer = infer_matmul,
                         .compute = compute_matmul};

// alpha * a * b + beta * bias; the attributes trans_a and trans_b swap the axes of a and b.
const Operator gemm = {.name = "gemm",
                       .inputs = {"a", "b", "bias?"},
                       .attributes = {{"alpha", AttributeKind::Number, 1.0},
                                      {"beta", AttributeKind::Number, 1.0},
                                      {"trans_a", AttributeKind::Integer, 0},
                                      {"trans_b", AttributeKind::Integer, 0}},
                       .fusion = FusionClass::Anchor,
                       .infer = infer_gemm,
                       .compute = compute_gemm};

}  // namespace ops
}  // namespace tenon::high
