// Checks of a node against the definition of its operator.
//
//   Relu with the attribute slope   ->   "the operator has no attribute slope"
#include "frontend/schema.h"

#include <algorithm>

namespace tenon::frontend {
namespace {

using onnx::AttributeProto;
using onnx::OpSchema;

std::string counted(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// "1 input", "2 to 3 inputs", "at least 1 input".
std::string allowed(int least, int most, const std::string& noun) {
  if (least == most) return counted(least, noun);
  if (most >= 1 << 20) return "at least " + counted(least, noun);
  return std::to_string(least) + " to " + counted(most, noun);
}

void check_counts(const NodeView& node) {
  const OpSchema& schema = node.schema;
  int inputs = node.proto.input_size(), outputs = node.proto.output_size();
  if (inputs < schema.min_input() || inputs > schema.max_input())
    throw NodeFailure{"the node has " + counted(inputs, "input") + ", the operator takes " +
                          allowed(schema.min_input(), schema.max_input(), "input"),
                      inputs > schema.max_input() ? "remove the inputs that are too many"
                                                  : "connect the inputs that are missing"};
  if (outputs < schema.min_output() || outputs > schema.max_output())
    throw NodeFailure{"the node has " + counted(outputs, "output") + ", the operator gives " +
                          allowed(schema.min_output(), schema.max_output(), "output"),
                      ""};
  for (size_t i = 0; i < schema.inputs().size() && i < static_cast<size_t>(inputs); ++i)
    if (schema.inputs()[i].GetOption() == OpSchema::Single &&
        node.proto.input(static_cast<int>(i)).empty())
      throw NodeFailure{"the input " + tenon::quoted(schema.inputs()[i].GetName()) +
                            " is empty, and the operator needs it",
                        "connect the input"};
}

void check_attributes(const NodeView& node) {
  const auto& known = node.schema.attributes();
  std::vector<std::string> names;
  for (const auto& [name, definition] : known) names.push_back(name);
  std::sort(names.begin(), names.end());
  for (const auto& [name, attribute] : node.attributes) {
    auto definition = known.find(name);
    if (definition == known.end()) {
      std::string nearest = nearest_name(name, names);
      throw NodeFailure{"the operator has no attribute " + name,
                        !nearest.empty() ? "did you mean " + nearest + "?"
                        : names.empty()  ? "it takes no attributes"
                                         : "its attributes are " + join(names, ", ")};
    }
    if (attribute->type() != definition->second.type)
      throw NodeFailure{"the attribute " + name + " is " +
                            name_of_attribute_type(attribute->type()) + ", expected is " +
                            name_of_attribute_type(definition->second.type),
                        "export the model again, or write the attribute as " +
                            name_of_attribute_type(definition->second.type)};
  }
  for (const std::string& name : names)
    if (known.at(name).required && !node.attributes.count(name))
      throw NodeFailure{"the attribute " + name + " is missing",
                        "it has no default; give the node " +
                            name_of_attribute_type(known.at(name).type) + " of that name"};
}

}  // namespace

int newest_opset() {
  static const int newest =
      onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at(onnx::ONNX_DOMAIN).second;
  return newest;
}

const OpSchema* find_schema(const std::string& op_type, const std::string& domain, int opset) {
  return onnx::OpSchemaRegistry::Schema(op_type, opset, domain == "ai.onnx" ? "" : domain);
}

void check_against_schema(const NodeView& node) {
  check_counts(node);
  check_attributes(node);
}

std::string name_of_attribute_type(int type) {
  switch (type) {
    case AttributeProto::FLOAT: return "a float";
    case AttributeProto::INT: return "an int";
    case AttributeProto::STRING: return "a string";
    case AttributeProto::TENSOR: return "a tensor";
    case AttributeProto::GRAPH: return "a graph";
    case AttributeProto::SPARSE_TENSOR: return "a sparse tensor";
    case AttributeProto::TYPE_PROTO: return "a type";
    case AttributeProto::FLOATS: return "a list of floats";
    case AttributeProto::INTS: return "a list of ints";
    case AttributeProto::STRINGS: return "a list of strings";
    case AttributeProto::TENSORS: return "a list of tensors";
    case AttributeProto::GRAPHS: return "a list of graphs";
    case AttributeProto::SPARSE_TENSORS: return "a list of sparse tensors";
    case AttributeProto::TYPE_PROTOS: return "a list of types";
    default: return "without a type";
  }
}

std::string name_of_element_type(int64_t onnx_number) {
  if (onnx_number == onnx::TensorProto::COMPLEX64) return "complex64";
  if (onnx_number == onnx::TensorProto::COMPLEX128) return "complex128";
  if (onnx_number > 0 && onnx_number <= INT32_MAX)
    if (std::optional<DType> type = dtype_from_onnx(static_cast<int>(onnx_number)))
      return std::string(name_of(*type));
  return std::to_string(onnx_number);
}

}  // namespace tenon::frontend
