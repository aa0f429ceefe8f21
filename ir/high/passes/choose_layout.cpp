// Channels in blocks of the target's vector, for convolutions, pools and what is elementwise after
// them.
//
//   %0 = conv %x, %w : f32[1, 64, 56, 56]   ->   %0 = conv %x, %w : f32[1, 64, 56, 56]<0, 1/16, 2, 3, 1%16>
//
// A convolution with vectors of output channels reads single input elements and writes whole
// vectors, in any layout of its input; with channels in blocks, what it writes lies in one piece
// and what follows reads whole vectors. Fewer channels than half a block would be mostly padding
// and stay row-major. This decides value by value, forward; a later pass may weigh whole chains
// against each other (NeoCPU: Liu et al., USENIX ATC 2019).
#include <algorithm>

#include "ir/high/passes.h"

namespace tenon::high {
namespace {

class ChooseLayout final : public GraphRewriter {
 public:
  ChooseLayout(const Graph& graph, const Context& context)
      : GraphRewriter(graph), block_(context.channel_block) {
    for (const GraphOutput& output : graph.outputs) outputs_.push_back(output.value);
  }

 private:
  std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs) override {
    std::vector<ValueId> results = copy(node, inputs);
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i] || !wants_blocks(node, inputs)) continue;
      if (std::find(outputs_.begin(), outputs_.end(), node.outputs[i]) != outputs_.end()) continue;
      TensorType& type = builder().graph().value(results[i]).type;
      if (can_be_blocked(type)) type.layout = channel_blocked(type.rank(), block_);
    }
    return results;
  }

  bool can_be_blocked(const TensorType& type) const {
    if (type.type != DType::F32 || type.rank() < 3) return false;
    const int64_t* channels = as_int(type.shape[1]);
    return channels && *channels * 2 >= block_;
  }

  bool wants_blocks(const Node& node, const std::vector<ValueId>& inputs) {
    std::string_view op = node.op->name;
    if (op == "conv") return true;
    auto blocked = [&](ValueId value) {
      return value && !builder().type(value).layout.is_row_major();
    };
    if (op == "max_pool" || op == "average_pool") return blocked(inputs[0]);
    if (op == "concat")
      return node.attributes.integer("axis") == 1 &&
             std::all_of(inputs.begin(), inputs.end(),
                         [&](ValueId v) { return blocked(v) && whole_blocks(v); });
    // Elementwise: as its largest inputs, those of the result's own shape, are.
    if (node.op->fusion != FusionClass::Elementwise) return false;
    const TensorType& result = source().value(node.outputs[0]).type;
    return std::any_of(inputs.begin(), inputs.end(), [&](ValueId v) {
      return blocked(v) && builder().type(v).shape == result.shape;
    });
  }

  bool whole_blocks(ValueId value) {
    const int64_t* channels = as_int(builder().type(value).shape[1]);
    return channels && *channels % block_ == 0;
  }

  int64_t block_;
  std::vector<ValueId> outputs_;
};

}  // namespace

Graph choose_layout(const Graph& graph, const Context& context) {
  return context.channel_block > 1 ? ChooseLayout(graph, context).run() : graph;
}

}  // namespace tenon::high
