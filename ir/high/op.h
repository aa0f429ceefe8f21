// Operators: one definition each, in ops/<family>.cpp. Evaluation, constant folding, the reference
// and every backend follow from it.
//
//   const Operator leaky_relu = {
//       .name = "leaky_relu",
//       .inputs = {"x"},
//       .attributes = {{"alpha", AttributeKind::Number, 0.01}},
//       .fusion = FusionClass::Elementwise,
//       .infer = same_type_as_input,
//       .compute = elementwise([](const Attributes& a, Expr x) {
//         return select(is_positive(x), x, x * a.number("alpha"));
//       }),
//   };
#pragma once

#include <functional>
#include <string_view>

#include "ir/high/graph.h"
#include "ir/tensor/nodes.h"

namespace tenon::high {

enum class AttributeKind : uint8_t { Integer, Number, Text, Integers, Numbers, Exprs, DType };

std::string_view name_of(AttributeKind kind);
/// True when the value is one of this kind; of a DType, that the text names a type.
bool is_of_kind(const AttributeValue& value, AttributeKind kind);

struct AttributeSchema {
  std::string_view name;
  AttributeKind kind;
  std::optional<AttributeValue> default_value;  // none: required
};

/// Why types do not fit, in the user's words.
struct InferFailure {
  std::string message;
  std::string help;
};

/// What `infer` sees and gives.
class InferContext {
 public:
  InferContext(ExprPool& pool, const Graph& graph, const Node& node)
      : pool_(pool), graph_(graph), node_(node) {}

  ExprPool& pool() const { return pool_; }
  int input_count() const { return static_cast<int>(node_.inputs.size()); }
  bool has_input(int i) const { return i < input_count() && node_.inputs[static_cast<size_t>(i)]; }
  const TensorType& input(int i) const;
  int rank(int i) const { return input(i).rank(); }
  Expr dim(int i, int axis) const { return input(i).shape[static_cast<size_t>(axis)]; }
  /// Elements of a small input, when known.
  const std::vector<Expr>* elements(int i) const;
  const Attributes& attributes() const { return node_.attributes; }
  /// The attribute `name` as an axis of a tensor of this rank: -1 is the last; fails outside.
  int axis(const std::string& name, int rank) const;
  const Ranges& ranges() const;
  /// Simplified under the symbols' ranges.
  Expr simplified(Expr e) const { return simplify(e, ranges()); }
  bool proved(Expr condition) const { return prove(condition, ranges()); }

  /// The type of the next result; extents are simplified.
  void output(DType type, std::vector<Expr> shape);
  /// Elements of the result added last, where they do not follow from `compute`.
  void output_elements(std::vector<Expr> elements);
  /// The dimensions must be equal; when that can be neither proved nor refuted, a check at run time
  /// is recorded. Gives the one that says more: a literal rather than a symbol.
  Expr require_equal(Expr a, Expr b, const std::string& what, const std::string& help = "");
  /// Numpy's broadcast of two shapes; a symbolic dimension meets 1 or its equal.
  std::vector<Expr> broadcast(const std::vector<Expr>& a, const std::vector<Expr>& b);

  /// Throws InferFailure.
  [[noreturn]] void fail(std::string message, std::string help = "") const;

  std::vector<Value> outputs;  // types and elements as given
  std::vector<Expr> checks;    // recorded equalities

 private:
  ExprPool& pool_;
  const Graph& graph_;
  const Node& node_;
  mutable std::optional<Ranges> ranges_;
};

/// The type in which arithmetic on elements of `type` is done: f32 for f16, bf16 and smaller
/// floats, i8 and u8 for smaller integers, else itself.
DType arithmetic_type(DType type);

/// Builds the stages of one node inside a tensor function.
class ComputeContext {
 public:
  ComputeContext(ExprPool& pool, tensor::Function& function, const Graph& graph, const Node& node,
                 std::vector<std::string> input_tensors, std::vector<std::string> output_tensors);

  ExprPool& pool() const { return pool_; }
  const Attributes& attributes() const { return node_.attributes; }
  /// The attribute `name` as an axis from 0.
  int axis(const std::string& name, int rank) const;
  int input_count() const { return static_cast<int>(input_tensors_.size()); }
  bool has_input(int i) const {
    return i < input_count() && !input_tensors_[static_cast<size_t>(i)].empty();
  }
  const TensorType& input_type(int i) const;
  const std::vector<Expr>& input_shape(int i) const { return input_type(i).shape; }
  const TensorType& output_type(int i = 0) const;
  const std::vector<Expr>& output_shape(int i = 0) const { return output_type(i).shape; }
  /// False where nobody asked for this result; giving it is then allowed and has no effect.
  bool wants_output(int i) const;
  /// Elements of a small input, when known.
  const std::vector<Expr>* elements(int i) const;
  Expr index(int64_t value) const { return pool_.index(value); }
  bool proved(Expr condition) const;
  /// True when the condition holds at all points of these axes.
  bool proved(Expr condition, const std::vector<loop::Axis>& axes) const;

