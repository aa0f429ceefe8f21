// Tensors that are made, not read: sequences of numbers, and elements given as expressions of the
// symbols.
//
//   %y = elements {values=[batch, seq*12], shape=[2]} : i64[2]
//     ->   y[i0] = i64(select(i0 == 0, batch, seq*12))
//   %y = range %start, %limit, %delta : i64[seq]
//     ->   y[i0] = start[] + i64(i0) * delta[]
#include <algorithm>
#include <cmath>

#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

// ---- elements ---------------------------------------------------------------------------------

void infer_elements(InferContext& context) {
  const std::vector<Expr>& values = context.attributes().exprs("values");
  std::vector<Expr> shape;
  for (int64_t extent : context.attributes().integers("shape"))
    shape.push_back(context.pool().index(extent));
  DType type = context.attributes().dtype("type");
  if (!is_integer(type) && type != DType::Bool)
    context.fail("elements are integers or bool, the type is " + std::string(name_of(type)));
  if (element_count(shape) != static_cast<int64_t>(values.size()) ||
      values.size() > static_cast<size_t>(kInlineElements))
    context.fail(std::to_string(values.size()) +
                 " values do not fill the shape, or are more than " +
                 std::to_string(kInlineElements));
  context.output(type, std::move(shape));
  std::vector<Expr> elements = values;
  if (type == DType::Bool)
    for (Expr& element : elements) element = ne(element, context.pool().index(0));
  context.output_elements(std::move(elements));
}

void compute_elements(ComputeContext& context) {
  const std::vector<Expr>& values = context.attributes().exprs("values");
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  Expr linear = context.index(0);
  for (const loop::Axis& axis : axes) linear = linear * axis.extent + context.var(axis);
  if (values.empty()) return;
  Expr value = values.back();
  for (size_t i = values.size() - 1; i-- > 0;)
    value = select(eq(linear, context.index(static_cast<int64_t>(i))), values[i], value);
  context.result(0, elementwise_stage(std::move(axes), value));
}

// ---- range ------------------------------------------------------------------------------------

// The number of elements: max(ceil((limit - start) / delta), 0). It must be known while compiling,
// as an expression.
void infer_range(InferContext& context) {
  static constexpr const char* kNames[] = {"start", "limit", "delta"};
  Expr bounds[3];
  for (int i = 0; i < 3; ++i) {
    require_class(context, i, "if");
    require_same_type(context, 0, i);
    const std::vector<Expr>* known = context.elements(i);
    if (!known || known->size() != 1)
      context.fail(
          std::string("the ") + kNames[i] + " of the range is computed at run time",
          "it must follow from constants and dimensions, which decide the size of the result");
    bounds[i] = known->front();
  }
  std::optional<double> delta = literal_value(bounds[2]);
  if (!delta || *delta == 0)
    context.fail("the delta of the range is " + to_string(bounds[2]) +
                 ", expected is a number other than 0");
  ExprPool& pool = context.pool();
  Expr count;
  if (is_float(context.input(0).type)) {
    double elements = std::ceil((*literal_value(bounds[1]) - *literal_value(bounds[0])) / *delta);
    if (!(elements < 0x1p40))
      context.fail("the range has " + std::to_string(elements) + " elements");
    count = pool.index(static_cast<int64_t>(std::max(elements, 0.0)));
  } else {
    int64_t step = *as_int(bounds[2]);
    count =
        step > 0 ? ceil_div(bounds[1] - bounds[0], step) : ceil_div(bounds[0] - bounds[1], -step);
    if (!context.proved(le(pool.index(0), count))) count = max(count, pool.index(0));
  }
  context.output(context.input(0).type, {count});
}

void compute_range(ComputeContext& context) {
  loop::Axis axis = context.axes(context.output_shape())[0];
  auto scalar = [&](int i) {
    return context.number(i, std::vector<Expr>(context.input_shape(i).size(), context.index(0)));
  };
  Expr start = scalar(0);
  context.result(
      0, elementwise_stage({axis}, start + cast(start.type(), context.var(axis)) * scalar(2)));
}

}  // namespace

namespace ops {

// Integers as index expressions of the symbols: what Shape and the arithmetic after it give, where
// it must stand in memory.
const Operator elements = {.name = "elements",
                           .inputs = {},
                           .attributes = {{"values", AttributeKind::Exprs, std::nullopt},
                                          {"shape", AttributeKind::Integers, std::nullopt},
                                          {"type", AttributeKind::DType, "i64"}},
                           .fusion = FusionClass::Injective,
                           .infer = infer_elements,
                           .compute = compute_elements};

const Operator range = {.name = "range",
                        .inputs = {"start", "limit", "delta"},
                        .fusion = FusionClass::Injective,
                        .infer = infer_range,
                        .compute = compute_range};

}  // namespace ops
}  // namespace tenon::high
