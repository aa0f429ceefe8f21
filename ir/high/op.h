// Operators: one definition each, in ops/<family>.cpp. Evaluation, constant folding, the reference and every backend
// follow from it.
//
//   const Operator leaky_relu = {
//       .name = "leaky_relu",
//       .attributes = {{"alpha", AttributeKind::Number, 0.01}},
//       .infer = same_type_as_input,
//       .compute = elementwise([](const Attributes& a, ...) { return select(x > 0, x, a.number("alpha") * x); }),
//   };
#pragma once

#include <functional>
#include <string_view>

#include "ir/high/graph.h"
#include "ir/tensor/nodes.h"

namespace tenon::high {

enum class AttributeKind : uint8_t { Integer, Number, Text, Integers, Numbers, Exprs, DType };

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
  InferContext(ExprPool& pool, const Graph& graph, const Node& node) : pool_(pool), graph_(graph), node_(node) {}

  ExprPool& pool() const { return pool_; }
  int input_count() const { return static_cast<int>(node_.inputs.size()); }
  bool has_input(int i) const { return i < input_count() && node_.inputs[static_cast<size_t>(i)]; }
  const TensorType& input(int i) const;
  int rank(int i) const { return input(i).rank(); }
  Expr dim(int i, int axis) const { return input(i).shape[static_cast<size_t>(axis)]; }
  /// Elements of a small integer input, when known.
  const std::vector<Expr>* elements(int i) const;
  const Attributes& attributes() const { return node_.attributes; }
  const Ranges& ranges() const;
  /// Simplified under the symbols' ranges.
  Expr simplified(Expr e) const { return simplify(e, ranges()); }

  /// The type of the next result.
  void output(DType type, std::vector<Expr> shape);
  /// Elements of the result added last.
  void output_elements(std::vector<Expr> elements);
  /// The dimensions must be equal; when that cannot be proved and both are symbolic, a check at run time is recorded.
  void require_equal(Expr a, Expr b, const std::string& what);

  /// Throws InferFailure.
  [[noreturn]] void fail(std::string message, std::string help = "") const;

  std::vector<Value> outputs;     // types and elements as given
  std::vector<Expr> checks;       // recorded equalities

 private:
  ExprPool& pool_;
  const Graph& graph_;
  const Node& node_;
  mutable std::optional<Ranges> ranges_;
};

/// Builds the stages of one node inside a tensor function.
class ComputeContext {
 public:
  ComputeContext(ExprPool& pool, tensor::Function& function, const Graph& graph, const Node& node,
                 std::vector<std::string> input_tensors, std::vector<std::string> output_tensors);

  ExprPool& pool() const { return pool_; }
  const Attributes& attributes() const { return node_.attributes; }
  int input_count() const { return static_cast<int>(input_tensors_.size()); }
  bool has_input(int i) const { return i < input_count() && !input_tensors_[static_cast<size_t>(i)].empty(); }
  const TensorType& input_type(int i) const;
  const TensorType& output_type(int i = 0) const;
  Expr index(int64_t value) const { return pool_.index(value); }

  /// An element of input i.
  Expr input(int i, std::vector<Expr> indices, Expr otherwise = {}) const;
  /// An element of a tensor that a stage of this node gave.
  Expr read(const std::string& tensor, std::vector<Expr> indices, Expr otherwise = {}) const;

  /// Fresh axis variables for a shape: axes named by `letters` ("nchw"), else i0, i1, ...; and their variables.
  std::vector<loop::Axis> axes(const std::vector<Expr>& shape, std::string_view letters = "") const;
  std::vector<Expr> vars(const std::vector<loop::Axis>& axes) const;

  /// Adds a stage that writes a local tensor named after `hint`; returns the tensor's name.
  std::string local(const std::string& hint, loop::Stage stage);
  /// Adds a stage that writes result i (all of it when plain; else one piece).
  void result(int i, loop::Stage stage);
  /// Starts a scan block: the stages added until end_scan() are computed step by step; returns its variable.
  Expr begin_scan(const std::string& name, Expr extent);
  void end_scan();
  /// Names the stage on which schedule templates dispatch: `anchor(tensor, "gemm")`. The first of a group stays.
  void anchor(const std::string& tensor, const std::string& class_name);

  const std::string& output_tensor(int i = 0) const { return output_tensors_[static_cast<size_t>(i)]; }

 private:
  void add(loop::Stage stage);
  ExprPool& pool_;
  tensor::Function& function_;
  const Graph& graph_;
  const Node& node_;
  std::vector<std::string> input_tensors_, output_tensors_;
  int scan_ = -1;
};

/// What fusion may do with an operator.
enum class FusionClass : uint8_t {
  Elementwise,  // one element of each result from one of each input (broadcast allowed): joins anything
  Injective,    // one element of the result from one of the inputs, at other subscripts: transpose, slice, concat
  Reduction,    // softmax, norms, reductions: an anchor with cheap body
  Anchor,       // gemm, conv, pooling: an anchor with a template of its own
  Opaque,       // stays alone: recurrent cells
  View,         // no data moves when layouts allow: reshape
};

struct Operator {
  std::string_view name;
  int min_inputs = 1, max_inputs = 1;  // max -1: any number
  std::vector<AttributeSchema> attributes = {};
  FusionClass fusion = FusionClass::Opaque;
  /// Types, symbolic shapes and known elements of the results; throws InferFailure.
  std::function<void(InferContext&)> infer;
  /// The meaning, as stages of a tensor function.
  std::function<void(ComputeContext&)> compute;
};

/// All operators, in alphabetical order of names; ops/table.cpp is the only list.
const std::vector<const Operator*>& operator_table();
/// The operator of that name, or null.
const Operator* find_operator(std::string_view name);

}  // namespace tenon::high
