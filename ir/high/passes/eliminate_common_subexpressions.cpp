// Equal nodes become one.
//
//   %0 = exp %x   %1 = exp %x   %2 = add %0, %1   ->   %0 = exp %x   %2 = add %0, %0
#include "ir/high/passes.h"

namespace tenon::high {
namespace {

class EliminateCommonSubexpressions final : public GraphRewriter {
 public:
  using GraphRewriter::GraphRewriter;

 private:
  using Key = std::pair<std::string_view, std::vector<ValueId>>;
  struct Known {
    Attributes attributes;
    std::vector<ValueId> results;
  };

  std::vector<ValueId> rewrite(const Node& node, const std::vector<ValueId>& inputs) override {
    std::vector<Known>& candidates = known_[{node.op->name, inputs}];
    for (const Known& candidate : candidates)
      if (candidate.attributes == node.attributes && gives_all(candidate.results, node.outputs))
        return candidate.results;
    std::vector<ValueId> results = copy(node, inputs);
    candidates.push_back({node.attributes, results});
    return results;
  }

  // A result that nobody asked for the first time may be asked for now.
  static bool gives_all(const std::vector<ValueId>& results, const std::vector<ValueId>& wanted) {
    if (results.size() != wanted.size()) return false;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] && !results[i]) return false;
    return true;
  }

  std::map<Key, std::vector<Known>> known_;
};

}  // namespace

Graph eliminate_common_subexpressions(const Graph& graph, const Context&) {
  return EliminateCommonSubexpressions(graph).run();
}

}  // namespace tenon::high
