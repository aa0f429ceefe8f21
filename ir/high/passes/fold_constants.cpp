// Nodes whose results' elements are known become constants, or one node that computes them from
// symbols.
//
//   %0 = add [1, 2], [3, 4]   ->   const %0 = [4, 6]
#include "ir/high/passes.h"

namespace tenon::high {
namespace {

class FoldConstants final : public GraphRewriter {
 public:
  using GraphRewriter::GraphRewriter;

 private:
  std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs) override {
    for (ValueId result : node.outputs)
      if (result && !source().value(result).elements) return copy(node, inputs);
    if (node.inputs.empty()) return copy(node, inputs);  // computes elements from symbols already
    std::vector<ValueId> results;
    for (ValueId result : node.outputs) {
      if (!result) {
        results.emplace_back();
        continue;
      }
      const Value& value = source().value(result);
      std::vector<int64_t> shape;
      for (Expr extent : value.type.shape) {
        const int64_t* literal = as_int(extent);
        if (!literal) return copy(node, inputs);
        shape.push_back(*literal);
      }
      results.push_back(builder().add_elements(value.name, value.type.type, shape, *value.elements,
                                               node.location));
    }
    return results;
  }
};

}  // namespace

Graph fold_constants(const Graph& graph, const Context&) { return FoldConstants(graph).run(); }

}  // namespace tenon::high
