// The walk that all graph passes share.
#include "ir/high/passes.h"

namespace tenon::high {

GraphRewriter::GraphRewriter(const Graph& source)
    : source_(source),
      builder_(source),
      uses_(source.values.size(), 0),
      mapped_(source.values.size()) {
  for (const GraphOutput& output : source.outputs) ++uses_[static_cast<size_t>(output.value.index)];
  for (size_t i = source.nodes.size(); i-- > 0;) {
    const Node& node = source.nodes[i];
    bool used = false;
    for (ValueId result : node.outputs) used = used || (result && use_count(result) > 0);
    if (!used) continue;
    for (ValueId input : node.inputs)
      if (input) ++uses_[static_cast<size_t>(input.index)];
  }
}

Graph GraphRewriter::run() {
  for (const GraphInput& input : source_.inputs) {
    const Value& value = source_.value(input.value);
    mapped_[static_cast<size_t>(input.value.index)] =
        builder_.add_input(value.name, value.type, input.onnx_name);
  }
  for (const Node& node : source_.nodes) {
    bool used = false;
    for (ValueId result : node.outputs) used = used || (result && use_count(result) > 0);
    if (!used) continue;
    std::vector<ValueId> inputs;
    for (ValueId input : node.inputs) inputs.push_back(input ? map_value(input) : ValueId{});
    std::vector<ValueId> results = rewrite(node, inputs);
    TENON_CHECK(results.size() == node.outputs.size(), std::string(node.op->name));
    for (size_t i = 0; i < results.size(); ++i)
      if (node.outputs[i]) mapped_[static_cast<size_t>(node.outputs[i].index)] = results[i];
  }
  for (const GraphOutput& output : source_.outputs)
    builder_.add_output(map_value(output.value), output.onnx_name);
  return builder_.take();
}

std::vector<ValueId> GraphRewriter::rewrite(const Node& node, const std::vector<ValueId>& inputs) {
  return copy(node, inputs);
}

// Constants are copied when the first node that uses them is.
ValueId GraphRewriter::map_value(ValueId old) {
  ValueId& mapped = mapped_[static_cast<size_t>(old.index)];
  if (mapped) return mapped;
  const ConstantInfo* constant = source_.constant(old);
  TENON_CHECK(constant, "value " + source_.value(old).name + " is used before it is defined");
  const Value& value = source_.value(old);
  mapped = constant->initializer.empty()
               ? builder_.add_constant(value.name, value.type, constant->bytes)
               : builder_.add_initializer(value.name, value.type, constant->initializer);
  return mapped;
}

const Node* GraphRewriter::producer(ValueId value) const {
  const std::vector<Node>& nodes = const_cast<GraphRewriter*>(this)->builder_.graph().nodes;
  for (size_t i = nodes.size(); i-- > 0;)
    for (ValueId result : nodes[i].outputs)
      if (result == value) return &nodes[i];
  return nullptr;
}

}  // namespace tenon::high
