// Reductions, whose axes are an attribute in older versions and an input in newer ones.
//
//   ReduceMean-18 (x, axes), axes = [-1]   ->   reduce_mean %x {axes=[-1], keepdims=1}
#include <numeric>

#include "frontend/operators/operators.h"

namespace tenon::frontend {

Convert reduction(std::string_view op, int axes_input) {
  return [op, axes_input](NodeContext& node) {
    std::vector<int64_t> axes =
        node.axes_attribute_or_input(1, axes_input).value_or(std::vector<int64_t>());
    if (axes.empty() && node.version() >= axes_input && node.flag("noop_with_empty_axes")) {
      node.output(0, node.input(0));
      return;
    }
    if (axes.empty()) {
      axes.resize(static_cast<size_t>(node.rank(0)));
      std::iota(axes.begin(), axes.end(), int64_t{0});
    }
    axes = node.normalized_axes(std::move(axes), node.rank(0));
    node.result(op, {node.input(0)},
                attributes({{"axes", axes}, {"keepdims", node.integer("keepdims")}}));
  };
}

Convert arg_reduction(std::string_view op) {
  return [op](NodeContext& node) {
    high::Attributes given =
        attributes({{"axis", node.integer("axis")}, {"keepdims", node.integer("keepdims")}});
    if (node.version() >= 12) given.set("select_last_index", node.integer("select_last_index"));
    node.result(op, {node.input(0)}, std::move(given));
  };
}

void convert_cum_sum(NodeContext& node) {
  std::vector<int64_t> axis = node.integers(1, "axis");
  if (axis.size() != 1)
    node.fail("there are " + std::to_string(axis.size()) + " axes, expected is one",
              "give the axis as a scalar");
  node.result("cum_sum", {node.input(0)},
              attributes({{"axis", axis[0]},
                          {"exclusive", node.integer("exclusive")},
                          {"reverse", node.integer("reverse")}}));
}

}  // namespace tenon::frontend
