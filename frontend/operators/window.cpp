// Convolutions and pooling: the paddings that auto_pad stands for, and kernels that the attribute
// and the weight both name.
//
//   MaxPool (x) {kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"}, x : f32[1, 8, 10, 10]
//     ->   max_pool %x {kernel=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]}
#include <algorithm>

#include "frontend/operators/operators.h"

namespace tenon::frontend {
namespace {

using Integers = std::vector<int64_t>;

std::string to_text(const Integers& values) {
  std::vector<std::string> parts;
  for (int64_t value : values) parts.push_back(std::to_string(value));
  return "[" + join(parts, ", ") + "]";
}

// A list of `count` positive numbers, 1 where the attribute is absent.
Integers positive_list(NodeContext& node, const std::string& name, size_t count) {
  Integers values = node.integer_list(name);
  if (values.empty()) values.assign(count, 1);
  if (values.size() != count)
    node.fail("the attribute " + name + " is " + to_text(values) +
              ", expected is one number for each of " + std::to_string(count) + " spatial axes");
  for (int64_t value : values)
    if (value < 1 || value > INT32_MAX)
      node.fail("the attribute " + name + " is " + to_text(values) +
                    ", expected are numbers of at least 1",
                "set each to 1 or more");
  return values;
}

// What a window has in each spatial axis.
struct Window {
  Integers kernel, strides, dilations, pads;
  bool same = false, upper = false;  // auto_pad

