// Nodes that become one kernel stand together in a group.
//
//   %0 = conv %x, %w   %1 = add %0, %s   %2 = relu %1   ->   group @conv_add_relu { %0 = conv ...  %1 = add ...  %2 = relu ... }
//
// A node may join the group of the latest of its producers, because everything else that it reads
// is then made before that group runs:
//   - an elementwise node joins any group but a view's or an opaque one's, when what it reads of
//     the group has its own shape
//   - a reduction or a data movement joins a group of elementwise nodes only, so that they become
//     its prologue
// and in each case only when it is the sole reader of what it takes: the value then never reaches
// memory.
#include <algorithm>
#include <set>

#include "ir/high/passes.h"

namespace tenon::high {
namespace {

struct Forming {
  std::vector<size_t> nodes;  // of the source
  bool constant = false;      // runs while compiling
  bool open = true;           // others may join
  bool elementwise = true;    // so far
};

class Grouper {
 public:
  explicit Grouper(const Graph& graph)
      : graph_(graph), group_of_(graph.values.size(), -1), uses_(graph.values.size(), 0) {
    for (const Node& node : graph.nodes) {
      std::set<ValueId> read(node.inputs.begin(), node.inputs.end());
      for (ValueId input : read)
        if (input) ++uses_[static_cast<size_t>(input.index)];
    }
    // must reach memory
    for (const GraphOutput& output : graph.outputs)
      uses_[static_cast<size_t>(output.value.index)] += 2;
  }

  Graph group() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) place(i);
    Graph result = graph_;
    result.nodes.clear();
    result.groups.clear();
    std::set<std::string> names;
    for (size_t g = 0; g < groups_.size(); ++g) {
      std::string base = name_of_group(groups_[g]), name = base;
      for (int n = 2; !names.insert(name).second; ++n) name = base + "_" + std::to_string(n);
      result.groups.push_back({name});
      for (size_t i : groups_[g].nodes) {
        result.nodes.push_back(graph_.nodes[i]);
        result.nodes.back().group = static_cast<int>(g);
      }
    }
    return result;
  }

 private:
  void place(size_t index) {
    const Node& node = graph_.nodes[index];
    int candidate = latest_producer(node);
    bool constant = is_constant(node);
    if (candidate < 0 ||
        !may_join(node, groups_[static_cast<size_t>(candidate)], candidate, constant)) {
      candidate = static_cast<int>(groups_.size());
      groups_.emplace_back();
      groups_.back().constant = constant;
      FusionClass fusion = node.op->fusion;
      groups_.back().open = fusion != FusionClass::Opaque && fusion != FusionClass::View;
    }
    Forming& group = groups_[static_cast<size_t>(candidate)];
    group.nodes.push_back(index);
    group.elementwise = group.elementwise && node.op->fusion == FusionClass::Elementwise;
    for (ValueId result : node.outputs)
      if (result) group_of_[static_cast<size_t>(result.index)] = candidate;
  }

  int latest_producer(const Node& node) const {
    int latest = -1;
    for (ValueId input : node.inputs)
      if (input) latest = std::max(latest, group_of_[static_cast<size_t>(input.index)]);
    return latest;
  }

  // All inputs are constants of the model, or made from such by groups that run while compiling.
  bool is_constant(const Node& node) const {
    for (ValueId input : node.inputs) {
      if (!input || graph_.constant(input)) continue;
      int group = group_of_[static_cast<size_t>(input.index)];
      if (group < 0 || !groups_[static_cast<size_t>(group)].constant) return false;
    }
    return !node.inputs.empty();
  }

  bool may_join(const Node& node, const Forming& group, int number, bool constant) const {
    if (!group.open || group.constant != constant) return false;
    FusionClass fusion = node.op->fusion;
    bool elementwise = fusion == FusionClass::Elementwise;
    bool prologue =
        group.elementwise && (fusion == FusionClass::Reduction || fusion == FusionClass::Injective);
    if (!elementwise && !prologue) return false;
    for (ValueId input : node.inputs) {
      if (!input || group_of_[static_cast<size_t>(input.index)] != number) continue;
      if (uses_[static_cast<size_t>(input.index)] != 1) return false;
      if (elementwise && graph_.value(input).type.shape != graph_.value(node.outputs[0]).type.shape)
        return false;
    }
    return true;
  }

  std::string name_of_group(const Forming& group) const {
    const Node& first = graph_.nodes[group.nodes[0]];
    std::string name =
        to_word(first.location.empty() ? std::string(first.op->name) : first.location[0]);
    for (size_t i = 1; i < std::min<size_t>(group.nodes.size(), 4); ++i)
      name += "_" + std::string(graph_.nodes[group.nodes[i]].op->name);
    return name;
  }

  const Graph& graph_;
  std::vector<int> group_of_;
  std::vector<int> uses_;
  std::vector<Forming> groups_;
};

}  // namespace

Graph group_for_fusion(const Graph& graph, const Context&) { return Grouper(graph).group(); }

}  // namespace tenon::high
