// Joining, cutting and padding.
//
//   %y = concat %a, %b {axis=1} : f32[1, 96, 8, 8]
//     ->   y_0: y[i0, i1, i2, i3] = a[i0, i1, i2, i3]
//          y_1: y[i0, i1 + 64, i2, i3] = b[i0, i1, i2, i3]
//   %y = slice %x {starts=[1], ends=[9], axes=[0], steps=[2]} : f32[4]
//     ->   y[i0] = x[i0*2 + 1]
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/ops/helpers.h"

namespace tenon::high {
namespace {

// ---- concat, split ----------------------------------------------------------------------------

void infer_concat(InferContext& context) {
  int rank = context.rank(0), axis = context.axis("axis", rank);
  std::vector<Expr> shape = context.input(0).shape;
  for (int i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("an input of the concatenation is missing");
    if (i == 0) continue;
    require_same_type(context, 0, i);
    if (context.rank(i) != rank)
      context.fail("the inputs have ranks " + std::to_string(rank) + " and " +
                   std::to_string(context.rank(i)));
    for (int d = 0; d < rank; ++d) {
      Expr& extent = shape[static_cast<size_t>(d)];
      if (d == axis)
        extent = extent + context.dim(i, d);
      else
        extent = context.require_equal(extent, context.dim(i, d),
                                       "the inputs differ in axis " + std::to_string(d),
                                       "only the axis of the concatenation may differ");
    }
  }
  context.output(context.input(0).type, std::move(shape));
}

void compute_concat(ComputeContext& context) {
  int axis = context.axis("axis", context.output_type().rank());
  Expr offset = context.index(0);
  for (int i = 0; i < context.input_count(); ++i) {
    const std::vector<Expr>& shape = context.input_shape(i);
    Expr extent = shape[static_cast<size_t>(axis)];
    if (is_int(extent, 0)) continue;
    std::vector<loop::Axis> axes = context.axes(shape);
    std::vector<Expr> point = context.vars(axes);
    loop::Stage stage = elementwise_stage(std::move(axes), context.input(i, point));
    point[static_cast<size_t>(axis)] = point[static_cast<size_t>(axis)] + offset;
    stage.target = std::move(point);
    context.result(0, std::move(stage));
    offset = offset + extent;
  }
}

void infer_split(InferContext& context) {
  int axis = context.axis("axis", context.rank(0));
  Expr total = context.pool().index(0);
  for (Expr size : context.attributes().exprs("sizes")) {
    std::vector<Expr> shape = context.input(0).shape;
    shape[static_cast<size_t>(axis)] = size;
    context.output(context.input(0).type, std::move(shape));
    total = total + size;
  }
  context.require_equal(total, context.dim(0, axis),
                        "the sizes of the split do not add up to the axis");
}

void compute_split(ComputeContext& context) {
  int axis = context.axis("axis", context.input_type(0).rank());
  Expr offset = context.index(0);
  const std::vector<Expr>& sizes = context.attributes().exprs("sizes");
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::vector<loop::Axis> axes = context.axes(context.output_shape(static_cast<int>(i)));
    std::vector<Expr> source = context.vars(axes);
    source[static_cast<size_t>(axis)] = source[static_cast<size_t>(axis)] + offset;
    context.result(static_cast<int>(i),
                   elementwise_stage(std::move(axes), context.input(0, std::move(source))));
    offset = offset + sizes[i];
  }
}

// ---- slice ------------------------------------------------------------------------------------

// A start or end as ONNX has it: negative ones count from the end, and all are clamped to [low,
// high]. Beyond any dimension (2^40) literals stand for the end itself, as exporters write it.
Expr clamped_bound(Expr bound, Expr extent, Expr low, Expr high,
                   const std::function<bool(Expr)>& proved) {
  if (const int64_t* value = as_int(bound)) {
    if (*value >= kMaxExtent) return high;
    if (*value <= -kMaxExtent) return low;
  }
  Expr zero = bound.pool().index(0), from_end = bound + extent;
  Expr position = proved(le(zero, bound))   ? bound
                  : proved(lt(bound, zero)) ? from_end
                                            : select(lt(bound, zero), from_end, bound);
  if (!proved(le(low, position))) position = max(position, low);
  if (!proved(le(position, high))) position = min(position, high);
  return position;
}

struct Cut {
  Expr start, extent;
  int64_t step;
};

Cut cut_of(Expr start, Expr end, int64_t step, Expr extent,
           const std::function<bool(Expr)>& proved) {
  Expr zero = extent.pool().index(0);
  bool forward = step > 0;
  Expr low = forward ? zero : extent.pool().index(-1), high = forward ? extent : extent - 1;
  Expr first = clamped_bound(start, extent, forward ? low : zero, high, proved);
  Expr last = clamped_bound(end, extent, low, high, proved);
  Expr count = forward ? ceil_div(last - first, step) : ceil_div(first - last, -step);
  if (!proved(le(zero, count))) count = max(count, zero);
  return {first, count, step};
}

std::vector<int64_t> steps_of(const Attributes& attributes) {
  const std::vector<int64_t>& steps = attributes.integers("steps");
  return steps.empty() ? std::vector<int64_t>(attributes.integers("axes").size(), 1) : steps;
}

// The cut of each axis of the input; of an axis that is not named, all of it.
std::vector<Cut> cuts_of(const Attributes& attributes, const std::vector<Expr>& shape,
                         const std::function<bool(Expr)>& proved) {
  const std::vector<Expr>&starts = attributes.exprs("starts"), &ends = attributes.exprs("ends");
  const std::vector<int64_t>& axes = attributes.integers("axes");
  std::vector<int64_t> steps = steps_of(attributes);
  std::vector<Cut> cuts;
  for (Expr extent : shape) cuts.push_back({extent.pool().index(0), extent, 1});
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis =
        static_cast<size_t>(axes[i] < 0 ? axes[i] + static_cast<int64_t>(shape.size()) : axes[i]);
    cuts[axis] = cut_of(starts[i], ends[i], steps[i], shape[axis], proved);
  }
  return cuts;
}