  int64_t reach(size_t i) const { return dilations[i] * (kernel[i] - 1) + 1; }
  size_t rank() const { return kernel.size(); }
};

// Splits a padding between the two ends of an axis; the odd element goes to the end with `upper`.
void set_pads(Window& window, size_t i, int64_t total) {
  window.pads[i] = window.upper ? total / 2 : total - total / 2;
  window.pads[i + window.rank()] = total - window.pads[i];
}

Window read_window(NodeContext& node, Integers kernel, bool has_dilations) {
  Window window;
  size_t rank = kernel.size();
  if (node.rank(0) != static_cast<int>(rank) + 2) {
    std::string what =
        "the input " + to_string(node.type(0)) + " has rank " + std::to_string(node.rank(0));
    if (node.input_count() > 1)
      what +=
          ", the weight " + to_string(node.type(1)) + " has rank " + std::to_string(node.rank(1));
    else
      what += ", the kernel " + to_text(kernel) + " has " + std::to_string(rank) + " axes";
    node.fail(what,
              "both need the same number of spatial axes: the input is [batch, channels, ...]");
  }
  window.kernel = std::move(kernel);
  window.strides = positive_list(node, "strides", rank);
  window.dilations = has_dilations ? positive_list(node, "dilations", rank) : Integers(rank, 1);
  window.pads.assign(2 * rank, 0);
  const std::string& mode = node.text("auto_pad");
  if (mode == "NOTSET") {
    if (Integers pads = node.integer_list("pads"); !pads.empty()) window.pads = pads;
    if (window.pads.size() != 2 * rank)
      node.fail("the attribute pads is " + to_text(window.pads) +
                ", expected are two numbers for each of " + std::to_string(rank) + " spatial axes");
    for (int64_t pad : window.pads)
      if (pad < 0 || pad > INT32_MAX)
        node.fail("the attribute pads is " + to_text(window.pads) +
                      ", expected are numbers of at least 0",
                  "cut with a Slice where a negative padding is meant");
  } else if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    window.same = true;
    window.upper = mode == "SAME_UPPER";
  } else if (mode != "VALID") {
    node.fail("the attribute auto_pad is " + tenon::quoted(mode),
              "it must be NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  }
  return window;
}

// SAME: as many windows as strides fit into the input.
void resolve_same(NodeContext& node, Window& window) {
  for (size_t i = 0; window.same && i < window.rank(); ++i) {
    Expr extent = node.extent(0, static_cast<int64_t>(i) + 2);
    int64_t stride = window.strides[i], total = window.reach(i) - 1;
    if (stride != 1) {
      const int64_t* known = as_int(extent);
      if (!known)
        node.fail("auto_pad with a stride needs the extent of axis " + std::to_string(i + 2) +
                      " while compiling",
                  "fix the dimension with --dim, or give pads in place of auto_pad");
      total = (*known + stride - 1) / stride * stride - stride + window.reach(i) - *known;
    }
    set_pads(window, i, std::max<int64_t>(total, 0));
  }
}

// Lists that hold nothing but the default are left out.
high::Attributes window_attributes(const Window& window) {
  high::Attributes result;
  auto set = [&](const char* name, const Integers& values, int64_t usual) {
    if (std::count(values.begin(), values.end(), usual) != static_cast<long>(values.size()))
      result.set(name, values);
  };
  set("strides", window.strides, 1);
  set("dilations", window.dilations, 1);
  set("pads", window.pads, 0);
  return result;
}

// The kernel of the weight, which the attribute may repeat.
Integers kernel_of_weight(NodeContext& node) {
  Integers kernel, given = node.integer_list("kernel_shape");
  for (int i = 2; i < node.rank(1); ++i) {
    const int64_t* extent = as_int(node.extent(1, i));
    if (!extent)
      node.fail("the shape of the weight is not constant", "fix its dimensions with --dim");
    kernel.push_back(*extent);
  }
  if (kernel.empty())
    node.fail("the weight " + to_string(node.type(1)) + " has no spatial axis",
              "a weight is [output channels, input channels / group, ...]");
  if (!given.empty() && given != kernel)
    node.fail("the attribute kernel_shape is " + to_text(given) + ", the weight has a kernel of " +
                  to_text(kernel),
              "remove kernel_shape, or check which weight is used");
  for (int64_t extent : kernel)
    if (extent < 1)
      node.fail("the kernel of the weight is " + to_text(kernel), "each axis must have an element");
  return kernel;
}

}  // namespace

void convert_conv(NodeContext& node) {
  Window window = read_window(node, kernel_of_weight(node), true);
  resolve_same(node, window);
  high::Attributes given = window_attributes(window);
  given.set("group", node.integer("group"));
  node.result("conv", node.inputs(), std::move(given));
}

// Paddings cut the result here: extent = (in - 1) * stride + reach + output_padding - pads.
void convert_conv_transpose(NodeContext& node) {
  Window window = read_window(node, kernel_of_weight(node), true);
  Integers extra = node.integer_list("output_padding"), wanted = node.integer_list("output_shape");
  if (extra.empty()) extra.assign(window.rank(), 0);
  if (extra.size() != window.rank())
    node.fail("the attribute output_padding is " + to_text(extra) +
              ", expected is one number for each of " + std::to_string(window.rank()) +
              " spatial axes");
  for (int64_t value : extra)
    if (value < 0 || value > INT32_MAX)
      node.fail("the attribute output_padding is " + to_text(extra) +
                ", expected are numbers of at least 0");
  if (wanted.size() == window.rank() + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (!wanted.empty() && wanted.size() != window.rank())
    node.fail("the attribute output_shape is " + to_text(wanted) +
              ", expected is one number for each of " + std::to_string(window.rank()) +
              " spatial axes");
  for (size_t i = 0; i < window.rank() && (window.same || !wanted.empty()); ++i) {
    int64_t stride = window.strides[i], total = window.reach(i) + extra[i] - stride;
    if (!wanted.empty()) {
      const int64_t* known = as_int(node.extent(0, static_cast<int64_t>(i) + 2));
      if (!known)
        node.fail(
            "output_shape needs the extent of axis " + std::to_string(i + 2) + " while compiling",
            "fix the dimension with --dim, or give pads in place of output_shape");
      if (wanted[i] < 1 || wanted[i] > INT32_MAX)
        node.fail("the attribute output_shape is " + to_text(wanted));
      if (*known > kMostExtent / stride)
        node.fail("the result of " + std::to_string(*known) + " elements at a stride of " +
                      std::to_string(stride) + " is too large",
                  "check the strides: an extent is below 2^40");
      total += *known * stride - wanted[i];
    }
    set_pads(window, i, std::max<int64_t>(total, 0));
    extra[i] += std::max<int64_t>(-total, 0);
  }
  high::Attributes given = window_attributes(window);
  given.set("group", node.integer("group"));
  given.set("output_padding", extra);
  node.result("conv_transpose", node.inputs(), std::move(given));
}

namespace {

high::Attributes pool_attributes(NodeContext& node, int dilations_from) {
  Integers kernel = node.integer_list("kernel_shape");
  for (int64_t extent : kernel)
    if (extent < 1 || extent > INT32_MAX)
      node.fail("the attribute kernel_shape is " + to_text(kernel) +
                    ": a kernel has at least one element in each axis",
                "set each to 1 or more");
  Window window = read_window(node, kernel, node.version() >= dilations_from);
  resolve_same(node, window);
  high::Attributes given = window_attributes(window);
  given.set("kernel", window.kernel);
  if (node.version() >= 10) given.set("ceil_mode", node.integer("ceil_mode"));
  return given;
}

}  // namespace

void convert_max_pool(NodeContext& node) {
  if (node.wants_output(1))
    node.fail("the output of indices is not supported", "use only the first output");
  node.result("max_pool", {node.input(0)}, pool_attributes(node, 10));
}

void convert_average_pool(NodeContext& node) {
  high::Attributes given = pool_attributes(node, 19);
  given.set("count_include_pad", node.integer("count_include_pad"));
  node.result("average_pool", {node.input(0)}, std::move(given));
}

Convert global_pool(std::string_view reduction) {
  return [reduction](NodeContext& node) {
    Integers axes;
    for (int i = 2; i < node.rank(0); ++i) axes.push_back(i);
    if (axes.empty())
      node.fail("the input " + to_string(node.type(0)) + " has no spatial axis",
                "the input must be [batch, channels, ...]");
    node.result(reduction, {node.input(0)}, attributes({{"axes", axes}, {"keepdims", 1}}));
  };
}

}  // namespace tenon::frontend
