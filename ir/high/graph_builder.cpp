// Builds graphs: names, constants, and nodes with inferred types.
//
//   builder.add1(ops::relu, {x}, {}, {"/act/Relu"})
//     ->   %relu = relu %x : f32[batch, 768] loc("/act/Relu")
#include <algorithm>
#include <cmath>

#include "ir/expr/element.h"
#include "ir/high/op.h"
#include "ir/high/ops/table.h"

namespace tenon::high {
namespace {

std::vector<std::string> names_of_attributes(const Operator& op) {
  std::vector<std::string> names;
  for (const AttributeSchema& schema : op.attributes) names.emplace_back(schema.name);
  return names;
}

// Fills in defaults; a node whose attributes do not fit the schema is refused.
void complete_attributes(const Operator& op, Attributes& attributes) {
  for (const auto& [name, value] : attributes.all()) {
    const AttributeSchema* schema = op.find_attribute(name);
    if (!schema) {
      std::string nearest = nearest_name(name, names_of_attributes(op));
      throw InferFailure{"the operator " + std::string(op.name) + " has no attribute " + name,
                         nearest.empty() ? "" : "did you mean " + nearest + "?"};
    }
    if (!is_of_kind(value, schema->kind))
      throw InferFailure{
          "the attribute " + name + " must be of the kind " + std::string(name_of(schema->kind)),
          ""};
  }
  for (const AttributeSchema& schema : op.attributes) {
    std::string name(schema.name);
    if (attributes.has(name)) continue;
    if (!schema.default_value) throw InferFailure{"the attribute " + name + " is missing", ""};
    attributes.set(name, *schema.default_value);
  }
}

void check_inputs(const Operator& op, const std::vector<ValueId>& inputs) {
  int count = static_cast<int>(inputs.size()), most = op.max_inputs();
  if (most >= 0 && count > most)
    throw InferFailure{std::to_string(count) + " inputs are given, at most " +
                           std::to_string(most) + " are expected",
                       ""};
  for (int i = 0; i < std::max(op.min_inputs(), count); ++i) {
    bool given = i < count && inputs[static_cast<size_t>(i)];
    if (i < op.min_inputs() && !given)
      throw InferFailure{"the input '" + op.input_name(i) + "' is missing", ""};
  }
}

// A result that no program could hold: a negative or enormous extent.
void check_result(const TensorType& type, const Ranges& ranges) {
  constexpr int kMostAxes = 32;
  if (type.rank() > kMostAxes)
    throw InferFailure{"the result would have " + std::to_string(type.rank()) +
                           " axes (the limit is " + std::to_string(kMostAxes) + ")",
                       ""};
  for (Expr extent : type.shape) {
    Interval bounds = bounds_of(extent, ranges);
    // The least integer stands for an open end of an interval, and a literal is none.
    const int64_t* literal = as_int(extent);
    if (literal ? *literal < 0 : bounds.max != Interval::kMax && bounds.max < 0)
      throw InferFailure{"the result would be " + to_string(type) + ", with a negative dimension",
                         ""};
    if (bounds.min != Interval::kMin && bounds.min >= kMaxExtent)
      throw InferFailure{
          "the result would be " + to_string(type) + ", with a dimension beyond 2^40", ""};
  }
  double bytes = bits_of(type.type) / 8.0;
  for (Expr extent : type.shape)
    if (const int64_t* value = as_int(extent)) bytes *= static_cast<double>(*value);
  if (bytes >= 0x1p46)
    throw InferFailure{"the result would be " + to_string(type) + ", more than 2^46 bytes", ""};
}

bool is_literal(Expr e) { return e.kind() == ExprKind::IntImm || e.kind() == ExprKind::FloatImm; }

}  // namespace

GraphBuilder::GraphBuilder(std::shared_ptr<ExprPool> pool, std::string name) {
  graph_.pool = std::move(pool);
  graph_.name = std::move(name);
}

GraphBuilder::GraphBuilder(const Graph& source) {
  graph_.pool = source.pool;
  graph_.name = source.name;
  graph_.model_file = source.model_file;
  graph_.model_sha256 = source.model_sha256;
  graph_.symbols = source.symbols;
  graph_.checks = source.checks;
}

std::string GraphBuilder::unique_name(const std::string& hint) {
  std::string word = to_word(hint);
  int& uses = used_names_[word];
  std::string name = word;
  while (uses > 0) {
    name = word + "_" + std::to_string(uses++);
    if (used_names_[name] == 0) break;
  }
  ++used_names_[name];
  return name;
}

ValueId GraphBuilder::add_value(const std::string& name_hint, TensorType type,
                                std::optional<std::vector<Expr>> elements) {
  ValueId id{static_cast<int32_t>(graph_.values.size())};
  graph_.values.push_back({unique_name(name_hint), std::move(type), std::move(elements)});
  return id;
}

const std::vector<Expr>* GraphBuilder::elements(ValueId id) const {
  const Value& value = graph_.value(id);
  return value.elements ? &*value.elements : nullptr;
}

ValueId GraphBuilder::add_input(const std::string& name, TensorType type, std::string onnx_name) {
  ValueId id = add_value(name, std::move(type));
  graph_.inputs.push_back({id, std::move(onnx_name)});
  return id;
}

ValueId GraphBuilder::add_constant(const std::string& name, TensorType type,
                                   std::vector<uint8_t> bytes) {
  std::optional<int64_t> count = element_count(type.shape);
  TENON_CHECK(count && *count <= kInlineElements &&
                  static_cast<int64_t>(bytes.size()) == bytes_of(type.type, *count),
              name);
  std::vector<Expr> elements;
  for (int64_t i = 0; i < *count; ++i) {
    Scalar value = load_element(type.type, bytes.data(), i);
    if (is_float(type.type))
      elements.push_back(pool().real(type.type, value.f));
    else
      elements.push_back(
          pool().integer(type.type == DType::Bool ? DType::Bool : DType::Index, value.i));
  }
  ValueId id = add_value(name, std::move(type), std::move(elements));
  graph_.constants.push_back({id, std::move(bytes), ""});
  return id;
}

ValueId GraphBuilder::add_initializer(const std::string& name, TensorType type,
                                      std::string initializer) {
  TENON_CHECK(element_count(type.shape).has_value(), name);
  ValueId id = add_value(name, std::move(type));
  graph_.constants.push_back({id, {}, std::move(initializer)});
  return id;
}

ValueId GraphBuilder::add_scalars(const std::string& name, DType type,
                                  const std::vector<int64_t>& shape,
                                  const std::vector<Scalar>& values) {
  TensorType tensor_type{type, {}, {}};
  for (int64_t extent : shape) tensor_type.shape.push_back(pool().index(extent));
  auto count = static_cast<int64_t>(values.size());
  std::vector<uint8_t> bytes(static_cast<size_t>(bytes_of(type, count)));
  for (int64_t i = 0; i < count; ++i)
    store_element(type, bytes.data(), i, values[static_cast<size_t>(i)]);
  return add_constant(name, std::move(tensor_type), std::move(bytes));
}

ValueId GraphBuilder::add_literal(const std::string& name, DType type,
                                  const std::vector<int64_t>& shape,
                                  const std::vector<double>& elements) {
  std::vector<Scalar> values;
  for (double element : elements)
    values.push_back(is_float(type) ? Scalar{.f = element}
                                    : Scalar{.i = static_cast<int64_t>(element)});
  return add_scalars(name, type, shape, values);
}

ValueId GraphBuilder::add_elements(const std::string& name, DType type,
                                   const std::vector<int64_t>& shape, std::vector<Expr> elements,
                                   Location location) {
  bool literal = std::all_of(elements.begin(), elements.end(), is_literal);
  if (!literal) {
    // The operator holds index expressions: of a bool, 1 or 0.
    for (Expr& element : elements)
      if (element.type() == DType::Bool)
        element = select(element, pool().index(1), pool().index(0));
    Attributes attributes;
    attributes.set("values", std::move(elements));
    attributes.set("shape", shape);
    attributes.set("type", std::string(name_of(type)));
    return add1(ops::elements, {}, std::move(attributes), std::move(location), name);
  }
  std::vector<Scalar> values;
  for (Expr element : elements)
    values.push_back(is_float(type) ? Scalar{.f = element.as<FloatImm>()->value}
                                    : Scalar{.i = *as_int(element)});
  return add_scalars(name, type, shape, values);
}

void GraphBuilder::add_output(ValueId value, std::string onnx_name) {
  graph_.outputs.push_back({value, std::move(onnx_name)});
}

void GraphBuilder::report(const Node& node, const InferFailure& failure) const {
  Place place;
  place.file = graph_.model_file;
  if (describe)
    place.what = describe(node.location);
  else if (!node.location.empty())
    place.what = "node " + quoted(node.location[0]);
  Diagnostic diagnostic{Severity::Error, std::move(place), failure.message, {}, failure.help};
  size_t width = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    width = std::max(width, node.op->input_name(static_cast<int>(i)).size());
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!node.inputs[i]) continue;
    const Value& value = graph_.value(node.inputs[i]);
    std::string role = node.op->input_name(static_cast<int>(i));
    role.resize(width, ' ');
    diagnostic.note(role + "  %" + value.name + " : " + to_string(value.type));
  }
  throw UserErrors({std::move(diagnostic)});
}

