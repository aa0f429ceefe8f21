// Access to the parts of one ONNX node, with faults in the user's words.
#include "frontend/node.h"

#include <algorithm>

#include "frontend/schema.h"
#include "ir/expr/text.h"

namespace tenon::frontend {

using high::ValueId;
using onnx::AttributeProto;

ValueId add_tensor(high::GraphBuilder& builder, const OnnxFile& file,
                   const onnx::TensorProto& tensor, const std::string& name_hint) {
  const std::string* name = file.name_of(tensor);
  // What is not the model's own stands in an ONNX definition and goes with it.
  TensorBytes of_definition("");
  Result<std::span<const uint8_t>> bytes =
      name ? file.bytes_of_tensor(tensor) : of_definition.of(tensor);
  if (!bytes)
    throw NodeFailure{"the tensor " + tenon::quoted(name_hint) + " is not sound: " + bytes.reason(),
                      ""};
  high::TensorType type{*dtype_from_onnx(tensor.data_type()), {}, {}};
  int64_t count = 1;
  for (int64_t extent : tensor.dims()) {
    type.shape.push_back(builder.pool().index(extent));
    count *= extent;
  }
  if (count <= high::kInlineElements)
    return builder.add_constant(name_hint, std::move(type),
                                std::vector<uint8_t>(bytes->begin(), bytes->end()));
  if (!name)
    throw NodeFailure{
        "a constant of more than 64 elements stands in the definition of this operator", ""};
  return builder.add_initializer(name_hint, std::move(type), *name);
}

NodeContext::NodeContext(high::GraphBuilder& builder, const OnnxFile& file, const NodeView& view,
                         std::vector<ValueId> inputs)
    : builder_(builder),
      file_(file),
      view_(view),
      inputs_(std::move(inputs)),
      outputs_(static_cast<size_t>(view.proto.output_size())) {}

// ---- inputs
// -------------------------------------------------------------------------------------------------

ValueId NodeContext::input(int i) const {
  if (!has_input(i))
    fail("input " + std::to_string(i) + " is missing",
         "give the node at least " + std::to_string(i + 1) + " inputs");
  return inputs_[static_cast<size_t>(i)];
}

std::vector<Expr> NodeContext::exprs(int i, const std::string& what) const {
  const std::vector<Expr>* elements = builder_.elements(input(i));
  if (!elements)
    fail("the " + what + " (input " + tenon::quoted(view_.proto.input(i)) + ") " +
             (is_integer(type(i).type) ? "follows from data that are only known at run time"
                                       : "must be integers"),
         "make it a constant, or a function of the shapes of the inputs");
  for (Expr element : *elements)
    if (element.type() != DType::Index)
      fail("the " + what + " must be integers", "convert the input with a Cast");
  return *elements;
}

std::vector<int64_t> NodeContext::integers(int i, const std::string& what) const {
  std::vector<int64_t> values;
  for (Expr element : exprs(i, what)) {
    const int64_t* literal = as_int(element);
    if (!literal)
      fail("the " + what + " must be constant, found " + to_string(element),
           "fix the dimension with --dim");
    values.push_back(*literal);
  }
  return values;
}

double NodeContext::number(int i, const std::string& what) const {
  const std::vector<Expr>* elements = builder_.elements(input(i));
  if (elements && elements->size() == 1) {
    if (const FloatImm* real = (*elements)[0].as<FloatImm>()) return real->value;
    if (const int64_t* integer = as_int((*elements)[0])) return static_cast<double>(*integer);
  }
  fail("the " + what + " must be one constant number", "make it a constant");
}

// ---- attributes
// -------------------------------------------------------------------------------------------------

const AttributeProto* NodeContext::find(const std::string& name,
                                        AttributeProto::AttributeType type) const {
  auto given = view_.attributes.find(name);
  const AttributeProto* attribute = given != view_.attributes.end() ? given->second : nullptr;
  if (!attribute) {
    auto defined = view_.schema.attributes().find(name);
    if (defined != view_.schema.attributes().end() && defined->second.default_value.has_type())
      attribute = &defined->second.default_value;
  }
  if (attribute && attribute->type() != type)
    fail("the attribute " + name + " is " + name_of_attribute_type(attribute->type()) +
         ", expected is " + name_of_attribute_type(type));
  return attribute;
}

const AttributeProto& NodeContext::get(const std::string& name,
                                       AttributeProto::AttributeType type) const {
  const AttributeProto* attribute = find(name, type);
  if (!attribute)
    fail("the attribute " + name + " is missing",
         "it has no default; give the node " + name_of_attribute_type(type) + " of that name");
  return *attribute;
}

int64_t NodeContext::integer(const std::string& name) const {
  return get(name, AttributeProto::INT).i();
}
double NodeContext::real(const std::string& name) const {
  return get(name, AttributeProto::FLOAT).f();
}
const std::string& NodeContext::text(const std::string& name) const {
  return get(name, AttributeProto::STRING).s();
}

DType NodeContext::dtype(const std::string& name) const {
  int64_t number = integer(name);
  std::optional<DType> type =
      number > 0 && number <= INT32_MAX ? dtype_from_onnx(static_cast<int>(number)) : std::nullopt;
  if (!type)
    fail("the attribute " + name + " names the element type " + name_of_element_type(number) +
         ", which is not supported");
  return *type;
}

std::vector<int64_t> NodeContext::integer_list(const std::string& name) const {
  const AttributeProto* attribute = find(name, AttributeProto::INTS);
  return attribute ? std::vector<int64_t>(attribute->ints().begin(), attribute->ints().end())
                   : std::vector<int64_t>();
}

std::vector<double> NodeContext::real_list(const std::string& name) const {
  const AttributeProto* attribute = find(name, AttributeProto::FLOATS);
  return attribute ? std::vector<double>(attribute->floats().begin(), attribute->floats().end())
                   : std::vector<double>();
}

std::vector<std::string> NodeContext::text_list(const std::string& name) const {
  const AttributeProto* attribute = find(name, AttributeProto::STRINGS);
  return attribute
             ? std::vector<std::string>(attribute->strings().begin(), attribute->strings().end())
             : std::vector<std::string>();
}

const onnx::TensorProto* NodeContext::tensor(const std::string& name) const {
  const AttributeProto* attribute = find(name, AttributeProto::TENSOR);
  return attribute ? &attribute->t() : nullptr;
}

// ---- axes
// -------------------------------------------------------------------------------------------------

int64_t NodeContext::normalized_axis(int64_t axis, int64_t rank, const std::string& what) const {
  if (axis < -rank || axis >= rank)
    fail("the " + what + " is " + std::to_string(axis) + ", expected is one of " +
             std::to_string(-rank) + ".." + std::to_string(rank - 1),
         rank == 0 ? "a scalar has no axes"
                   : "a tensor of rank " + std::to_string(rank) + " has the axes 0.." +
                         std::to_string(rank - 1));
  return axis < 0 ? axis + rank : axis;
}

std::vector<int64_t> NodeContext::normalized_axes(std::vector<int64_t> axes, int64_t rank) const {
  for (int64_t& axis : axes) axis = normalized_axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  auto twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end())
    fail("the axis " + std::to_string(*twice) + " is named twice", "name each axis once");
  return axes;
}

