// Reads nodes one after the other.
//
//   y = Relu(x)               ->   %y = relu %x
//   y = local.Block(x)        ->   the nodes of the function, called "/block/..."
//   y = SoftmaxCrossEntropyLoss(x, t)   ->   the nodes of its ONNX definition
#include "frontend/import_nodes.h"

#include <algorithm>

#include "frontend/operators/operators.h"
#include "frontend/schema.h"

namespace tenon::frontend {

using high::ValueId;
using onnx::NodeProto;

namespace {

const std::string kGeneralHelp =
    "check the node's inputs and attributes in the program that made the model";

std::string default_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

int opset_of(const Scope& scope, const std::string& domain) {
  auto found = scope.opsets.find(default_domain(domain));
  return found != scope.opsets.end() ? found->second : 0;
}

// The attributes of a node by name; references to attributes of the enclosing function are
// followed.
AttributeMap attributes_of(const NodeProto& node, const Scope& scope) {
  AttributeMap result;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    const onnx::AttributeProto* value = &attribute;
    if (!attribute.ref_attr_name().empty()) {
      auto bound = scope.attributes.find(attribute.ref_attr_name());
      if (bound == scope.attributes.end()) continue;
      value = bound->second;
    }
    if (!result.emplace(attribute.name(), value).second)
      throw NodeFailure{"the attribute " + attribute.name() + " is given twice",
                        "remove one of them"};
  }
  return result;
}

onnx::TypeProto type_proto_of(const high::TensorType& type) {
  onnx::TypeProto proto;
  proto.mutable_tensor_type()->set_elem_type(onnx_number(type.type));
  onnx::TensorShapeProto* shape = proto.mutable_tensor_type()->mutable_shape();
  for (Expr extent : type.shape) {
    onnx::TensorShapeProto::Dimension* dim = shape->add_dim();
    if (const int64_t* known = as_int(extent)) dim->set_dim_value(*known);
  }
  return proto;
}

std::vector<const NodeProto*> in_order(const NodeList& nodes) {
  std::vector<const NodeProto*> result;
  for (const NodeProto& node : nodes) result.push_back(&node);
  return result;
}

std::string versions_text(const std::vector<int>& versions) {
  std::vector<std::string> parts;
  for (int version : versions) parts.push_back(std::to_string(version));
  return join(parts, ", ");
}

}  // namespace

const Binding* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope; scope = scope->outer)
    if (auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
  return nullptr;
}

NodeImporter::NodeImporter(high::GraphBuilder& builder, const OnnxFile& file,
                           Diagnostics& diagnostics)
    : builder_(builder),
      file_(file),
      diagnostics_(diagnostics),
      functions_(file.model),
      place_{file.base_name, "", 0, 0} {
  builder_.describe = [this](const Location&) { return place_.what; };
}

// ---- faults
// -------------------------------------------------------------------------------------------------

void NodeImporter::report(const NodeFailure& failure) {
  if (diagnostics_.error_count() >= kMostErrors) return;
  Diagnostic& error = diagnostics_.error(place_, failure.message);
  if (!note_.empty()) error.note(note_);
  error.help(failure.help.empty() ? kGeneralHelp : failure.help);
}

void NodeImporter::report(const UserErrors& errors) {
  for (const Diagnostic& found : errors.diagnostics()) {
    if (diagnostics_.error_count() >= kMostErrors) return;
    Diagnostic& error = diagnostics_.error(found.place, found.message);
    for (const std::string& note : found.notes) error.note(note);
    if (!note_.empty()) error.note(note_);
    error.help(found.help_text.empty() ? kGeneralHelp : found.help_text);
  }
}

void NodeImporter::add_unsupported(const NodeProto& node, std::string message, std::string help) {
  std::string key = default_domain(node.domain()) + "." + node.op_type();
  auto known = unsupported_.find(key);
  if (known != unsupported_.end()) {
    known->second.others.push_back(place_.what);
    return;
  }
  unsupported_[key] = {place_, std::move(message), std::move(help), {}};
  unsupported_order_.push_back(key);
}

