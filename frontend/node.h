// What the conversion of one ONNX node sees: its inputs as values of the graph, its attributes, its opset version. Internal
// to frontend/.
//
//   void convert_relu(NodeContext& node) { node.output(0, node.add("relu", {node.input(0)})); }
#pragma once

#include <onnx/onnx_pb.h>

#include "frontend/import.h"
#include "ir/high/op.h"

namespace tenon::frontend {

/// A fault of one node, in the user's words.
struct NodeFailure {
  std::string message;
  std::string help;
};

class NodeContext {
 public:
  NodeContext(high::GraphBuilder& builder, const onnx::NodeProto& proto, std::vector<high::ValueId> inputs, int opset, std::string name);

  const onnx::NodeProto& proto() const { return proto_; }
  high::GraphBuilder& builder() { return builder_; }
  ExprPool& pool() { return builder_.pool(); }
  /// Version of the operator set of the node's domain that the model imports.
  int opset() const { return opset_; }
  Location location() const { return {name_}; }

  int input_count() const { return static_cast<int>(inputs_.size()); }
  bool has_input(int i) const { return i < input_count() && inputs_[static_cast<size_t>(i)]; }
  /// The value of input i; absent optional ones are invalid, absent required ones fail.
  high::ValueId input(int i);
  high::ValueId optional_input(int i) const { return has_input(i) ? inputs_[static_cast<size_t>(i)] : high::ValueId{}; }
  const high::TensorType& type(int i) { return builder_.type(input(i)); }
  int rank(int i) { return type(i).rank(); }
  /// Elements of an input that must be known while compiling, as index expressions; `what` names it in the fault.
  std::vector<Expr> exprs(int i, const std::string& what);
  /// The same, where all must be literal.
  std::vector<int64_t> integers(int i, const std::string& what);
  /// Elements of a one-element float or integer input that must be known.
  double number(int i, const std::string& what);

  bool has_attribute(const std::string& name) const { return find(name) != nullptr; }
  int64_t integer(const std::string& name, std::optional<int64_t> otherwise = std::nullopt) const;
  double real(const std::string& name, std::optional<double> otherwise = std::nullopt) const;
  std::string text(const std::string& name, std::optional<std::string> otherwise = std::nullopt) const;
  std::vector<int64_t> integer_list(const std::string& name) const;  // empty where absent
  const onnx::TensorProto* tensor(const std::string& name) const;

  /// `axis` counted from the end made one counted from the start; fails outside of -rank .. rank-1.
  int64_t normalized_axis(int64_t axis, int64_t rank, const std::string& what = "axis") const;

  /// Adds a node with one result. The name of the node's first output is the hint for its name.
  high::ValueId add(std::string_view op, std::vector<high::ValueId> inputs, high::Attributes attributes = {});
  std::vector<high::ValueId> add_all(std::string_view op, std::vector<high::ValueId> inputs, high::Attributes attributes, int results);
  void output(int i, high::ValueId value);
  bool wants_output(int i) const { return i < proto_.output_size() && !proto_.output(i).empty(); }
  const std::vector<high::ValueId>& outputs() const { return outputs_; }

  [[noreturn]] void fail(std::string message, std::string help = "") const { throw NodeFailure{std::move(message), std::move(help)}; }

 private:
  const onnx::AttributeProto* find(const std::string& name) const;
  const onnx::AttributeProto* find(const std::string& name, int type, const char* type_name) const;

  high::GraphBuilder& builder_;
  const onnx::NodeProto& proto_;
  std::vector<high::ValueId> inputs_;
  std::vector<high::ValueId> outputs_;
  int opset_;
  std::string name_;
};

/// A row of the table: an ONNX operator, the versions of it that are read, and the conversion.
struct OnnxOperator {
  std::string_view name;
  std::vector<int> versions;  // since-versions; an older one of the model than the first is refused
  std::function<void(NodeContext&)> convert;
  std::string_view limits = "";
};

const std::vector<OnnxOperator>& onnx_operators();
const OnnxOperator* find_onnx_operator(std::string_view name);

/// Attributes from pairs.
high::Attributes attributes(std::initializer_list<std::pair<std::string, high::AttributeValue>> values);

}  // namespace tenon::frontend