  /// An element of input i, as it is stored. Where the element is known while compiling, it is that
  /// expression.
  Expr input(int i, std::vector<Expr> indices, Expr otherwise = {}) const;
  /// The same in the type in which arithmetic is done: f16 and bf16 as f32, 4-bit integers as 8-bit
  /// ones.
  Expr number(int i, std::vector<Expr> indices) const;
  /// The element of input i that numpy's broadcast pairs with the element `indices` of the result:
  /// as stored, or as number().
  Expr broadcast_input(int i, const std::vector<Expr>& indices) const;
  Expr broadcast_number(int i, const std::vector<Expr>& indices) const;
  /// An element of a tensor that a stage of this node gave.
  Expr read(const std::string& tensor, std::vector<Expr> indices, Expr otherwise = {}) const;

  /// An axis with a name that no symbol has; axes named by `letters` ("nchw"), else i0, i1, ...;
  /// and their variables.
  loop::Axis axis_of(const std::string& name, Expr extent) const;
  std::vector<loop::Axis> axes(const std::vector<Expr>& shape, std::string_view letters = "") const;
  std::vector<Expr> vars(const std::vector<loop::Axis>& axes) const;
  Expr var(const loop::Axis& axis) const { return pool_.var(axis.name); }

  /// Adds a stage that writes a local tensor named after `hint`; returns the tensor's name. The
  /// target is the axes.
  std::string local(const std::string& hint, loop::Stage stage);
  /// Adds a stage that writes result i: all of it, or, where the stage names targets, one piece.
  /// The value is rounded to the result's type; a reduction in another type becomes a local stage
  /// and its conversion. Returns the name of the tensor that the stage itself writes.
  std::string result(int i, loop::Stage stage);
  /// The two steps of local(), for a tensor that the stages of a scan read (at the step before)
  /// before it is written.
  std::string declare(const std::string& hint, DType type, const std::vector<loop::Axis>& axes);
  void define(const std::string& tensor, loop::Stage stage);
  /// Starts a scan block: the stages added until end_scan() are computed step by step; returns its
  /// axis.
  loop::Axis begin_scan(const std::string& name, Expr extent);
  void end_scan();
  /// Names the stage on which schedule templates dispatch: `anchor(tensor, "gemm")`. The first of a
  /// group stays.
  void anchor(const std::string& tensor, const std::string& class_name);

 private:
  void add(loop::Stage stage);
  bool is_taken(const std::string& name) const;

  ExprPool& pool_;
  tensor::Function& function_;
  const Graph& graph_;
  const Node& node_;
  std::vector<std::string> input_tensors_, output_tensors_;
  Ranges ranges_;
  int scan_ = -1;
};

/// What fusion may do with an operator.
enum class FusionClass : uint8_t {
  Elementwise,  // an element of each result from one of each input (broadcast allowed): joins any
  Injective,    // an element of the result from one of an input, elsewhere: transpose, concat
  Reduction,    // softmax, norms, reductions: an anchor with cheap body
  Anchor,       // gemm, conv, pooling: an anchor with a template of its own
  Opaque,       // stays alone: recurrent cells
  View,         // no data moves when layouts allow: reshape
};

struct Operator {
  std::string_view name;
  /// Names of the inputs, for messages and documentation: "bias?" may be absent, "inputs..." takes
  /// the rest.
  std::vector<std::string_view> inputs = {"x"};
  std::vector<AttributeSchema> attributes = {};
  FusionClass fusion = FusionClass::Opaque;
  /// Types, symbolic shapes and known elements of the results; throws InferFailure.
  std::function<void(InferContext&)> infer;
  /// The meaning, as stages of a tensor function.
  std::function<void(ComputeContext&)> compute;

  int min_inputs() const;
  int max_inputs() const;  // -1: any number
  /// "weight" for input 1 of a convolution.
  std::string input_name(int i) const;
  const AttributeSchema* find_attribute(std::string_view attribute_name) const;
};

/// All operators, in alphabetical order of names; ops/table.h is the only list.
const std::vector<const Operator*>& operator_table();
/// The operator of that name, or null.
const Operator* find_operator(std::string_view name);

/// Elements of each result that follow from those of the inputs, by evaluating `compute`
/// symbolically: null where an input's are not known, a value depends on more than that, or there
/// are more than kInlineElements.
std::vector<std::optional<std::vector<Expr>>> known_elements(const Graph& graph, const Node& node);

}  // namespace tenon::high
