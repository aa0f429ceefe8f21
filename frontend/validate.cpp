// Checks of a model's structure. They trust nothing: the onnx library's own checker is not made for
// hostile files.
//
//   y = Relu(ghost)   ->   node "/relu" (Relu, opset 17): the input "ghost" is made by no node
#include "frontend/validate.h"

#include <algorithm>

#include "frontend/schema.h"

namespace tenon::frontend {
namespace {

using onnx::NodeProto;

const std::string kExportAgain = "export the model again";
constexpr size_t kMostNamesToCompare = 10'000;  // when looking for the nearest one

// Names that a subgraph of a node reads from outside, and those that it makes itself.
void collect_names_of(const onnx::GraphProto& graph, std::set<std::string>& read,
                      std::set<std::string>& made);

void collect_reads(const NodeProto& node, std::set<std::string>& read) {
  for (const std::string& name : node.input())
    if (!name.empty()) read.insert(name);
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    std::set<std::string> inner_read, made;
    collect_names_of(attribute.g(), inner_read, made);
    std::set_difference(inner_read.begin(), inner_read.end(), made.begin(), made.end(),
                        std::inserter(read, read.end()));
  }
}

void collect_names_of(const onnx::GraphProto& graph, std::set<std::string>& read,
                      std::set<std::string>& made) {
  for (const onnx::ValueInfoProto& input : graph.input()) made.insert(input.name());
  for (const onnx::TensorProto& tensor : graph.initializer()) made.insert(tensor.name());
  for (const NodeProto& node : graph.node()) {
    collect_reads(node, read);
    made.insert(node.output().begin(), node.output().end());
  }
  for (const onnx::ValueInfoProto& output : graph.output()) read.insert(output.name());
}

class OrderedNodes {
 public:
  OrderedNodes(const NodeList& nodes, const std::set<std::string>& known,
               const OpsetImports& opsets, const Place& where, Diagnostics& diagnostics)
      : nodes_(nodes), known_(known), opsets_(opsets), where_(where), diagnostics_(diagnostics) {}

  std::vector<const NodeProto*> run() {
    collect_makers();
    collect_edges();
    std::vector<const NodeProto*> order = sorted();
    if (static_cast<int>(order.size()) < nodes_.size()) report_cycle();
    return order;
  }

 private:
  void error(int node, const std::string& message, const std::string& help) {
    if (diagnostics_.error_count() >= kMostErrors) return;
    Place place = where_;
    place.what = (where_.what.empty() ? "" : where_.what + ": ") +
                 describe_node(name_of_node(nodes_[node]), nodes_[node], opsets_);
    diagnostics_.error(place, message).help(help);
  }

  void collect_makers() {
    for (int i = 0; i < nodes_.size(); ++i) {
      for (const std::string& name : nodes_[i].output()) {
        if (name.empty()) continue;
        if (known_.count(name)) {
          error(i, "the output " + tenon::quoted(name) + " has the name of an input or initializer",
                "give the output a name of its own");
          continue;
        }
        auto [maker, first] = makers_.emplace(name, i);
        if (!first)
          error(i,
                "the output " + tenon::quoted(name) + " is also made by the node " +
                    tenon::quoted(name_of_node(nodes_[maker->second])),
                "give each value one maker");
      }
    }
  }

  void collect_edges() {
    waits_.assign(static_cast<size_t>(nodes_.size()), 0);
    users_.resize(static_cast<size_t>(nodes_.size()));
    for (int i = 0; i < nodes_.size(); ++i) {
      std::set<std::string> read;
      collect_reads(nodes_[i], read);
      for (const std::string& name : read) {
        if (known_.count(name)) continue;
        auto maker = makers_.find(name);
        if (maker == makers_.end()) {
          error(i,
                "the input " + tenon::quoted(name) +
                    " is made by no node, and is no input or initializer",
                help_for(name));
          continue;
        }
        users_[static_cast<size_t>(maker->second)].push_back(i);
        ++waits_[static_cast<size_t>(i)];
      }
    }
  }

  std::string help_for(const std::string& name) {
    if (known_.size() + makers_.size() > kMostNamesToCompare ||
        diagnostics_.error_count() >= kMostErrors)
      return kExportAgain;
    std::vector<std::string> names(known_.begin(), known_.end());
    for (const auto& [made, maker] : makers_) names.push_back(made);
    std::string nearest = nearest_name(name, names);
    return nearest.empty() ? kExportAgain : "did you mean " + tenon::quoted(nearest) + "?";
  }