void infer_slice(InferContext& context) {
  const Attributes& attributes = context.attributes();
  size_t count = attributes.integers("axes").size();
  if (attributes.exprs("starts").size() != count || attributes.exprs("ends").size() != count ||
      steps_of(attributes).size() != count)
    context.fail("starts, ends, axes and steps have different numbers of elements");
  normalized_axes(context, attributes.integers("axes"), context.rank(0));
  for (int64_t step : steps_of(attributes))
    if (step == 0 || step > INT32_MAX || step < -INT32_MAX)
      context.fail("a step is " + std::to_string(step), "a step must not be 0");
  std::vector<Expr> shape;
  for (const Cut& cut :
       cuts_of(attributes, context.input(0).shape, [&](Expr e) { return context.proved(e); }))
    shape.push_back(cut.extent);
  context.output(context.input(0).type, std::move(shape));
}

void compute_slice(ComputeContext& context) {
  std::vector<Cut> cuts = cuts_of(context.attributes(), context.input_shape(0),
                                  [&](Expr e) { return context.proved(e); });
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> source = context.vars(axes);
  for (size_t i = 0; i < cuts.size(); ++i) source[i] = source[i] * cuts[i].step + cuts[i].start;
  Expr value = context.input(0, std::move(source));
  context.result(0, elementwise_stage(std::move(axes), value));
}

// ---- pad --------------------------------------------------------------------------------------

