// What the conversion of one ONNX node sees: its inputs as values of the graph, its attributes, its
// opset version. Internal to frontend/.
//
//   void convert_relu(NodeContext& node) { node.result("relu", {node.input(0)}); }
#pragma once

#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

#include "frontend/onnx_file.h"
#include "ir/high/op.h"

namespace tenon::frontend {

/// A fault of one node, in the user's words.
struct NodeFailure {
  std::string message;
  std::string help;
};

/// The attributes that a node has, by name, where references to attributes of an enclosing function
/// are resolved.
using AttributeMap = std::map<std::string, const onnx::AttributeProto*>;

/// Adds an ONNX tensor to the graph as a constant: small ones with their elements, larger ones by
/// their name in the file. Throws NodeFailure where the tensor is not sound.
high::ValueId add_tensor(high::GraphBuilder& builder, const OnnxFile& file,
                         const onnx::TensorProto& tensor, const std::string& name_hint);

/// One node to convert. `schema` is the definition of its operator in the opset that the model
/// imports.
struct NodeView {
  const onnx::NodeProto& proto;
  const onnx::OpSchema& schema;
  AttributeMap attributes;
  std::string name;  // in messages and locations
};

class NodeContext {
 public:
  NodeContext(high::GraphBuilder& builder, const OnnxFile& file, const NodeView& view,
              std::vector<high::ValueId> inputs);

  const std::string& op_type() const { return view_.proto.op_type(); }
  high::GraphBuilder& builder() { return builder_; }
  ExprPool& pool() { return builder_.pool(); }
  /// The opset in which this operator took its present form: 13 for a Softmax of opset 17.
  int version() const { return view_.schema.since_version(); }
  Location location() const { return {view_.name}; }

  int input_count() const { return static_cast<int>(inputs_.size()); }
  bool has_input(int i) const { return i < input_count() && inputs_[static_cast<size_t>(i)]; }
  /// The value of input i; fails where it is absent.
  high::ValueId input(int i) const;
  high::ValueId optional_input(int i) const { return has_input(i) ? input(i) : high::ValueId{}; }
  const std::vector<high::ValueId>& inputs() const { return inputs_; }
  const high::TensorType& type(int i) const { return builder_.type(input(i)); }
  int rank(int i) const { return type(i).rank(); }
  Expr extent(int i, int64_t axis) const { return type(i).shape[static_cast<size_t>(axis)]; }
  /// Elements of an input that must be known while compiling, as index expressions; `what` names it
  /// in the fault.
  std::vector<Expr> exprs(int i, const std::string& what) const;
  /// The same, where all must be literal.
  std::vector<int64_t> integers(int i, const std::string& what) const;
  /// The element of a one-element integer or float input that must be known.
  double number(int i, const std::string& what) const;

  /// True where the node itself gives the attribute; a default of the operator does not count.
  bool has_attribute(const std::string& name) const { return view_.attributes.count(name) != 0; }
  /// The attribute, or the operator's default; fails where there is neither.
  int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  bool flag(const std::string& name) const { return integer(name) != 0; }
  /// The type that an integer attribute names by its ONNX number.
  DType dtype(const std::string& name) const;
  std::vector<int64_t> integer_list(const std::string& name) const;  // empty where absent
  std::vector<double> real_list(const std::string& name) const;
  std::vector<std::string> text_list(const std::string& name) const;
  const onnx::TensorProto* tensor(const std::string& name) const;  // null where absent

  /// `axis` counted from the end made one counted from the start; fails outside of -rank .. rank-1.
  int64_t normalized_axis(int64_t axis, int64_t rank, const std::string& what = "axis") const;
  std::vector<int64_t> normalized_axes(std::vector<int64_t> axes, int64_t rank) const;
  /// The axes that newer versions take as input `i` and older ones as the attribute `axes`; none
  /// where it is absent.
  std::optional<std::vector<int64_t>> axes_attribute_or_input(int i, int version_of_input) const;

  /// Adds a node with one result.
  high::ValueId add(std::string_view op, std::vector<high::ValueId> inputs,
                    high::Attributes attributes = {});
  /// Adds a node whose results are the ONNX node's outputs; those that are not wanted are dropped.
  void result(std::string_view op, std::vector<high::ValueId> inputs,
              high::Attributes attributes = {});
  /// Makes a value output i.
  void output(int i, high::ValueId value);
  /// A name for output i, or for what leads to it.
  std::string output_name(int i) const;
  /// An ONNX tensor as a constant.
  high::ValueId constant(const onnx::TensorProto& tensor);
  /// An attribute that is a list of ints or floats as a constant vector.
  high::ValueId constant_of_list(const std::string& name);
  /// Literals as a constant of this shape.
  high::ValueId literal(DType type, const std::vector<int64_t>& shape,
                        const std::vector<double>& elements);
  bool wants_output(int i) const {
    return i < view_.proto.output_size() && !view_.proto.output(i).empty();
  }
  int output_count() const { return view_.proto.output_size(); }
  const std::vector<high::ValueId>& outputs() const { return outputs_; }

  [[noreturn]] void fail(std::string message, std::string help = "") const {
    throw NodeFailure{std::move(message), std::move(help)};
  }

 private:
  const onnx::AttributeProto* find(const std::string& name,
                                   onnx::AttributeProto::AttributeType type) const;
  const onnx::AttributeProto& get(const std::string& name,
                                  onnx::AttributeProto::AttributeType type) const;

  high::GraphBuilder& builder_;
  const OnnxFile& file_;
  const NodeView& view_;
  std::vector<high::ValueId> inputs_;
  std::vector<high::ValueId> outputs_;
};

/// A row of the table: an ONNX operator, the versions of it that are read, and the conversion.
struct OnnxOperator {
  std::string_view name;
  std::vector<int> versions;  // since-versions that are read, in order
  std::function<void(NodeContext&)> convert;
  std::string_view limits = "";  // what is refused, in words

  bool reads(int since_version) const;
};

/// All rows, in alphabetical order.
const std::vector<OnnxOperator>& onnx_operators();
const OnnxOperator* find_onnx_operator(std::string_view name);

/// Attributes from pairs.
high::Attributes attributes(
    std::initializer_list<std::pair<std::string, high::AttributeValue>> values);

}  // namespace tenon::frontend
