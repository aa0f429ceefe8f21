// Operators that move nothing, or twice, become one or none.
//
//   %0 = transpose %x {perm=[1,0]}   %1 = transpose %0 {perm=[1,0]}   ->   %x
//   %0 = reshape %x {shape=[2, 6]}   %1 = reshape %0 {shape=[12]}     ->   %1 = reshape %x {shape=[12]}
#include <algorithm>
#include <numeric>

#include "ir/high/passes.h"

namespace tenon::high {
namespace {

bool is_ascending(const std::vector<int64_t>& perm) {
  return std::is_sorted(perm.begin(), perm.end());
}

// A slice backwards takes all elements and turns them round.
bool goes_forward(const Attributes& attributes) {
  if (!attributes.has("steps")) return true;
  const std::vector<int64_t>& steps = attributes.integers("steps");
  return std::all_of(steps.begin(), steps.end(), [](int64_t step) { return step > 0; });
}

class SimplifyViews final : public GraphRewriter {
 public:
  using GraphRewriter::GraphRewriter;

 private:
  std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs) override {
    std::string_view op = node.op->name;
    if (op == "identity") return {inputs[0]};
    bool same_type = !inputs.empty() && inputs[0] &&
                     same(builder().type(inputs[0]), source().value(node.outputs[0]).type);
    bool takes_all = op == "slice" && goes_forward(node.attributes);
    if ((op == "cast" || op == "reshape" || op == "expand" || takes_all) && same_type)
      return {inputs[0]};
    if (op == "concat" && inputs.size() == 1) return {inputs[0]};
    if (op == "reshape") return rewrite_reshape(node, inputs);
    if (op == "transpose") return rewrite_transpose(node, inputs);
    return copy(node, inputs);
  }

  static bool same(const TensorType& a, const TensorType& b) {
    return a.type == b.type && a.shape == b.shape;
  }

  std::vector<ValueId> rewrite_reshape(const Node& node, const std::vector<ValueId>& inputs) {
    const Node* before = producer(inputs[0]);
    if (!before || before->op->name != "reshape") return copy(node, inputs);
    ValueId origin = before->inputs[0];
    if (same(builder().type(origin), source().value(node.outputs[0]).type)) return {origin};
    return copy(node, {origin});
  }

  std::vector<ValueId> rewrite_transpose(const Node& node, const std::vector<ValueId>& inputs) {
    std::vector<int64_t> perm = node.attributes.integers("perm");
    ValueId origin = inputs[0];
    const Node* before = producer(origin);
    if (before && before->op->name == "transpose") {
      const std::vector<int64_t>& first = before->attributes.integers("perm");
      for (int64_t& axis : perm) axis = first[static_cast<size_t>(axis)];
      origin = before->inputs[0];
    }
    if (is_ascending(perm)) return {origin};
    if (keeps_order(builder().type(origin), perm)) {
      Attributes attributes;
      attributes.set("shape", source().value(node.outputs[0]).type.shape);
      return builder().add(*find_operator("reshape"), {origin}, attributes, node.location,
                           {source().value(node.outputs[0]).name});
    }
    Node merged = node;
    merged.attributes.set("perm", perm);
    return copy(merged, {origin});
  }

  // True when only axes of extent 1 move: elements stay where they are.
  static bool keeps_order(const TensorType& type, const std::vector<int64_t>& perm) {
    std::vector<int64_t> moved;
    for (int64_t axis : perm)
      if (!is_int(type.shape[static_cast<size_t>(axis)], 1)) moved.push_back(axis);
    return is_ascending(moved);
  }
};

}  // namespace

Graph simplify_views(const Graph& graph, const Context&) { return SimplifyViews(graph).run(); }

}  // namespace tenon::high
