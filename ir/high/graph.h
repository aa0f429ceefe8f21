// The graph level: what a model computes, as operators on whole tensors. docs/text_format.md
// specifies the text.
//
//   model mlp {
//     input %x  : f32[batch, 768]
//     const %w  : f32[768, 3072] = initializer "fc1.weight"
//     %0 = matmul %x, %w         : f32[batch, 3072]   loc("/fc1/Gemm")
//     %y = relu %0               : f32[batch, 3072]   loc("/act/Relu")
//     output %y "y"
//   }
//
// Semantics
// - A graph is a value: nodes in an order in which they can be computed, each value defined once. A
//   pass builds a new graph; what it does not copy is gone.
// - Shapes are index expressions over the model's symbols. Two dimensions agree when they are the
//   same expression after simplification; a symbolic dimension never broadcasts.
// - `elements` of a small tensor, where known, are its elements as expressions: of type index for
//   integers (so shape arithmetic stays symbolic and costs nothing at run time), bool for bools,
//   literals for floats.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/expr/expr.h"
#include "ir/expr/fold.h"
#include "ir/expr/simplify.h"
#include "ir/loop/layout.h"
#include "ir/loop/nodes.h"
#include "support/location.h"

namespace tenon::high {

struct Operator;

using loop::Symbol;

struct TensorType {
  DType type = DType::F32;
  std::vector<Expr> shape;
  Layout layout;  // of the value in memory; row-major until choose_layout
  int rank() const { return static_cast<int>(shape.size()); }
};

/// "f32[batch, 768]", "f32[1, 64, 56, 56]<0, 1/16, 2, 3, 1%16>".
std::string to_string(const TensorType& type);

/// A value of the graph: a small index handle. -1 is an absent optional input, or a result that
/// nobody asked for.
struct ValueId {
  int32_t index = -1;
  explicit operator bool() const { return index >= 0; }
  auto operator<=>(const ValueId&) const = default;
};

/// Attributes of a node: the operator's schema says which and of what kind. Dtypes are stored as
/// their text.
using AttributeValue = std::variant<int64_t, double, std::string, std::vector<int64_t>,
                                    std::vector<double>, std::vector<Expr>>;

class Attributes {
 public:
  void set(const std::string& name, AttributeValue value) { values_[name] = std::move(value); }
  bool has(const std::string& name) const { return values_.count(name) != 0; }
  /// The attribute of that name; asking for one that is absent or of another kind is a bug of ours.
  int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::vector<int64_t>& integers(const std::string& name) const;
  const std::vector<double>& numbers(const std::string& name) const;
  const std::vector<Expr>& exprs(const std::string& name) const;
  DType dtype(const std::string& name) const;
  const std::map<std::string, AttributeValue>& all() const { return values_; }
  bool operator==(const Attributes&) const = default;

 private:
  std::map<std::string, AttributeValue> values_;
};

struct Value {
  std::string name;  // unique in the graph; a word
  TensorType type;
  // Row-major, when known: index or bool expressions, float literals.
  std::optional<std::vector<Expr>> elements;
};

struct Node {
  const Operator* op = nullptr;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
  Location location;
  int group = -1;  // index into Graph::groups, after group_for_fusion
};

/// Nodes that become one kernel: they stand together in the node order.
struct Group {
  std::string name;  // "fc1_relu", after its nodes
};

/// A constant: small ones carry their elements; larger ones name an initializer of the model file.
struct ConstantInfo {
  ValueId value;
  std::vector<uint8_t> bytes;  // row-major, little endian; when inlined
  std::string initializer;     // else the tensor's name in the model file
};

struct GraphOutput {
  ValueId value;
  std::string onnx_name;
};

struct GraphInput {
  ValueId value;
  std::string onnx_name;
};

struct Graph {
  std::shared_ptr<ExprPool> pool;
  std::string name;
  std::string model_file, model_sha256;  // base name and hash of the ONNX file, or ""
  std::vector<Symbol> symbols;
  std::vector<Value> values;
  std::vector<GraphInput> inputs;
  std::vector<GraphOutput> outputs;
  std::vector<ConstantInfo> constants;  // in order of their values
  std::vector<Node> nodes;
  std::vector<Group> groups;
  std::vector<Expr> checks;  // equalities of dimensions that must hold at run time

