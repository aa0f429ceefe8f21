// The rows of `tenon ops`, from the table of conversions and from the definitions in the ONNX
// schemas.
#include <algorithm>

#include "frontend/node.h"

namespace tenon::frontend {
namespace {

bool has_definition(const onnx::OpSchema& schema) {
  return schema.HasFunction() || schema.HasContextDependentFunction();
}

// Every operator that a body uses is read, in the version that the body means.
bool is_readable(const onnx::FunctionProto& body) {
  return std::all_of(body.node().begin(), body.node().end(), [&](const onnx::NodeProto& node) {
    int opset = 0;
    for (const onnx::OperatorSetIdProto& import : body.opset_import())
      if (import.domain() == node.domain()) opset = static_cast<int>(import.version());
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Schema(node.op_type(), opset, node.domain());
    const OnnxOperator* row = find_onnx_operator(node.op_type());
    return schema && row && row->reads(schema->since_version());
  });
}

bool is_expanded(const onnx::OpSchema& schema) {
  if (!has_definition(schema)) return false;
  if (schema.HasFunction()) return is_readable(*schema.GetFunction());
  return false;
}

}  // namespace

std::vector<OperatorSupport> supported_operators() {
  std::map<std::string, OperatorSupport> rows;
  for (const OnnxOperator& row : onnx_operators())
    rows[std::string(row.name)] = {std::string(row.name), "", row.versions,
                                   std::string(row.limits)};
  for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
    if (!schema.domain().empty() || !is_expanded(schema)) continue;
    OperatorSupport& row =
        rows.try_emplace(schema.Name(),
                         OperatorSupport{schema.Name(), "", {}, "from its ONNX definition"})
            .first->second;
    if (std::find(row.versions.begin(), row.versions.end(), schema.since_version()) ==
        row.versions.end())
      row.versions.push_back(schema.since_version());
  }
  std::vector<OperatorSupport> result;
  for (auto& [name, row] : rows) {
    std::sort(row.versions.begin(), row.versions.end());
    result.push_back(std::move(row));
  }
  return result;
}

}  // namespace tenon::frontend
