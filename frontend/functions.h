// Operators that are defined by other operators: model-local functions, and those whose ONNX schema
// has a function body. Internal to frontend/.
#pragma once

#include "frontend/node.h"

namespace tenon::frontend {

/// What a model may grow to.
inline constexpr int64_t kMostNodes = 1'000'000;  // after expansion
inline constexpr int kMostDepth = 64;             // of functions and subgraphs in each other
inline constexpr int kOldestOpset = 7;
inline constexpr int kMostErrors = 100;  // shown of one model

/// Versions of the operator sets that a graph or function imports, by domain; "ai.onnx" is "".
using OpsetImports = std::map<std::string, int>;
using OpsetList = google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>;
OpsetImports opsets_of(const OpsetList& imports, OpsetImports outer = {});

/// "local.Attention".
std::string function_name(const onnx::FunctionProto& function);

/// The model-local function that a node calls, or null.
class FunctionTable {
 public:
  explicit FunctionTable(const onnx::ModelProto& model);
  const onnx::FunctionProto* find(const onnx::NodeProto& node) const;

 private:
  std::map<std::string, const onnx::FunctionProto*> functions_;
};

/// Collects faults of what the model becomes once all calls are expanded: functions that call
/// themselves, too many nodes, too much nesting.
void check_expansion(const OnnxFile& file, Diagnostics& diagnostics);

/// The attributes of a call as the function's body sees them: those given, else the function's
/// defaults. Throws NodeFailure where the call does not fit.
AttributeMap bind_call(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                       const AttributeMap& given);

/// The function body of the operator's ONNX definition, or null where it has none. A body that
/// depends on types of inputs is made in `storage`.
const onnx::FunctionProto* definition_of(const NodeView& node, int default_opset,
                                         const std::vector<onnx::TypeProto>& input_types,
                                         onnx::FunctionProto& storage);

}  // namespace tenon::frontend