std::optional<std::vector<int64_t>> NodeContext::axes_attribute_or_input(
    int i, int version_of_input) const {
  if (version() >= version_of_input)
    return has_input(i) ? std::optional(integers(i, "axes")) : std::nullopt;
  return has_attribute("axes") ? std::optional(integer_list("axes")) : std::nullopt;
}

// ---- results
// -------------------------------------------------------------------------------------------------

namespace {

const high::Operator& operator_named(std::string_view name) {
  const high::Operator* op = high::find_operator(name);
  TENON_CHECK(op, "no operator " + std::string(name));
  return *op;
}

}  // namespace

ValueId NodeContext::add(std::string_view op, std::vector<ValueId> inputs, high::Attributes given) {
  return builder_.add1(operator_named(op), std::move(inputs), std::move(given), location());
}

void NodeContext::result(std::string_view op, std::vector<ValueId> inputs, high::Attributes given) {
  std::vector<std::string> names;
  for (int i = 0; i < output_count(); ++i) names.push_back(output_name(i));
  std::vector<ValueId> values = builder_.add(operator_named(op), std::move(inputs),
                                             std::move(given), location(), std::move(names));
  for (size_t i = 0; i < values.size(); ++i) output(static_cast<int>(i), values[i]);
}

void NodeContext::output(int i, ValueId value) {
  if (wants_output(i)) outputs_[static_cast<size_t>(i)] = value;
}

ValueId NodeContext::constant(const onnx::TensorProto& tensor) {
  return add_tensor(builder_, file_, tensor, output_name(0));
}

ValueId NodeContext::constant_of_list(const std::string& name) {
  const AttributeProto& list = *view_.attributes.at(name);
  if (const onnx::TensorProto* tensor = file_.tensor_of_list(list)) return constant(*tensor);
  return constant(vector_of(list));
}

ValueId NodeContext::literal(DType type, const std::vector<int64_t>& shape,
                             const std::vector<double>& elements) {
  return builder_.add_literal(output_name(0), type, shape, elements);
}

std::string NodeContext::output_name(int i) const {
  return wants_output(i) ? to_word(view_.proto.output(i)) : "";
}

high::Attributes attributes(
    std::initializer_list<std::pair<std::string, high::AttributeValue>> values) {
  high::Attributes result;
  for (const auto& [name, value] : values) result.set(name, value);
  return result;
}

}  // namespace tenon::frontend
