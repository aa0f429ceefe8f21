// Arithmetic of sliding windows.
#include "ir/high/ops/window.h"

#include "ir/expr/text.h"

namespace tenon::high {
namespace {

std::vector<int64_t> filled(const std::vector<int64_t>& given, size_t count, int64_t value) {
  return given.empty() ? std::vector<int64_t>(count, value) : given;
}

void require_count(InferContext& context, const std::string& name, size_t expected) {
  size_t count = context.attributes().integers(name).size();
  if (count != 0 && count != expected)
    context.fail("the attribute " + name + " has " + std::to_string(count) +
                 " values, expected are " + std::to_string(expected));
}

void require_range(InferContext& context, const std::string& name, int64_t low) {
  for (int64_t value : context.attributes().integers(name))
    if (value < low || value > INT32_MAX)
      context.fail("the attribute " + name + " holds " + std::to_string(value) +
                   ", expected is at least " + std::to_string(low));
}

}  // namespace

Expr WindowAxis::windows(bool ceil_mode) const {
  int64_t reach = dilation * (kernel - 1) + 1;
  Expr room = extent + (pad_begin + pad_end - reach);
  if (!ceil_mode) return floor_div(room, stride) + 1.0;
  Expr starting_before_end = ceil_div(extent + pad_begin, stride);
  return min(ceil_div(room, stride) + 1.0, starting_before_end);
}

Expr WindowAxis::tap(Expr window, Expr r) const {
  Expr position = window * stride + r * dilation;
  return pad_begin == 0 ? position : position - pad_begin;
}

std::vector<WindowAxis> window_axes(const Attributes& attributes,
                                    const std::vector<Expr>& input_shape,
                                    const std::vector<int64_t>& kernel) {
  size_t rank = kernel.size();
  std::vector<int64_t> strides = filled(attributes.integers("strides"), rank, 1);
  std::vector<int64_t> dilations = filled(attributes.integers("dilations"), rank, 1);
  std::vector<int64_t> pads = filled(attributes.integers("pads"), 2 * rank, 0);
  std::vector<WindowAxis> axes;
  for (size_t i = 0; i < rank; ++i)
    axes.push_back(
        {input_shape[i + 2], kernel[i], strides[i], dilations[i], pads[i], pads[i + rank]});
  return axes;
}

std::vector<WindowAxis> window_axes(InferContext& context, const std::vector<int64_t>& kernel) {
  size_t rank = kernel.size();
  if (rank < 1 || rank > 3 || context.rank(0) != static_cast<int>(rank) + 2)
    context.fail("the input has rank " + std::to_string(context.rank(0)) + ", the kernel " +
                     std::to_string(rank) + " spatial axes",
                 "the input must be [batch, channels, ...] with one to three spatial axes, the "
                 "kernel must have the same");
  require_count(context, "strides", rank);
  require_count(context, "dilations", rank);
  require_count(context, "pads", 2 * rank);
  require_range(context, "strides", 1);
  require_range(context, "dilations", 1);
  require_range(context, "pads", 0);
  for (int64_t extent : kernel)
    if (extent < 1 || extent > INT32_MAX)
      context.fail("the kernel has an axis of " + std::to_string(extent));
  std::vector<WindowAxis> axes = window_axes(context.attributes(), context.input(0).shape, kernel);
  for (const WindowAxis& axis : axes) {
    int64_t reach = axis.dilation * (axis.kernel - 1) + 1;
    Expr padded = axis.extent + (axis.pad_begin + axis.pad_end);
    if (context.proved(lt(padded, context.pool().index(reach))))
      context.fail("the window reaches over " + std::to_string(reach) +
                       " elements, and the padded input has " +
                       to_string(context.simplified(padded)),
                   "a smaller kernel or dilation, or more padding");
  }
  return axes;
}

Expr inside(const ComputeContext& context, const std::vector<WindowAxis>& axes,
            const std::vector<loop::Axis>& windows, const std::vector<loop::Axis>& taps) {
  std::vector<loop::Axis> all = windows;
  all.insert(all.end(), taps.begin(), taps.end());
  Expr condition;
  for (size_t i = 0; i < axes.size(); ++i) {
    Expr position = axes[i].tap(context.var(windows[i]), context.var(taps[i]));
    for (Expr part : {le(context.index(0), position), lt(position, axes[i].extent)}) {
      if (context.proved(part, all)) continue;
      condition = condition ? condition & part : part;
    }
  }
  return condition;
}

std::vector<AttributeSchema> window_attributes(std::vector<AttributeSchema> others) {
  for (const char* name : {"strides", "dilations", "pads"})
    others.push_back({name, AttributeKind::Integers, std::vector<int64_t>{}});
  return others;
}

std::string_view spatial_letters(size_t rank) { return std::string_view("dhw").substr(3 - rank); }
std::string_view tap_letters(size_t rank) { return std::string_view("qrs").substr(3 - rank); }

}  // namespace tenon::high