void NodeImporter::report_unsupported() {
  constexpr size_t kMostOthers = 10;
  for (const std::string& key : unsupported_order_) {
    const Unsupported& entry = unsupported_.at(key);
    Diagnostic& error = diagnostics_.error(entry.place, entry.message);
    for (size_t i = 0; i < entry.others.size() && i < kMostOthers; ++i)
      error.note("also " + entry.others[i]);
    if (entry.others.size() > kMostOthers)
      error.note("and " + std::to_string(entry.others.size() - kMostOthers) + " more of them");
    error.help(entry.help);
  }
}

// True where a conversion or a definition exists.
bool NodeImporter::is_supported(const NodeProto& node, const onnx::OpSchema* schema,
                                const Scope& scope) {
  std::string domain = default_domain(node.domain());
  const OnnxOperator* row = domain.empty() ? find_onnx_operator(node.op_type()) : nullptr;
  if (schema) {
    if (row && row->reads(schema->since_version())) return true;
    if (schema->HasFunction() || schema->HasContextDependentFunction()) return true;
    if (domain.empty() && node.op_type() == "If") return true;
  }
  std::string name = (domain.empty() ? "" : domain + ".") + node.op_type();
  if (!domain.empty() && opset_of(scope, domain) == 0) {
    add_unsupported(node, "the model imports no opset of the domain " + tenon::quoted(domain),
                    "add an opset_import of that domain, or export the model again");
  } else if (schema && schema->deprecated()) {
    add_unsupported(node,
                    "ONNX has withdrawn this operator in opset " +
                        std::to_string(schema->since_version()) + ", and it has no definition",
                    "export the model again: `tenon ops` lists the operators that are supported");
  } else if (row && schema) {
    add_unsupported(node,
                    "version " + std::to_string(schema->since_version()) +
                        " of this operator is not supported, versions " +
                        versions_text(row->versions) + " are",
                    "convert the model to another opset with onnx.version_converter");
  } else if (row) {
    add_unsupported(node,
                    "opset " + std::to_string(opset_of(scope, domain)) + " has no operator " + name,
                    "convert the model to opset " + std::to_string(row->versions.front()) +
                        " or newer with onnx.version_converter");
  } else {
    std::string nearest;
    if (!schema && domain.empty()) {
      std::vector<std::string> names;
      for (const OnnxOperator& known : onnx_operators()) names.emplace_back(known.name);
      nearest = nearest_name(node.op_type(), names);
    }
    std::string unknown = schema ? "this operator is not supported"
                          : domain.empty()
                              ? "ONNX has no operator of this name"
                              : "this operator is not known: it has no definition in the model";
    add_unsupported(node, unknown,
                    nearest.empty()
                        ? "express it with other operators (`tenon ops` lists those that are "
                          "supported), or export it as a model-local function"
                        : "did you mean " + nearest + "? (`tenon ops` lists what is supported)");
  }
  return false;
}

// ---- names
// -------------------------------------------------------------------------------------------------

ValueId NodeImporter::value_of(const std::string& name, Scope& scope) {
  for (Scope* at = &scope; at; at = at->outer) {
    auto found = at->names.find(name);
    if (found == at->names.end()) continue;
    Binding& binding = found->second;
    if (!binding.value && binding.tensor)
      binding.value = add_tensor(builder_, file_, *binding.tensor, to_word(name));
    return binding.value;
  }
  return {};
}

// False where an input's node failed. Absent inputs are invalid values.
bool NodeImporter::inputs_of(const NodeProto& node, Scope& scope, std::vector<ValueId>& inputs) {
  for (const std::string& name : node.input()) {
    const Binding* binding = name.empty() ? nullptr : scope.find(name);
    ValueId value = binding && !binding->absent ? value_of(name, scope) : ValueId{};
    if (!name.empty() && !value && !(binding && binding->absent)) return false;
    inputs.push_back(value);
  }
  return true;
}