  Value& value(ValueId id) { return values[static_cast<size_t>(id.index)]; }
  const Value& value(ValueId id) const { return values[static_cast<size_t>(id.index)]; }
  const ConstantInfo* constant(ValueId id) const;  // null when the value is no constant
  Ranges symbol_ranges() const;
};

/// Constants of up to this many elements are readable by passes and stand in the text.
inline constexpr int64_t kInlineElements = 64;

/// Dimensions are below this: the sum of two, and a product with an element's size, stay far inside
/// i64.
inline constexpr int64_t kMaxExtent = int64_t{1} << 40;

/// Number of elements when every extent is a literal.
std::optional<int64_t> element_count(const std::vector<Expr>& shape);

/// Builds a graph node by node: infers types, and, where all inputs have known elements, the
/// elements of the results. Every pass builds its new graph through one; so does the frontend.
class GraphBuilder {
 public:
  GraphBuilder(std::shared_ptr<ExprPool> pool, std::string name);
  /// An empty graph with the name, model file, symbols and checks of `source`, and the same pool.
  explicit GraphBuilder(const Graph& source);

  ExprPool& pool() { return *graph_.pool; }
  Graph& graph() { return graph_; }
  const TensorType& type(ValueId id) const { return graph_.value(id).type; }
  /// Elements of the value, when known.
  const std::vector<Expr>* elements(ValueId id) const;

  ValueId add_input(const std::string& name, TensorType type, std::string onnx_name);
  /// A constant of at most kInlineElements elements.
  ValueId add_constant(const std::string& name, TensorType type, std::vector<uint8_t> bytes);
  /// A constant that stays in the model file.
  ValueId add_initializer(const std::string& name, TensorType type, std::string initializer);
  /// A constant of literal integers or floats.
  ValueId add_literal(const std::string& name, DType type, const std::vector<int64_t>& shape,
                      const std::vector<double>& elements);
  /// A value with these elements, as index, bool or float expressions: a constant when all are
  /// literals, else a node that computes them. Shape and Size become this.
  ValueId add_elements(const std::string& name, DType type, const std::vector<int64_t>& shape,
                       std::vector<Expr> elements, Location location);
  void add_output(ValueId value, std::string onnx_name);

  /// Adds a node of `op` with inferred result types; `names` are hints for its results. Attributes
  /// that are absent take their defaults. A fault of the model throws UserErrors: its place is
  /// `describe(location)`, its notes are the inputs.
  std::vector<ValueId> add(const Operator& op, std::vector<ValueId> inputs, Attributes attributes,
                           Location location, std::vector<std::string> names = {});
  /// The same for operators with one result.
  ValueId add1(const Operator& op, std::vector<ValueId> inputs, Attributes attributes,
               Location location, std::string name = "");
  /// The node of `source`, a graph on the same pool, with other inputs: same attributes, location,
  /// names and layouts.
  std::vector<ValueId> copy(const Graph& source, const Node& node, std::vector<ValueId> inputs);

  /// Nodes added from here on belong to this group (an index into graph().groups), or to none (-1).
  void set_group(int group) { group_ = group; }
  /// How faults name a node; by default `node "/fc1/Gemm"`.
  std::function<std::string(const Location&)> describe;

  Graph take() { return std::move(graph_); }

 private:
  std::string unique_name(const std::string& hint);
  ValueId add_scalars(const std::string& name, DType type, const std::vector<int64_t>& shape,
                      const std::vector<Scalar>& values);
  ValueId add_value(const std::string& name_hint, TensorType type,
                    std::optional<std::vector<Expr>> elements = std::nullopt);
  [[noreturn]] void report(const Node& node, const struct InferFailure& failure) const;

  Graph graph_;
  std::map<std::string, int> used_names_;
  int group_ = -1;
};

}  // namespace tenon::high
