// Looking up functions, and what becomes of a model when their calls are expanded.
//
//   30 functions, each calling the next twice   ->   "the model grows to more than 1000000 nodes"
#include "frontend/functions.h"

#include <algorithm>

namespace tenon::frontend {
namespace {

using onnx::FunctionProto;
using onnx::NodeProto;

std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

std::string key_of(const std::string& domain, const std::string& name,
                   const std::string& overload) {
  return domain_of(domain) + '\0' + name + '\0' + overload;
}

// Nodes after expansion, and how deep calls and subgraphs are nested.
struct Extent {
  int64_t nodes = 0;
  int depth = 0;

  void add(const Extent& inner) {
    nodes = std::min(nodes + inner.nodes, kMostNodes + 1);
    depth = std::max(depth, inner.depth + 1);
  }
};

class ExpansionCheck {
 public:
  ExpansionCheck(const OnnxFile& file, Diagnostics& diagnostics)
      : functions_(file.model), place_{file.base_name, "", 0, 0}, diagnostics_(diagnostics) {}

  void run(const onnx::GraphProto& graph) {
    Extent extent = extent_of(graph.node());
    if (failed_) return;
    if (extent.depth > kMostDepth)
      report_depth();
    else if (extent.nodes > kMostNodes)
      diagnostics_
          .error(place_, "with its functions expanded the model has more than " +
                             std::to_string(kMostNodes) + " nodes, the limit")
          .help("check the functions of the model: each call is a copy of the function's nodes");
  }

 private:
  void report_depth() {
    failed_ = true;
    diagnostics_
        .error(place_, "functions and subgraphs are nested more than " +
                           std::to_string(kMostDepth) + " deep, the limit")
        .help("expand some of them with onnx.inliner");
  }

  void report_recursion(const FunctionProto* function) {
    failed_ = true;
    auto first = std::find(path_.begin(), path_.end(), function);
    std::vector<std::string> names;
    for (auto it = first; it != path_.end(); ++it)
      names.push_back(tenon::quoted(function_name(**it)));
    diagnostics_
        .error(place_, (names.size() == 1
                            ? "the function " + names[0] + " calls itself"
                            : "the functions " + join(names, ", ") + " call each other in a ring") +
                           ": recursion without an end")
        .help("a function must not reach itself; write a Loop");
  }

  Extent extent_of(const google::protobuf::RepeatedPtrField<NodeProto>& nodes) {
    Extent extent;
    for (const NodeProto& node : nodes) {
      if (failed_) break;
      extent.nodes = std::min(extent.nodes + 1, kMostNodes + 1);
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_g()) extent.add(extent_of(attribute.g().node()));
        for (const onnx::GraphProto& graph : attribute.graphs())
          extent.add(extent_of(graph.node()));
      }
      if (const FunctionProto* function = functions_.find(node)) extent.add(extent_of(function));
    }
    return extent;
  }

  Extent extent_of(const FunctionProto* function) {
    if (auto known = known_.find(function); known != known_.end()) return known->second;
    if (std::find(path_.begin(), path_.end(), function) != path_.end())
      report_recursion(function);
    else if (path_.size() > static_cast<size_t>(kMostDepth))
      report_depth();
    if (failed_) return {};
    path_.push_back(function);
    Extent extent = extent_of(function->node());
    path_.pop_back();
    return known_[function] = extent;
  }

  FunctionTable functions_;
  Place place_;
  Diagnostics& diagnostics_;
  std::vector<const FunctionProto*> path_;
  std::map<const FunctionProto*, Extent> known_;  // looked up, never iterated
  bool failed_ = false;
};

}  // namespace

OpsetImports opsets_of(const OpsetList& imports, OpsetImports outer) {
  for (const onnx::OperatorSetIdProto& import : imports)
    outer[domain_of(import.domain())] =
        static_cast<int>(std::clamp<int64_t>(import.version(), 0, INT32_MAX));
  return outer;
}

std::string function_name(const FunctionProto& function) {
  return (function.domain().empty() ? "" : function.domain() + ".") + function.name();
}

FunctionTable::FunctionTable(const onnx::ModelProto& model) {
  for (const FunctionProto& function : model.functions())
    functions_.emplace(key_of(function.domain(), function.name(), function.overload()), &function);
}

const FunctionProto* FunctionTable::find(const NodeProto& node) const {
  if (functions_.empty()) return nullptr;
  auto found = functions_.find(key_of(node.domain(), node.op_type(), node.overload()));
  return found != functions_.end() ? found->second : nullptr;
}

void check_expansion(const OnnxFile& file, Diagnostics& diagnostics) {
  ExpansionCheck(file, diagnostics).run(file.model.graph());
}

AttributeMap bind_call(const FunctionProto& function, const NodeProto& call,
                       const AttributeMap& given) {
  if (call.input_size() > function.input_size())
    throw NodeFailure{"the node has " + std::to_string(call.input_size()) +
                          " inputs, the function " + function_name(function) + " takes " +
                          std::to_string(function.input_size()),
                      "remove the inputs that are too many"};
  if (call.output_size() > function.output_size())
    throw NodeFailure{"the node has " + std::to_string(call.output_size()) +
                          " outputs, the function " + function_name(function) + " gives " +
                          std::to_string(function.output_size()),
                      "remove the outputs that are too many"};
  AttributeMap bound;
  for (const onnx::AttributeProto& attribute : function.attribute_proto())
    bound[attribute.name()] = &attribute;
  for (const std::string& name : function.attribute())
    if (!given.count(name))
      throw NodeFailure{
          "the attribute " + name + " of the function " + function_name(function) + " is missing",
          "it has no default; give the node an attribute of that name"};
  for (const auto& [name, attribute] : given) {
    bool declared = bound.count(name) ||
                    std::find(function.attribute().begin(), function.attribute().end(), name) !=
                        function.attribute().end();
    if (!declared)
      throw NodeFailure{"the function " + function_name(function) + " has no attribute " + name,
                        "remove the attribute"};
    bound[name] = attribute;
  }
  return bound;
}

const FunctionProto* definition_of(const NodeView& node, int default_opset,
                                   const std::vector<onnx::TypeProto>& input_types,
                                   FunctionProto& storage) {
  if (node.schema.HasFunction()) {
    if (const FunctionProto* body = node.schema.GetFunction(default_opset)) return body;
  }
  if (!node.schema.HasContextDependentFunction()) return nullptr;
  NodeProto resolved = node.proto;
  resolved.clear_attribute();
  for (const auto& [name, attribute] : node.attributes) {
    onnx::AttributeProto* copy = resolved.add_attribute();
    *copy = *attribute;
    copy->set_name(name);
  }
  onnx::FunctionBodyBuildContextImpl context(resolved, input_types);
  try {
    if (!node.schema.BuildContextDependentFunction(context, storage, default_opset)) return nullptr;
  } catch (const std::exception& failure) {
    throw NodeFailure{
        std::string("the definition of the operator cannot be expanded: ") + failure.what(), ""};
  }
  return &storage;
}

}  // namespace tenon::frontend
