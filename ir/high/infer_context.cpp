// What an operator's `infer` is given, and the queries of operators and their attributes.
#include <algorithm>

#include "ir/expr/text.h"
#include "ir/high/op.h"

namespace tenon::high {

std::string_view name_of(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::Integer: return "integer";
    case AttributeKind::Number: return "number";
    case AttributeKind::Text: return "text";
    case AttributeKind::Integers: return "integers";
    case AttributeKind::Numbers: return "numbers";
    case AttributeKind::Exprs: return "index expressions";
    case AttributeKind::DType: return "element type";
  }
  return "";
}

bool is_of_kind(const AttributeValue& value, AttributeKind kind) {
  switch (kind) {
    case AttributeKind::Integer: return std::holds_alternative<int64_t>(value);
    case AttributeKind::Number: return std::holds_alternative<double>(value);
    case AttributeKind::Text: return std::holds_alternative<std::string>(value);
    case AttributeKind::Integers: return std::holds_alternative<std::vector<int64_t>>(value);
    case AttributeKind::Numbers: return std::holds_alternative<std::vector<double>>(value);
    case AttributeKind::Exprs: return std::holds_alternative<std::vector<Expr>>(value);
    case AttributeKind::DType:
      return std::holds_alternative<std::string>(value) &&
             dtype_named(std::get<std::string>(value)).has_value();
  }
  return false;
}

int Operator::min_inputs() const {
  return static_cast<int>(std::count_if(
      inputs.begin(), inputs.end(), [](std::string_view name) { return !name.ends_with("?"); }));
}

int Operator::max_inputs() const {
  return !inputs.empty() && inputs.back().ends_with("...") ? -1 : static_cast<int>(inputs.size());
}

std::string Operator::input_name(int i) const {
  if (inputs.empty()) return "input";
  size_t at = std::min(static_cast<size_t>(i), inputs.size() - 1);
  std::string name(inputs[at]);
  if (name.ends_with("..."))
    return name.substr(0, name.size() - 3) + "[" + std::to_string(static_cast<size_t>(i) - at) +
           "]";
  return name.ends_with("?") ? name.substr(0, name.size() - 1) : name;
}

const AttributeSchema* Operator::find_attribute(std::string_view attribute_name) const {
  for (const AttributeSchema& schema : attributes)
    if (schema.name == attribute_name) return &schema;
  return nullptr;
}

const TensorType& InferContext::input(int i) const {
  TENON_CHECK(has_input(i), std::string(node_.op->name));
  return graph_.value(node_.inputs[static_cast<size_t>(i)]).type;
}

const std::vector<Expr>* InferContext::elements(int i) const {
  if (!has_input(i)) return nullptr;
  const Value& value = graph_.value(node_.inputs[static_cast<size_t>(i)]);
  return value.elements ? &*value.elements : nullptr;
}

int InferContext::axis(const std::string& name, int rank) const {
  int64_t value = attributes().integer(name);
  if (value < -rank || value >= rank)
    fail("the " + name + " is " + std::to_string(value) + ", the tensor has rank " +
             std::to_string(rank),
         rank == 0 ? "a scalar has no axis"
                   : "give one from " + std::to_string(-rank) + " to " + std::to_string(rank - 1));
  return static_cast<int>(value < 0 ? value + rank : value);
}

const Ranges& InferContext::ranges() const {
  if (!ranges_) ranges_ = graph_.symbol_ranges();
  return *ranges_;
}

void InferContext::output(DType type, std::vector<Expr> shape) {
  for (Expr& extent : shape) extent = simplified(extent);
  outputs.push_back({"", {type, std::move(shape), {}}, std::nullopt});
}

void InferContext::output_elements(std::vector<Expr> elements) {
  for (Expr& element : elements) element = simplified(element);
  outputs.back().elements = std::move(elements);
}

Expr InferContext::require_equal(Expr a, Expr b, const std::string& what, const std::string& help) {
  a = simplified(a);
  b = simplified(b);
  if (a == b) return a;
  const int64_t *x = as_int(a), *y = as_int(b);
  if ((x && y) || proved(ne(a, b))) fail(what + ": " + to_string(a) + " and " + to_string(b), help);
  Expr kept = y ? b : a;
  Expr check = compare(a, b) < 0 ? eq(a, b) : eq(b, a);
  checks.push_back(check);
  return kept;
}

std::vector<Expr> InferContext::broadcast(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  size_t rank = std::max(a.size(), b.size());
  std::vector<Expr> shape(rank);
  for (size_t i = 0; i < rank; ++i) {  // i counts from the last axis
    Expr x = i < a.size() ? a[a.size() - 1 - i] : pool().index(1);
    Expr y = i < b.size() ? b[b.size() - 1 - i] : pool().index(1);
    Expr& extent = shape[rank - 1 - i];
    if (is_int(x, 1))
      extent = y;
    else if (is_int(y, 1))
      extent = x;
    else
      extent = require_equal(
          x, y, "the shapes do not broadcast, axis -" + std::to_string(i + 1) + " differs",
          "each dimension must be equal, or 1 in one of them; a symbolic one is 1 only where --dim "
          "fixes it");
  }
  return shape;
}

void InferContext::fail(std::string message, std::string help) const {
  throw InferFailure{std::move(message), std::move(help)};
}

}  // namespace tenon::high