void infer_pad(InferContext& context) {
  const std::string& mode = context.attributes().text("mode");
  static constexpr std::string_view kModes[] = {"constant", "edge", "reflect", "wrap"};
  if (std::find(std::begin(kModes), std::end(kModes), mode) == std::end(kModes))
    context.fail("the mode is \"" + mode + "\"", "it must be constant, edge, reflect or wrap");
  const std::vector<Expr>& pads = context.attributes().exprs("pads");
  size_t rank = static_cast<size_t>(context.rank(0));
  if (pads.size() != 2 * rank)
    context.fail("there are " + std::to_string(pads.size()) +
                 " pads, expected are two for each of " + std::to_string(rank) + " axes");
  if (context.has_input(1)) {
    require_same_type(context, 0, 1);
    if (element_count(context.input(1).shape) != 1)
      context.fail("the padding value must be a scalar");
  }
  std::vector<Expr> shape;
  for (size_t i = 0; i < rank; ++i) {
    Expr extent = context.input(0).shape[i];
    for (Expr pad : {pads[i], pads[i + rank]}) {
      if (mode == "reflect" && context.proved(le(extent, pad)))
        context.fail("axis " + std::to_string(i) + " of " + to_string(extent) +
                         " elements cannot be reflected by " + to_string(pad),
                     "pad by less than the extent");
    }
    if (mode != "constant" && is_int(extent, 0))
      context.fail("axis " + std::to_string(i) + " has no element to repeat");
    shape.push_back(extent + pads[i] + pads[i + rank]);
  }
  context.output(context.input(0).type, std::move(shape));
}

// The element that a position outside of the extent repeats.
Expr repeated_position(const std::string& mode, Expr position, Expr extent) {
  Expr zero = extent.pool().index(0), last = extent - 1;
  if (mode == "edge") return clamp(position, zero, last);
  if (mode == "wrap") return floor_mod(position, extent);
  Expr mirrored = select(lt(position, zero), -position, position);
  return clamp(select(lt(last, mirrored), last * 2.0 - mirrored, mirrored), zero, last);
}

void compute_pad(ComputeContext& context) {
  const std::string& mode = context.attributes().text("mode");
  const std::vector<Expr>& pads = context.attributes().exprs("pads");
  std::vector<loop::Axis> axes = context.axes(context.output_shape());
  std::vector<Expr> source = context.vars(axes);
  size_t rank = source.size();
  for (size_t i = 0; i < rank; ++i) {
    if (is_int(pads[i], 0) && is_int(pads[i + rank], 0)) continue;
    source[i] = source[i] - pads[i];
    if (mode != "constant")
      source[i] = repeated_position(mode, source[i], context.input_shape(0)[i]);
  }
  DType type = context.input_type(0).type;
  Expr outside;
  if (mode == "constant") {
    outside =
        context.has_input(1)
            ? context.input(1, std::vector<Expr>(context.input_shape(1).size(), context.index(0)))
            : context.pool().literal(type, 0);
  }
  Expr value = context.input(0, std::move(source), outside);
  context.result(0, elementwise_stage(std::move(axes), value));
}

}  // namespace

namespace ops {

const Operator concat = {.name = "concat",
                         .inputs = {"inputs..."},
                         .attributes = {{"axis", AttributeKind::Integer, std::nullopt}},
                         .fusion = FusionClass::Injective,
                         .infer = infer_concat,
                         .compute = compute_concat};

// One result for each size.
const Operator split = {.name = "split",
                        .attributes = {{"axis", AttributeKind::Integer, 0},
                                       {"sizes", AttributeKind::Exprs, std::nullopt}},
                        .fusion = FusionClass::Injective,
                        .infer = infer_split,
                        .compute = compute_split};

// Starts and ends as in ONNX: negative ones count from the end, all are clamped. Empty steps are
// all 1.
const Operator slice = {.name = "slice",
                        .attributes = {{"starts", AttributeKind::Exprs, std::nullopt},
                                       {"ends", AttributeKind::Exprs, std::nullopt},
                                       {"axes", AttributeKind::Integers, std::nullopt},
                                       {"steps", AttributeKind::Integers, std::vector<int64_t>{}}},
                        .fusion = FusionClass::Injective,
                        .infer = infer_slice,
                        .compute = compute_slice};

// pads: begin of each axis, then end of each axis; negative ones cut.
const Operator pad = {.name = "pad",
                      .inputs = {"input", "value?"},
                      .attributes = {{"pads", AttributeKind::Exprs, std::nullopt},
                                     {"mode", AttributeKind::Text, "constant"}},
                      .fusion = FusionClass::Injective,
                      .infer = infer_pad,
                      .compute = compute_pad};

}  // namespace ops
}  // namespace tenon::high