void NodeImporter::bind_outputs(const NodeProto& node, Scope& scope, Scope& body,
                                const google::protobuf::RepeatedPtrField<std::string>& results) {
  for (int i = 0; i < node.output_size() && i < results.size(); ++i)
    if (!node.output(i).empty())
      scope.names[node.output(i)] = {value_of(results.Get(i), body), nullptr, false};
}

// ---- nodes
// -------------------------------------------------------------------------------------------------

void NodeImporter::import_nodes(const std::vector<const NodeProto*>& nodes, Scope& scope) {
  for (const NodeProto* node : nodes) {
    Place outer_place = place_;
    std::string outer_note = note_;
    std::string name = scope.prefix + name_of_node(*node);
    if (scope.definition_of)
      note_ = "it stands for the node " + node->op_type() + " of its ONNX definition";
    else
      place_.what = describe_node(name, *node, scope.opsets);
    try {
      import_node(*node, scope);
    } catch (const NodeFailure& failure) {
      report(failure);
    } catch (const UserErrors& errors) {
      report(errors);
    }
    place_ = outer_place;
    note_ = outer_note;
  }
}

void NodeImporter::import_node(const NodeProto& node, Scope& scope) {
  if (++nodes_ > kMostNodes)
    user_error({file_.base_name, "", 0, 0},
               "the model grows to more than " + std::to_string(kMostNodes) + " nodes, the limit",
               kGeneralHelp);
  for (const std::string& output : node.output())
    if (!output.empty()) scope.names[output] = {};
  std::string name = scope.definition_of ? *scope.definition_of : scope.prefix + name_of_node(node);
  const onnx::FunctionProto* function = scope.definition_of ? nullptr : functions_.find(node);
  const onnx::OpSchema* schema =
      function ? nullptr
               : find_schema(node.op_type(), node.domain(), opset_of(scope, node.domain()));
  if (!function && !is_supported(node, schema, scope)) return;

  AttributeMap given = attributes_of(node, scope);
  std::vector<ValueId> inputs;
  if (function) {
    if (inputs_of(node, scope, inputs)) import_call(*function, node, name, given, scope, inputs);
    return;
  }
  NodeView view{node, *schema, std::move(given), name};
  check_against_schema(view);
  if (!inputs_of(node, scope, inputs)) return;
  if (node.op_type() == "If" && default_domain(node.domain()).empty())
    import_branch(node, name, scope, inputs.at(0));
  else
    convert(view, scope, inputs);
}

void NodeImporter::convert(const NodeView& view, Scope& scope, const std::vector<ValueId>& inputs) {
  const OnnxOperator* row = default_domain(view.proto.domain()).empty()
                                ? find_onnx_operator(view.proto.op_type())
                                : nullptr;
  if (!row || !row->reads(view.schema.since_version())) {
    expand_definition(view, scope, inputs);
    return;
  }
  NodeContext context(builder_, file_, view, inputs);
  try {
    row->convert(context);
  } catch (const UseDefinition&) {
    expand_definition(view, scope, inputs);
    return;
  }
  for (int i = 0; i < view.proto.output_size(); ++i)
    if (!view.proto.output(i).empty())
      scope.names[view.proto.output(i)] = {context.outputs()[static_cast<size_t>(i)], nullptr,
                                           false};
}

void NodeImporter::expand_definition(const NodeView& view, Scope& scope,
                                     const std::vector<ValueId>& inputs) {
  std::vector<onnx::TypeProto> types;
  for (ValueId input : inputs)
    types.push_back(input ? type_proto_of(builder_.type(input)) : onnx::TypeProto());
  onnx::FunctionProto storage;
  const onnx::FunctionProto* body = definition_of(view, opset_of(scope, ""), types, storage);
  if (!body)
    throw NodeFailure{
        "this form of the operator is not supported",
        "express it with other operators (`tenon ops` lists those that are supported)"};
  if (scope.depth >= kMostDepth)
    throw NodeFailure{"definitions are nested more than " + std::to_string(kMostDepth) + " deep",
                      ""};

  Scope inner;
  inner.opsets = opsets_of(body->opset_import(), scope.opsets);
  inner.definition_of = &view.name;
  inner.depth = scope.depth + 1;
  for (const auto& [name, attribute] : view.schema.attributes())
    if (attribute.default_value.has_type()) inner.attributes[name] = &attribute.default_value;
  for (const auto& [name, attribute] : view.attributes) inner.attributes[name] = attribute;
  for (int i = 0; i < body->input_size(); ++i) {
    ValueId value =
        static_cast<size_t>(i) < inputs.size() ? inputs[static_cast<size_t>(i)] : ValueId{};
    inner.names[body->input(i)] = {value, nullptr, !value};
  }
  import_nodes(in_order(body->node()), inner);
  bind_outputs(view.proto, scope, inner, body->output());
}

