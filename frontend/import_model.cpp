// An ONNX model becomes a graph: inputs with bound dimensions, nodes, outputs.
//
//   import_model("mlp.onnx", {.dims = {{"batch", {1, 512}}}}, diagnostics)
//     ->   model mlp { input %x : f32[batch in 1..512, 768] ... %y = relu %0 ... output %y "y" }
#include <filesystem>

#include "frontend/import_nodes.h"
#include "ir/expr/text.h"
#include "ir/high/ops/table.h"

namespace tenon::frontend {
namespace {

using high::ValueId;

class ModelImporter {
 public:
  ModelImporter(const OnnxFile& file, const ImportOptions& options, Diagnostics& diagnostics)
      : file_(file),
        options_(options),
        diagnostics_(diagnostics),
        declarations_(declarations_of(file.model.graph())) {}

  high::Graph run() {
    validate_model(file_, declarations_, options_, diagnostics_);
    DimensionTable dimensions(declarations_, options_, file_, diagnostics_);
    diagnostics_.checkpoint();

    std::string name =
        options_.name.empty() ? std::filesystem::path(file_.path).stem().string() : options_.name;
    high::GraphBuilder builder(std::make_shared<ExprPool>(), to_word(name));
    builder.graph().model_file = file_.base_name;
    builder.graph().model_sha256 = file_.sha256;
    builder.graph().symbols = dimensions.symbols();

    Scope scope;
    scope.opsets = opsets_of(file_.model.opset_import());
    std::set<std::string> known;
    for (const DeclaredValue& input : declarations_.inputs) {
      const std::string& input_name = input.proto->name();
      high::TensorType type{*dtype_from_onnx(input.proto->type().tensor_type().elem_type()),
                            dimensions.shape_of(input, builder.pool()),
                            {}};
      scope.names[input_name] = {
          builder.add_input(to_word(input_name), std::move(type), input_name), nullptr, false};
      known.insert(input_name);
    }
    for (const onnx::TensorProto& tensor : file_.model.graph().initializer()) {
      scope.names[tensor.name()] = {{}, &tensor, false};
      known.insert(tensor.name());
    }
    NodeImporter importer(builder, file_, diagnostics_);
    std::vector<const onnx::NodeProto*> nodes = ordered_nodes(
        file_.model.graph().node(), known, scope.opsets, {file_.base_name, "", 0, 0}, diagnostics_);
    importer.import_nodes(nodes, scope);
    for (const onnx::NodeProto* node : nodes)
      for (const std::string& output : node->output())
        if (!output.empty())
          results_.push_back(
              {name_of_node(*node), node->op_type(), output, importer.value_of(output, scope)});
    add_outputs(builder, importer, scope);
    importer.report_unsupported();
    diagnostics_.checkpoint();
    builder.describe = nullptr;
    return builder.take();
  }
  std::vector<NodeResult> take_results() { return std::move(results_); }

 private:
  void add_outputs(high::GraphBuilder& builder, NodeImporter& importer, Scope& scope) {
    std::set<ValueId> taken;
    for (const high::GraphInput& input : builder.graph().inputs) taken.insert(input.value);
    for (const DeclaredValue& output : declarations_.outputs) {
      const std::string& name = output.proto->name();
      ValueId value = importer.value_of(name, scope);
      if (!value) continue;  // its node failed
      check_declared_type(output, builder.type(value));
      // Each output is a buffer of its own, which a node writes.
      if (builder.graph().constant(value) || !taken.insert(value).second)
        value = builder.add1(high::ops::identity, {value}, {}, {name}, to_word(name));
      builder.add_output(value, name);
    }
  }

  // What the file says of an output must not contradict what its nodes give.
  void check_declared_type(const DeclaredValue& output, const high::TensorType& type) {
    const onnx::TypeProto& declared = output.proto->type();
    if (declared.value_case() == onnx::TypeProto::VALUE_NOT_SET) return;
    Place place{file_.base_name, "output " + tenon::quoted(output.proto->name()), 0, 0};
    int number = declared.tensor_type().elem_type();
    std::optional<DType> element = dtype_from_onnx(number);
    bool differs = declared.value_case() != onnx::TypeProto::kTensorType ||
                   (number != 0 && element != type.type) ||
                   (output.has_shape && output.dims.size() != type.shape.size());
    for (size_t axis = 0; axis < output.dims.size() && !differs; ++axis) {
      const int64_t* known = as_int(type.shape[axis]);
      differs = known && output.dims[axis].symbol.empty() && output.dims[axis].extent != *known;
    }
    if (!differs) return;
    std::vector<std::string> dims;
    for (const DeclaredDim& dim : output.dims)
      dims.push_back(dim.symbol.empty() ? std::to_string(dim.extent) : dim.symbol);
    std::string text = (element ? std::string(name_of(*element)) : "another type") +
                       (output.has_shape ? "[" + join(dims, ", ") + "]" : "");
    diagnostics_.error(place, "the model declares " + text + ", its nodes give " + to_string(type))
        .help("correct the declaration, or export the model again");
  }

  const OnnxFile& file_;
  const ImportOptions& options_;
  Diagnostics& diagnostics_;
  Declarations declarations_;
  std::vector<NodeResult> results_;
};

}  // namespace

Imported import_model(const std::string& path, const ImportOptions& options,
                      Diagnostics& diagnostics) {
  auto file = std::make_shared<OnnxFile>(path);
  ModelImporter importer(*file, options, diagnostics);
  high::Graph graph = importer.run();
  return {std::move(graph), importer.take_results(), file};
}

std::shared_ptr<const ModelFile> open_model_file(const std::string& path,
                                                 const std::string& expected_sha256) {
  auto file = std::make_shared<OnnxFile>(path);
  if (file->sha256 != expected_sha256)
    user_error(
        {file->base_name, "", 0, 0},
        "this is not the model that the text was made from: its sha256 is " + file->sha256 +
            ", expected is " + expected_sha256,
        "give the model that the text was made from with --model=FILE, or make the text again");
  return file;
}

}  // namespace tenon::frontend
