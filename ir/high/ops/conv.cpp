// Convolution over one to three spatial axes, with groups; and its transpose.
//
//   %y = conv %x, %w {pads=[1, 1, 1, 1]} : f32[1, 8, 32, 32]
//     ->   y[n, o, h, w] = sum[c:3, r:3, s:3 where 0 <= h + r - 1 & h + r - 1 < 32 & ...](
//              x[n, c, h + r - 1, w + s - 1] * w[o, c, r, s])
// Taps outside of the input are not visited, so there is no padded copy.
#include "ir/expr/text.h"
#include "ir/high/ops/window.h"

namespace tenon::high {
namespace {

// Spatial extents of the weight; a model whose weight shape is not constant is refused.
std::vector<int64_t> kernel_of(const std::vector<Expr>& weight_shape) {
  std::vector<int64_t> kernel;
  for (size_t i = 2; i < weight_shape.size(); ++i) {
    const int64_t* extent = as_int(weight_shape[i]);
    if (extent) kernel.push_back(*extent);
  }
  return kernel;
}

std::vector<WindowAxis> infer_window(InferContext& context) {
  require_class(context, 0, "if");
  require_same_type(context, 0, 1);
  if (context.has_input(2)) require_same_type(context, 0, 2);
  require_rank(context, 1, context.rank(0));
  std::vector<int64_t> kernel = kernel_of(context.input(1).shape);
  if (static_cast<int>(kernel.size()) + 2 != context.rank(1) || !as_int(context.dim(1, 0)) ||
      !as_int(context.dim(1, 1)))
    context.fail("the shape of the weight is not constant",
                 "fix the dimensions of the weight with --dim");
  if (context.attributes().integer("group") < 1)
    context.fail("the attribute group is " + std::to_string(context.attributes().integer("group")) +
                 ", expected is at least 1");
  return window_axes(context, kernel);
}

void infer_conv(InferContext& context) {
  std::vector<WindowAxis> window = infer_window(context);
  int64_t group = context.attributes().integer("group");
  int64_t outputs = *as_int(context.dim(1, 0)), per_group = *as_int(context.dim(1, 1));
  Expr channels = context.dim(0, 1);
  const int64_t* known = as_int(channels);
  if (known && (*known % group != 0 || *known / group != per_group)) {
    std::string gives = *known % group == 0
                            ? std::to_string(*known / group)
                            : std::to_string(*known) + " for " + std::to_string(group) + " groups";
    std::string help;
    if (per_group > 0 && *known % per_group == 0 && outputs % (*known / per_group) == 0)
      help = "with group = " + std::to_string(*known / per_group) + " these shapes agree";
    if (*known % group == 0) {
      TensorType fitting = context.input(1);
      fitting.shape[1] = context.pool().index(*known / group);
      help += (help.empty() ? "" : "; or ") + ("give a weight of " + to_string(fitting));
    }
    context.fail("the weight has " + std::to_string(per_group) +
                     " input channels in each group, the input gives " + gives,
                 help);
  }
  if (!known)
    context.require_equal(channels, context.pool().index(per_group * group),
                          "the input channels do not fit the weight");
  if (outputs % group != 0)
    context.fail("the weight gives " + std::to_string(outputs) + " channels, which " +
                 std::to_string(group) + " groups do not divide");
  if (context.has_input(2)) require_vector(context, 2, context.dim(1, 0), "bias");
  std::vector<Expr> shape = {context.dim(0, 0), context.dim(1, 0)};
  for (const WindowAxis& axis : window) shape.push_back(axis.windows(false));
  context.output(context.input(0).type, std::move(shape));
}

// Gives the stage as the result, or, with a bias, as a local whose biased value is the result; it
// is the anchor.
void give_with_bias(ComputeContext& context, loop::Stage stage, const std::string& class_name) {
  if (!context.has_input(2)) {
    context.anchor(context.result(0, std::move(stage)), class_name);
    return;
  }
  std::vector<loop::Axis> axes = stage.axes;
  std::vector<Expr> point = context.vars(axes);
  std::string acc = context.local("acc", std::move(stage));
  context.anchor(acc, class_name);
  context.result(0, elementwise_stage(std::move(axes),
                                      context.read(acc, point) + context.number(2, {point[1]})));
}

// The group of an output channel, and input channel `c` of that group.
Expr channel_of_group(Expr o, int64_t outputs_per_group, Expr c, int64_t inputs_per_group,
                      int64_t group) {
  return group == 1 ? c : floor_div(o, outputs_per_group) * inputs_per_group + c;
}

void compute_conv(ComputeContext& context) {
  const std::vector<Expr>& weight_shape = context.input_shape(1);
  int64_t group = context.attributes().integer("group"), outputs = *as_int(weight_shape[0]),
          inputs = *as_int(weight_shape[1]);
  std::vector<int64_t> kernel = kernel_of(weight_shape);
  std::vector<WindowAxis> window =
      window_axes(context.attributes(), context.input_shape(0), kernel);
  size_t rank = kernel.size();

  std::vector<loop::Axis> axes =
      context.axes(context.output_shape(), "no" + std::string(spatial_letters(rank)));
  std::vector<loop::Axis> spatial(axes.begin() + 2, axes.end());
  std::vector<loop::Axis> taps =
      context.axes({weight_shape.begin() + 2, weight_shape.end()}, tap_letters(rank));
  Expr n = context.var(axes[0]), o = context.var(axes[1]);

  // A group of one channel has no channel axis to sum over.
  std::vector<loop::Axis> reduce_axes;
  Expr c = context.index(0);
  if (inputs != 1) {
    reduce_axes.push_back(context.axis_of("c", weight_shape[1]));
    c = context.var(reduce_axes[0]);
  }
  reduce_axes.insert(reduce_axes.end(), taps.begin(), taps.end());

  std::vector<Expr> source = {n, channel_of_group(o, outputs / group, c, inputs, group)},
                    weight = {o, c};
  for (size_t i = 0; i < rank; ++i) {
    source.push_back(window[i].tap(context.var(spatial[i]), context.var(taps[i])));
    weight.push_back(context.var(taps[i]));
  }
  loop::Stage stage =
      elementwise_stage(axes, context.number(0, source) * context.number(1, weight));
  stage.reducer = loop::Reducer::Sum;
  stage.reduce_axes = std::move(reduce_axes);
  stage.where = inside(context, window, spatial, taps);
  bool depthwise = group > 1 && inputs == 1 && outputs == group;
  give_with_bias(context, std::move(stage), depthwise ? "depthwise" : "conv");
}

// ---- transposed -------------------------------------------------------------------------------

// Extents: (in - 1) * stride + reach - pads + output_padding. Here pads cut the result.
void infer_conv_transpose(InferContext& context) {
  std::vector<WindowAxis> window = infer_window(context);
  int64_t group = context.attributes().integer("group"), inputs = *as_int(context.dim(1, 0)),
          per_group = *as_int(context.dim(1, 1));
  context.require_equal(
      context.dim(0, 1), context.pool().index(inputs), "the input channels do not fit the weight",
      "the weight of a ConvTranspose is [input channels, output channels / group, ...]");
  if (inputs % group != 0)
    context.fail("the weight takes " + std::to_string(inputs) + " channels, which " +
                 std::to_string(group) + " groups do not divide");
  if (context.has_input(2))
    require_vector(context, 2, context.pool().index(per_group * group), "bias");
  const std::vector<int64_t>& extra = context.attributes().integers("output_padding");
  if (!extra.empty() && extra.size() != window.size())
    context.fail("the attribute output_padding has " + std::to_string(extra.size()) +
                 " values, expected are " + std::to_string(window.size()));
  std::vector<Expr> shape = {context.dim(0, 0), context.pool().index(per_group * group)};
  for (size_t i = 0; i < window.size(); ++i) {
    const WindowAxis& axis = window[i];
    int64_t added = axis.dilation * (axis.kernel - 1) + 1 - axis.pad_begin - axis.pad_end +
                    (extra.empty() ? 0 : extra[i]);
    shape.push_back((axis.extent - 1) * axis.stride + added);
  }
  context.output(context.input(0).type, std::move(shape));
}

// Each result element gathers: tap r of position h comes from the input at (h + pad - r * dilation)
// / stride, where that is whole and inside.
void compute_conv_transpose(ComputeContext& context) {
  const std::vector<Expr>& weight_shape = context.input_shape(1);
  int64_t group = context.attributes().integer("group"), inputs = *as_int(weight_shape[0]) / group,
          outputs = *as_int(weight_shape[1]);
  std::vector<int64_t> kernel = kernel_of(weight_shape);
  std::vector<WindowAxis> window =
      window_axes(context.attributes(), context.input_shape(0), kernel);
  size_t rank = kernel.size();

  std::vector<loop::Axis> axes =
      context.axes(context.output_shape(), "no" + std::string(spatial_letters(rank)));
  std::vector<loop::Axis> reduce_axes = {context.axis_of("c", context.index(inputs))};
  std::vector<loop::Axis> taps =
      context.axes({weight_shape.begin() + 2, weight_shape.end()}, tap_letters(rank));
  reduce_axes.insert(reduce_axes.end(), taps.begin(), taps.end());
  Expr n = context.var(axes[0]), o = context.var(axes[1]), c = context.var(reduce_axes[0]);
  Expr channel = channel_of_group(o, outputs, c, inputs, group);

  std::vector<Expr> source = {n, channel},
                    weight = {channel, group == 1 ? o : floor_mod(o, outputs)};
  Expr condition;
  auto require = [&](Expr part) { condition = condition ? condition & part : part; };
  for (size_t i = 0; i < rank; ++i) {
    const WindowAxis& axis = window[i];
    Expr position =
        context.var(axes[i + 2]) + axis.pad_begin - context.var(taps[i]) * axis.dilation;
    Expr from = floor_div(position, axis.stride);
    if (axis.stride != 1) require(eq(floor_mod(position, axis.stride), context.index(0)));
    require(le(context.index(0), from));
    require(lt(from, axis.extent));
    source.push_back(from);
    weight.push_back(context.var(taps[i]));
  }
  loop::Stage stage =
      elementwise_stage(std::move(axes), context.number(0, source) * context.number(1, weight));
  stage.reducer = loop::Reducer::Sum;
  stage.reduce_axes = std::move(reduce_axes);
  stage.where = condition;
  give_with_bias(context, std::move(stage), "conv_transpose");
}

}  // namespace

namespace ops {

const Operator conv = {.name = "conv",
                       .inputs = {"input", "weight", "bias?"},
                       .attributes = window_attributes({{"group", AttributeKind::Integer, 1}}),
                       .fusion = FusionClass::Anchor,
                       .infer = infer_conv,
                       .compute = compute_conv};

const Operator conv_transpose = {
    .name = "conv_transpose",
    .inputs = {"input", "weight", "bias?"},
    .attributes =
        window_attributes({{"group", AttributeKind::Integer, 1},
                           {"output_padding", AttributeKind::Integers, std::vector<int64_t>{}}}),
    .fusion = FusionClass::Anchor,
    .infer = infer_conv_transpose,
    .compute = compute_conv_transpose};

}  // namespace ops
}  // namespace tenon::high