void NodeImporter::import_call(const onnx::FunctionProto& function, const NodeProto& node,
                               const std::string& name, const AttributeMap& given, Scope& scope,
                               const std::vector<ValueId>& inputs) {
  Scope inner;
  inner.attributes = bind_call(function, node, given);
  inner.opsets = opsets_of(function.opset_import(), opsets_of(file_.model.opset_import()));
  inner.prefix = name + "/";
  inner.depth = scope.depth + 1;
  std::set<std::string> known;
  for (int i = 0; i < function.input_size(); ++i) {
    ValueId value =
        static_cast<size_t>(i) < inputs.size() ? inputs[static_cast<size_t>(i)] : ValueId{};
    inner.names[function.input(i)] = {value, nullptr, !value};
    known.insert(function.input(i));
  }
  Diagnostics none;  // of names, which were checked before the walk
  import_nodes(ordered_nodes(function.node(), known, inner.opsets, place_, none), inner);
  for (const std::string& result : function.output())
    if (!inner.find(result))
      throw NodeFailure{"the function " + function_name(function) + " gives " +
                            tenon::quoted(result) + ", which none of its nodes makes",
                        "export the model again"};
  bind_outputs(node, scope, inner, function.output());
}

// An If whose condition is known is the nodes of one branch.
void NodeImporter::import_branch(const NodeProto& node, const std::string& name, Scope& scope,
                                 ValueId condition) {
  const std::vector<Expr>* elements = builder_.elements(condition);
  const int64_t* known = elements && elements->size() == 1 ? as_int((*elements)[0]) : nullptr;
  if (!known) {
    add_unsupported(
        node, "an If whose condition follows from data of the run is not supported",
        "export the model for one of the cases, or fix dimensions with --dim that decide it");
    return;
  }
  if (scope.depth >= kMostDepth)
    throw NodeFailure{"subgraphs are nested more than " + std::to_string(kMostDepth) + " deep", ""};
  const onnx::GraphProto* branch = nullptr;
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.name() == (*known ? "then_branch" : "else_branch")) branch = &attribute.g();
  if (!branch)
    throw NodeFailure{
        std::string("the attribute ") + (*known ? "then_branch" : "else_branch") + " is missing",
        ""};

  Scope inner;
  inner.outer = &scope;
  inner.attributes = scope.attributes;
  inner.opsets = scope.opsets;
  inner.prefix = name + "/";
  inner.definition_of = scope.definition_of;
  inner.depth = scope.depth + 1;
  std::set<std::string> names;
  for (const Scope* at = &scope; at; at = at->outer)
    for (const auto& [known_name, binding] : at->names) names.insert(known_name);
  for (const onnx::TensorProto& tensor : branch->initializer()) {
    inner.names[tensor.name()] = {{}, &tensor, false};
    names.insert(tensor.name());
  }
  int errors = diagnostics_.error_count();
  std::vector<const NodeProto*> nodes =
      ordered_nodes(branch->node(), names, inner.opsets, place_, diagnostics_);
  if (diagnostics_.error_count() > errors) return;
  import_nodes(nodes, inner);
  google::protobuf::RepeatedPtrField<std::string> results;
  for (const onnx::ValueInfoProto& output : branch->output()) *results.Add() = output.name();
  bind_outputs(node, scope, inner, results);
}

}  // namespace tenon::frontend
