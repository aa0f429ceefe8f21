// Printing of the graph level.
#include <charconv>
#include <cmath>

#include "ir/expr/element.h"
#include "ir/expr/text.h"
#include "ir/high/op.h"
#include "ir/high/text.h"
#include "ir/loop/stage_text.h"

namespace tenon::high {
namespace {

// The shortest text that reads back as the same double, with a point or an exponent.
std::string number_text(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  char buffer[32];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

struct PrintAttribute {
  AttributeKind kind;

  template <class T>
  std::string list(const std::vector<T>& values) const {
    std::vector<std::string> parts;
    for (const T& value : values) parts.push_back((*this)(value));
    return "[" + join(parts, ", ") + "]";
  }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return number_text(value); }
  std::string operator()(Expr value) const { return to_string(value); }
  std::string operator()(const std::string& value) const {
    return kind == AttributeKind::DType ? value : quoted(value);
  }
  std::string operator()(const std::vector<int64_t>& values) const { return list(values); }
  std::string operator()(const std::vector<double>& values) const { return list(values); }
  std::string operator()(const std::vector<Expr>& values) const { return list(values); }
};

std::string attributes_text(const Node& node) {
  std::vector<std::string> parts;
  for (const AttributeSchema& schema : node.op->attributes) {
    auto found = node.attributes.all().find(std::string(schema.name));
    if (found == node.attributes.all().end() ||
        (schema.default_value && found->second == *schema.default_value))
      continue;
    parts.push_back(std::string(schema.name) + "=" +
                    std::visit(PrintAttribute{schema.kind}, found->second));
  }
  return parts.empty() ? "" : " {" + join(parts, ", ") + "}";
}

std::string value_text(const Graph& graph, ValueId id) {
  return id ? "%" + graph.value(id).name : "_";
}

// An element of a constant; its type is the constant's, so no suffix follows.
std::string element_text(DType type, Scalar value) {
  if (type == DType::Bool) return value.i ? "true" : "false";
  if (!is_float(type))
    return type == DType::U64 ? std::to_string(static_cast<uint64_t>(value.i))
                              : std::to_string(value.i);
  if (type == DType::F64 || !std::isfinite(value.f)) return number_text(value.f);
  char buffer[32];
  std::string text(buffer,
                   std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value.f)).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string constant_text(const Graph& graph, const ConstantInfo& constant) {
  const Value& value = graph.value(constant.value);
  std::string text = "const %" + value.name + " : " + to_string(value.type) + " = ";
  if (!constant.initializer.empty()) return text + "initializer " + quoted(constant.initializer);
  std::vector<std::string> elements;
  int64_t count = *element_count(value.type.shape);
  for (int64_t i = 0; i < count; ++i)
    elements.push_back(
        element_text(value.type.type, load_element(value.type.type, constant.bytes.data(), i)));
  return text + bracketed_lines(elements, 4);
}

}  // namespace

std::string to_string(const Graph& graph, const Node& node) {
  std::vector<std::string> results, inputs, types;
  for (ValueId id : node.outputs) {
    results.push_back(value_text(graph, id));
    types.push_back(to_string(graph.value(id).type));
  }
  for (ValueId id : node.inputs) inputs.push_back(value_text(graph, id));
  std::string text = join(results, ", ") + " = " + std::string(node.op->name);
  if (!inputs.empty()) text += " " + join(inputs, ", ");
  return text + attributes_text(node) + " : " + join(types, ", ") + location_suffix(node.location);
}

std::string to_string(const Graph& graph) {
  TextWriter writer;
  writer.line("model " + graph.name + " {");
  writer.indent();
  if (!graph.model_file.empty())
    writer.line("model_file " + quoted(graph.model_file) + " sha256 " + quoted(graph.model_sha256));
  for (const Symbol& symbol : graph.symbols) writer.line(loop::to_string(symbol));
  for (Expr check : graph.checks) writer.line("check " + to_string(check));
  for (const GraphInput& input : graph.inputs) {
    const Value& value = graph.value(input.value);
    writer.line("input %" + value.name + " : " + to_string(value.type) + " " +
                quoted(input.onnx_name));
  }
  for (const ConstantInfo& constant : graph.constants) writer.line(constant_text(graph, constant));
  int group = -1;
  auto change_group = [&](int next) {
    if (next == group) return;
    if (group >= 0) writer.dedent(), writer.line("}");
    if (next >= 0)
      writer.line("group @" + graph.groups[static_cast<size_t>(next)].name + " {"), writer.indent();
    group = next;
  };
  for (const Node& node : graph.nodes) {
    change_group(node.group);
    writer.line(to_string(graph, node));
  }
  change_group(-1);
  for (const GraphOutput& output : graph.outputs)
    writer.line("output %" + graph.value(output.value).name + " " + quoted(output.onnx_name));
  writer.dedent();
  writer.line("}");
  return writer.take();
}

}  // namespace tenon::high