std::vector<ValueId> GraphBuilder::add(const Operator& op, std::vector<ValueId> inputs,
                                       Attributes attributes, Location location,
                                       std::vector<std::string> names) {
  Node node{&op, std::move(inputs), {}, std::move(attributes), std::move(location), group_};
  for (ValueId input : node.inputs)
    TENON_CHECK(!input || static_cast<size_t>(input.index) < graph_.values.size(),
                std::string(op.name));
  std::vector<Value> results;
  try {
    complete_attributes(op, node.attributes);
    check_inputs(op, node.inputs);
    InferContext context(pool(), graph_, node);
    op.infer(context);
    for (const Value& result : context.outputs) check_result(result.type, context.ranges());
    results = std::move(context.outputs);
    for (Expr check : context.checks)
      if (std::find(graph_.checks.begin(), graph_.checks.end(), check) == graph_.checks.end())
        graph_.checks.push_back(check);
  } catch (const InferFailure& failure) {
    report(node, failure);
  }
  for (size_t i = 0; i < results.size(); ++i) {
    std::string hint = i < names.size() && !names[i].empty() ? names[i] : std::string(op.name);
    node.outputs.push_back(
        add_value(hint, std::move(results[i].type), std::move(results[i].elements)));
  }
  std::vector<std::optional<std::vector<Expr>>> known = known_elements(graph_, node);
  for (size_t i = 0; i < known.size(); ++i) {
    Value& value = graph_.value(node.outputs[i]);
    if (known[i] && !value.elements) value.elements = std::move(known[i]);
  }
  graph_.nodes.push_back(node);
  return node.outputs;
}

ValueId GraphBuilder::add1(const Operator& op, std::vector<ValueId> inputs, Attributes attributes,
                           Location location, std::string name) {
  std::vector<ValueId> results =
      add(op, std::move(inputs), std::move(attributes), std::move(location), {std::move(name)});
  TENON_CHECK(results.size() == 1, std::string(op.name));
  return results[0];
}

std::vector<ValueId> GraphBuilder::copy(const Graph& source, const Node& node,
                                        std::vector<ValueId> inputs) {
  std::vector<std::string> names;
  for (ValueId output : node.outputs) names.push_back(source.value(output).name);
  std::vector<ValueId> results =
      add(*node.op, std::move(inputs), node.attributes, node.location, std::move(names));
  for (size_t i = 0; i < results.size(); ++i)
    graph_.value(results[i]).type.layout = source.value(node.outputs[i]).type.layout;
  return results;
}

}  // namespace tenon::high
