// The walk over nodes: ONNX names to values of the graph. Internal to frontend/.
#pragma once

#include "frontend/validate.h"

namespace tenon::frontend {

/// What a name stands for: a value, a tensor that becomes one when it is first used, or nothing,
/// where its node failed.
struct Binding {
  high::ValueId value;
  const onnx::TensorProto* tensor = nullptr;
  bool absent = false;  // an optional input of a function that the call does not give
};

/// Names of one graph, subgraph or function body.
struct Scope {
  Scope* outer = nullptr;  // of a subgraph, which sees the names around it
  std::map<std::string, Binding> names;
  AttributeMap attributes;  // of the call, which nodes of a function refer to
  OpsetImports opsets;
  std::string prefix;  // of the names of nodes: the calls that lead here
  const std::string* definition_of =
      nullptr;  // the node whose ONNX definition this is: its nodes go by its name
  int depth = 0;

  const Binding* find(const std::string& name) const;
};

/// Reads nodes into a graph. A node that cannot be read becomes a diagnostic, and those that need
/// its results are passed over.
class NodeImporter {
 public:
  NodeImporter(high::GraphBuilder& builder, const OnnxFile& file, Diagnostics& diagnostics);

  void import_nodes(const std::vector<const onnx::NodeProto*>& nodes, Scope& scope);
  /// The value of a name; invalid where its node failed.
  high::ValueId value_of(const std::string& name, Scope& scope);
  /// Adds one diagnostic for each operator that is not supported.
  void report_unsupported();

 private:
  struct Unsupported {
    Place place;
    std::string message, help;
    std::vector<std::string> others;  // nodes with the same operator
  };

  void import_node(const onnx::NodeProto& node, Scope& scope);
  void convert(const NodeView& view, Scope& scope, const std::vector<high::ValueId>& inputs);
  void expand_definition(const NodeView& view, Scope& scope,
                         const std::vector<high::ValueId>& inputs);
  void import_call(const onnx::FunctionProto& function, const onnx::NodeProto& node,
                   const std::string& name, const AttributeMap& given, Scope& scope,
                   const std::vector<high::ValueId>& inputs);
  void import_branch(const onnx::NodeProto& node, const std::string& name, Scope& scope,
                     high::ValueId condition);
  void bind_outputs(const onnx::NodeProto& node, Scope& scope, Scope& body,
                    const google::protobuf::RepeatedPtrField<std::string>& results);
  bool inputs_of(const onnx::NodeProto& node, Scope& scope, std::vector<high::ValueId>& inputs);
  bool is_supported(const onnx::NodeProto& node, const onnx::OpSchema* schema, const Scope& scope);
  void add_unsupported(const onnx::NodeProto& node, std::string message, std::string help);
  void report(const NodeFailure& failure);
  void report(const UserErrors& errors);

  high::GraphBuilder& builder_;
  const OnnxFile& file_;
  Diagnostics& diagnostics_;
  FunctionTable functions_;
  std::map<std::string, Unsupported> unsupported_;
  std::vector<std::string> unsupported_order_;
  Place place_;       // of the node that is read, or of the call or definition that it belongs to
  std::string note_;  // what that node is, inside of a definition
  int64_t nodes_ = 0;
};

}  // namespace tenon::frontend
