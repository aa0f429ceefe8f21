// BatchNormalization becomes part of the convolution before it.
//
//   %0 = conv %x, %w, %b   %1 = batch_norm %0, %gamma, %beta, %mean, %var
//   ->   %1 = conv %x, %w * s, (%b - %mean) * s + %beta     with s = gamma / sqrt(var + epsilon)
//
// The arithmetic on weights is left as nodes of constants, which run while compiling.
#include "ir/high/passes.h"

namespace tenon::high {
namespace {

class FoldBatchNorm final : public GraphRewriter {
 public:
  using GraphRewriter::GraphRewriter;

 private:
  std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs) override {
    if (node.op->name != "batch_norm" || use_count(node.inputs[0]) != 1) return copy(node, inputs);
    const Node* found = producer(inputs[0]);
    if (!found || found->op->name != "conv" || !is_constant(found->inputs[1]))
      return copy(node, inputs);
    for (size_t i = 1; i < 5; ++i)
      if (!is_constant(inputs[i])) return copy(node, inputs);
    Node conv = *found;  // adding nodes moves it
    if (conv.inputs.size() > 2 && conv.inputs[2] && !is_constant(conv.inputs[2]))
      return copy(node, inputs);

    Location location = merge(conv.location, node.location);
    const TensorType weight = builder().type(conv.inputs[1]);
    auto op = [&](const char* name, std::vector<ValueId> operands) {
      return builder().add1(*find_operator(name), std::move(operands), {}, location);
    };
    ValueId gamma = inputs[1], beta = inputs[2], mean = inputs[3], variance = inputs[4];
    ValueId epsilon =
        builder().add_literal("epsilon", weight.type, {}, {node.attributes.number("epsilon")});
    ValueId scale = op("div", {gamma, op("sqrt", {op("add", {variance, epsilon})})});
    Attributes per_output;
    std::vector<Expr> shape(weight.shape.size(), builder().pool().index(1));
    shape[0] = weight.shape[0];
    per_output.set("shape", shape);
    ValueId scale_of_weight =
        builder().add1(*find_operator("reshape"), {scale}, per_output, location);
    ValueId weights = op("mul", {conv.inputs[1], scale_of_weight});
    bool has_bias = conv.inputs.size() > 2 && conv.inputs[2];
    ValueId shifted = has_bias ? op("sub", {conv.inputs[2], mean}) : op("neg", {mean});
    ValueId bias = op("add", {op("mul", {shifted, scale}), beta});
    return builder().add(*conv.op, {conv.inputs[0], weights, bias}, conv.attributes, location,
                         {source().value(node.outputs[0]).name});
  }
};

}  // namespace

Graph fold_batch_norm(const Graph& graph, const Context&) {
  return eliminate_dead_nodes(FoldBatchNorm(graph).run(), {});
}

}  // namespace tenon::high
