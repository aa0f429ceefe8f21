// Shared parts of operator definitions.
#include "ir/high/ops/helpers.h"

#include <algorithm>

#include "ir/expr/text.h"

namespace tenon::high {
namespace {

char class_of(DType type) {
  return is_float(type) ? 'f' : type == DType::Bool ? 'b' : is_integer(type) ? 'i' : '?';
}

std::string text_of_classes(std::string_view classes) {
  std::vector<std::string> words;
  for (char c : classes) words.push_back(c == 'f' ? "floats" : c == 'i' ? "integers" : "bool");
  return join(words, " or ");
}

}  // namespace

// ---- types ------------------------------------------------------------------------------------

void require_class(InferContext& context, int i, std::string_view classes) {
  DType type = context.input(i).type;
  if (classes.find(class_of(type)) == std::string_view::npos)
    context.fail("an input is of type " + std::string(name_of(type)) + ", expected are " +
                     text_of_classes(classes),
                 "convert it with a Cast before this node");
}

void require_same_type(InferContext& context, int i, int j) {
  DType a = context.input(i).type, b = context.input(j).type;
  if (a != b)
    context.fail("the inputs are of types " + std::string(name_of(a)) + " and " +
                     std::string(name_of(b)) + ", expected is one type",
                 "convert one of them with a Cast before this node");
}

void require_rank(InferContext& context, int i, int rank) {
  if (context.rank(i) != rank)
    context.fail("an input has rank " + std::to_string(context.rank(i)) + ", expected is " +
                 std::to_string(rank));
}

void require_vector(InferContext& context, int i, Expr extent, const std::string& what) {
  if (context.rank(i) != 1)
    context.fail("the " + what + " has rank " + std::to_string(context.rank(i)) +
                 ", expected is a vector of " + to_string(extent));
  context.require_equal(context.dim(i, 0), extent, "the length of the " + what + " does not fit");
}

Infer same_type_as_input(std::string_view classes) {
  return [classes](InferContext& context) {
    require_class(context, 0, classes);
    context.output(context.input(0).type, context.input(0).shape);
  };
}

Infer broadcast_type(std::string_view classes, bool gives_bool) {
  return [classes, gives_bool](InferContext& context) {
    std::vector<Expr> shape = context.input(0).shape;
    for (int i = 0; i < context.input_count(); ++i) {
      require_class(context, i, classes);
      require_same_type(context, 0, i);
      shape = context.broadcast(shape, context.input(i).shape);
    }
    context.output(gives_bool ? DType::Bool : context.input(0).type, std::move(shape));
  };
}

// ---- values -----------------------------------------------------------------------------------

Expr literal_like(Expr x, double value) { return x.pool().literal(x.type(), value); }

Expr is_nan_value(Expr x) { return is_float(x.type()) ? ne(x, x) : x.pool().boolean(false); }

Expr clamp(Expr x, Expr low, Expr high) { return min(max(x, low), high); }

std::optional<double> literal_value(Expr x) {
  if (const FloatImm* real = x.as<FloatImm>()) return real->value;
  if (const int64_t* integer = as_int(x)) return static_cast<double>(*integer);
  return std::nullopt;
}

// ---- elementwise ------------------------------------------------------------------------------

loop::Stage elementwise_stage(std::vector<loop::Axis> axes, Expr value) {
  loop::Stage stage;
  stage.axes = std::move(axes);
  stage.value = value;
  return stage;
}

Compute elementwise_all(VariadicFunction f) {
  return [f = std::move(f)](ComputeContext& context) {
    std::vector<loop::Axis> axes = context.axes(context.output_shape());
    std::vector<Expr> point = context.vars(axes), values;
    for (int i = 0; i < context.input_count(); ++i)
      values.push_back(context.has_input(i) ? context.broadcast_number(i, point) : Expr());
    context.result(0, elementwise_stage(std::move(axes), f(context, values)));
  };
}

Compute elementwise(UnaryFunction f) {
  return elementwise_all([f = std::move(f)](ComputeContext& context, std::span<const Expr> x) {
    return f(context.attributes(), x[0]);
  });
}

Compute elementwise(BinaryFunction f) {
  return elementwise_all([f = std::move(f)](ComputeContext& context, std::span<const Expr> x) {
    return f(context.attributes(), x[0], x[1]);
  });
}

// ---- reductions -------------------------------------------------------------------------------

Reduced reduce_axes(const ComputeContext& context, const std::vector<Expr>& shape,
                    const std::vector<int>& axes) {
  Reduced result;
  for (size_t i = 0; i < shape.size(); ++i) {
    bool reduced = std::find(axes.begin(), axes.end(), static_cast<int>(i)) != axes.end();
    std::vector<loop::Axis>& list = reduced ? result.reduced : result.kept;
    list.push_back(context.axis_of((reduced ? "r" : "i") + std::to_string(list.size()), shape[i]));
    result.point.push_back(context.var(list.back()));
  }
  return result;
}

loop::Stage reduction(const Reduced& reduced, loop::Reducer reducer, Expr value) {
  loop::Stage stage = elementwise_stage(reduced.kept, value);
  if (reduced.reduced.empty()) return stage;
  stage.reducer = reducer;
  stage.reduce_axes = reduced.reduced;
  return stage;
}

Expr count_of(const std::vector<loop::Axis>& axes, Expr like) {
  Expr count = like.pool().index(1);
  for (const loop::Axis& axis : axes) count = count * axis.extent;
  return cast(like.type(), count);
}

std::vector<int> normalized_axes(InferContext& context, const std::vector<int64_t>& axes,
                                 int rank) {
  std::vector<int> result;
  for (int64_t axis : axes) {
    if (axis < -rank || axis >= rank)
      context.fail("the axes hold " + std::to_string(axis) + ", the tensor has rank " +
                   std::to_string(rank));
    result.push_back(static_cast<int>(axis < 0 ? axis + rank : axis));
  }
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end())
    context.fail("the axes name one axis twice");
  return result;
}

std::vector<int> normalized_axes(const std::vector<int64_t>& axes, int rank) {
  std::vector<int> result;
  for (int64_t axis : axes) result.push_back(static_cast<int>(axis < 0 ? axis + rank : axis));
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace tenon::high