  // The earliest node of the file that waits for nothing, again and again.
  std::vector<const NodeProto*> sorted() {
    std::set<int> ready;
    for (int i = 0; i < nodes_.size(); ++i)
      if (waits_[static_cast<size_t>(i)] == 0) ready.insert(i);
    std::vector<const NodeProto*> order;
    while (!ready.empty()) {
      int i = *ready.begin();
      ready.erase(ready.begin());
      order.push_back(&nodes_[i]);
      for (int user : users_[static_cast<size_t>(i)])
        if (--waits_[static_cast<size_t>(user)] == 0) ready.insert(user);
    }
    return order;
  }

  // From any node that waits to one that it waits for, until one comes again.
  void report_cycle() {
    std::vector<int> waits_for(static_cast<size_t>(nodes_.size()), -1);
    int at = -1;
    for (int i = nodes_.size(); i-- > 0;) {
      if (waits_[static_cast<size_t>(i)] == 0) continue;
      at = i;
      for (int user : users_[static_cast<size_t>(i)]) waits_for[static_cast<size_t>(user)] = i;
    }
    std::vector<int> path;
    std::vector<bool> visited(static_cast<size_t>(nodes_.size()));
    while (!visited[static_cast<size_t>(at)]) {
      visited[static_cast<size_t>(at)] = true;
      path.push_back(at);
      at = waits_for[static_cast<size_t>(at)];
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    std::sort(path.begin(), path.end());
    std::vector<std::string> names;
    for (size_t i = 0; i < path.size() && i < 8; ++i)
      names.push_back(tenon::quoted(name_of_node(nodes_[path[i]])));
    if (path.size() > names.size())
      names.push_back(std::to_string(path.size() - names.size()) + " more");
    diagnostics_
        .error(where_, "the nodes " + join(names, ", ") + " need each other's results: a cycle")
        .help("a graph must be computable from its inputs; " + kExportAgain);
  }

  const NodeList& nodes_;
  const std::set<std::string>& known_;
  const OpsetImports& opsets_;
  Place where_;
  Diagnostics& diagnostics_;
  std::map<std::string, int> makers_;
  std::vector<int> waits_;               // how many values each node still lacks
  std::vector<std::vector<int>> users_;  // of each node's outputs
};

// ---- parts of the model
// -----------------------------------------------------------------------------------------

std::string describe_type(const onnx::TypeProto& type) {
  switch (type.value_case()) {
    case onnx::TypeProto::kSequenceType: return "a sequence";
    case onnx::TypeProto::kMapType: return "a map";
    case onnx::TypeProto::kOptionalType: return "an optional value";
    case onnx::TypeProto::kSparseTensorType: return "a sparse tensor";
    default: return "of no known type";
  }
}

void check_value_type(const onnx::ValueInfoProto& value, const Place& place,
                      Diagnostics& diagnostics) {
  if (value.type().value_case() != onnx::TypeProto::kTensorType) {
    diagnostics.error(place, "it is " + describe_type(value.type()) + ", expected is a tensor")
        .help("inputs and outputs must be dense tensors");
    return;
  }
  int number = value.type().tensor_type().elem_type();
  std::optional<DType> type = dtype_from_onnx(number);
  if (!type || *type == DType::String)
    diagnostics
        .error(place, number == 0 ? "it has no element type"
                                  : "its element type " + name_of_element_type(number) +
                                        " is not supported")
        .help("`tenon ops` lists what is; convert the values outside of the model");
}

void check_input(const DeclaredValue& input, const ImportOptions& options, const Place& place,
                 Diagnostics& diagnostics) {
  check_value_type(*input.proto, place, diagnostics);
  if (input.proto->type().has_tensor_type() && !input.has_shape &&
      !options.shapes.count(input.proto->name()))
    diagnostics.error(place, "it has no shape: not even the number of its axes is known")
        .help("give one: --shape " + input.proto->name() + "=1,3,224,224");
  google::protobuf::RepeatedField<int64_t> extents;
  for (const DeclaredDim& dim : input.dims)
    if (dim.symbol.empty()) extents.Add(dim.extent);
  if (Result<int64_t> count = element_count_of(extents); !count)
    diagnostics.error(place, "its shape is not sound: " + count.reason())
        .help(
            "a dimension that is not known gets a name in place of a number: export the model with "
            "a dynamic axis");
}

void check_initializers(const OnnxFile& file, Diagnostics& diagnostics) {
  std::set<std::string> names;
  for (const onnx::TensorProto& tensor : file.model.graph().initializer()) {
    Place place{file.base_name, "initializer " + tenon::quoted(tensor.name()), 0, 0};
    if (tensor.name().empty())
      diagnostics.error(place, "it has no name").help(kExportAgain);
    else if (!names.insert(tensor.name()).second)
      diagnostics.error(place, "there are two of that name")
          .help("give each initializer a name of its own");
    if (diagnostics.error_count() >= kMostErrors) return;
    Result<std::span<const uint8_t>> bytes = file.bytes_of_tensor(tensor);
    bool external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
    if (!bytes)
      diagnostics.error(place, bytes.reason())
          .help(external ? "the data must lie whole in the model's folder: copy all its files, or "
                           "save the model with the data inside"
                         : kExportAgain);
  }
  for (const onnx::SparseTensorProto& tensor : file.model.graph().sparse_initializer())
    diagnostics
        .error({file.base_name, "initializer " + tenon::quoted(tensor.values().name()), 0, 0},
               "it is a sparse tensor, which is not supported")
        .help("store it as a dense tensor");
}

void check_opset(const OnnxFile& file, Diagnostics& diagnostics) {
  Place place{file.base_name, "", 0, 0};
  bool imports_default = false;
  for (const onnx::OperatorSetIdProto& import : file.model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    imports_default = true;
    if (import.version() < kOldestOpset || import.version() > newest_opset())
      diagnostics
          .error(place, "the model uses opset " + std::to_string(import.version()) + ", opsets " +
                            std::to_string(kOldestOpset) + " to " + std::to_string(newest_opset()) +
                            " are known")
          .help("convert the model with onnx.version_converter, or export it for opset 17");
  }
  bool needed = std::any_of(
      file.model.graph().node().begin(), file.model.graph().node().end(),
      [](const NodeProto& node) { return node.domain().empty() || node.domain() == "ai.onnx"; });
  if (!imports_default && needed)
    diagnostics.error(place, "the model does not say which opset its operators are of")
        .help("add an opset_import of the default domain; " + kExportAgain);
}

void check_functions(const OnnxFile& file, Diagnostics& diagnostics) {
  for (const onnx::FunctionProto& function : file.model.functions()) {
    Place place{file.base_name, "function " + tenon::quoted(function_name(function)), 0, 0};
    std::set<std::string> known(function.input().begin(), function.input().end());
    ordered_nodes(function.node(), known,
                  opsets_of(function.opset_import(), opsets_of(file.model.opset_import())), place,
                  diagnostics);
  }
}

}  // namespace

std::string name_of_node(const NodeProto& node) {
  if (!node.name().empty() || node.output_size() == 0) return node.name();
  return node.output(0);
}

std::string describe_node(const std::string& name, const NodeProto& node,
                          const OpsetImports& opsets) {
  std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
  auto version = opsets.find(domain);
  std::string opset = version == opsets.end() ? "" : ", opset " + std::to_string(version->second);
  return "node " + tenon::quoted(name) + " (" + (domain.empty() ? "" : domain + ".") +
         node.op_type() + opset + ")";
}

std::vector<const NodeProto*> ordered_nodes(const NodeList& nodes,
                                            const std::set<std::string>& known,
                                            const OpsetImports& opsets, const Place& where,
                                            Diagnostics& diagnostics) {
  return OrderedNodes(nodes, known, opsets, where, diagnostics).run();
}

void validate_model(const OnnxFile& file, const Declarations& declarations,
                    const ImportOptions& options, Diagnostics& diagnostics) {
  const onnx::GraphProto& graph = file.model.graph();
  check_opset(file, diagnostics);
  std::set<std::string> known;
  for (const onnx::TensorProto& tensor : graph.initializer()) known.insert(tensor.name());
  for (const DeclaredValue& input : declarations.inputs) {
    Place place{file.base_name, "input " + tenon::quoted(input.proto->name()), 0, 0};
    if (!known.insert(input.proto->name()).second)
      diagnostics.error(place, "there are two of that name")
          .help("give each input a name of its own");
    check_input(input, options, place, diagnostics);
  }
  check_initializers(file, diagnostics);
  Place place{file.base_name, "", 0, 0};
  ordered_nodes(graph.node(), known, opsets_of(file.model.opset_import()), place, diagnostics);
  if (graph.output_size() == 0)
    diagnostics.error(place, "the model has no outputs")
        .help("name at least one value as an output of the graph");
  std::vector<std::string> made(known.begin(), known.end());
  for (const NodeProto& node : graph.node())
    made.insert(made.end(), node.output().begin(), node.output().end());
  std::set<std::string> all(made.begin(), made.end());
  for (const DeclaredValue& output : declarations.outputs) {
    if (!output.proto->name().empty() && all.count(output.proto->name())) continue;
    if (diagnostics.error_count() >= kMostErrors) break;
    std::string nearest =
        made.size() <= kMostNamesToCompare ? nearest_name(output.proto->name(), made) : "";
    diagnostics
        .error({file.base_name, "output " + tenon::quoted(output.proto->name()), 0, 0},
               "it is made by no node")
        .help(nearest.empty() ? "remove the output, or " + kExportAgain
                              : "did you mean " + tenon::quoted(nearest) + "?");
  }
  check_functions(file, diagnostics);
  check_expansion(file, diagnostics);
}

}  // namespace tenon::frontend
