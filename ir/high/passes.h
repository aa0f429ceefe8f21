// The passes over graphs, in the order of the pipeline (driver/pipeline.cpp is the list). Each
// builds a new graph in one forward walk; what nobody uses is not copied.
#pragma once

#include <map>

#include "ir/high/graph.h"
#include "ir/high/op.h"

namespace tenon::high {

/// What the passes may know besides the graph.
struct Context {
  // elements of an f32 vector of the target: the block of channel layouts; 0: row-major only
  int channel_block = 0;
};

/// Base of the passes: walks the nodes in order, with the inputs already mapped to the new graph.
/// Override `rewrite`; the default copies. Nodes none of whose results are used are skipped.
class GraphRewriter {
 public:
  explicit GraphRewriter(const Graph& source);
  virtual ~GraphRewriter() = default;
  Graph run();

 protected:
  /// The new values of the node's results. `inputs` are values of the new graph.
  virtual std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs);
  std::vector<ValueId> copy(const Node& node, const std::vector<ValueId>& inputs) {
    return builder_.copy(source_, node, inputs);
  }

  const Graph& source() const { return source_; }
  GraphBuilder& builder() { return builder_; }
  /// The node of the new graph that gives this value, or null for inputs and constants. Valid until
  /// the next node is added.
  const Node* producer(ValueId value) const;
  /// How often a value of the source is read by live nodes, outputs of the graph included.
  int use_count(ValueId source_value) const {
    return uses_[static_cast<size_t>(source_value.index)];
  }
  bool is_constant(ValueId value) { return builder_.graph().constant(value) != nullptr; }

 private:
  ValueId map_value(ValueId old);
  const Graph& source_;
  GraphBuilder builder_;
  std::vector<int> uses_;
  std::vector<ValueId> mapped_;
};

/// Nodes that nobody uses are gone.
///   %0 = exp %x   %y = relu %x   output %y      ->   %y = relu %x   output %y
Graph eliminate_dead_nodes(const Graph& graph, const Context& context);

/// Nodes whose results' elements are known become constants, or, where they depend on symbols, one
/// node that computes them.
///   %0 = add [1, 2], [3, 4]                     ->   const %0 = [4, 6]
/// Needs: nothing.   Leaves: nodes of constants with more than kInlineElements elements, which run while compiling.
Graph fold_constants(const Graph& graph, const Context& context);

/// Equal nodes become one.
///   %0 = exp %x   %1 = exp %x                   ->   %0 = exp %x
Graph eliminate_common_subexpressions(const Graph& graph, const Context& context);

/// Operators that move nothing, or twice, become one or none: identity, cast, reshape, transpose,
/// expand, slice, concat.
///   %0 = transpose %x {perm=[1,0]}   %1 = transpose %0 {perm=[1,0]}    ->   %x
///   %0 = transpose %x {perm=[0,2,1]} of [1, 1, n]                      ->   reshape
Graph simplify_views(const Graph& graph, const Context& context);

/// BatchNormalization becomes part of the convolution before it: weights and bias are scaled while
/// compiling.
///   conv(x, w, b), then (. - mean) * s + beta with s = gamma / sqrt(var + epsilon)
///   ->   conv(x, w * s[o], (b - mean) * s + beta)
/// Source: Jacob et al., "Quantization and Training of Neural Networks ...", CVPR 2018, section
/// 3.2.
Graph fold_batch_norm(const Graph& graph, const Context& context);

/// Gives the results of convolutions, pools and what is elementwise after them a layout with
/// channels in blocks of the target's vector; all other values stay row-major. Every operator reads
/// every layout, so no conversion is inserted.
///   %0 = conv %x, %w : f32[1, 64, 56, 56]       ->   f32[1, 64, 56, 56]<0, 1/16, 2, 3, 1%16>
/// Needs: fold_batch_norm, simplify_views.   Leaves: outputs of the graph row-major.
Graph choose_layout(const Graph& graph, const Context& context);

/// Puts each node into a group that becomes one kernel: elementwise consumers join the group of the
/// latest of their producers, where it has no other reader; reductions join elementwise producers.
///   %0 = conv ...   %1 = add %0, %s   %2 = relu %1     ->   group @conv_add_relu { ... }
/// Needs: all other passes.   Leaves: every node in a group, the nodes of a group together.
Graph group_for_fusion(const Graph& graph, const Context& context);

}  // namespace tenon::high
