// What must hold of a model before its nodes are read. Internal to frontend/.
#pragma once

#include <set>

#include "frontend/declared.h"
#include "frontend/functions.h"

namespace tenon::frontend {

/// Collects faults of opsets, inputs, outputs, initializers and names, of the graph and of the
/// model-local functions.
void validate_model(const OnnxFile& file, const Declarations& declarations,
                    const ImportOptions& options, Diagnostics& diagnostics);

/// Nodes that can be read one after the other: each name is made once and made at all.
using NodeList = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// An order of computation, which is the file's where that is one. Collects faults: names made
/// twice, names that nothing makes, cycles. `known` holds the names that are there before; `where`
/// is the place of faults without a node.
std::vector<const onnx::NodeProto*> ordered_nodes(const NodeList& nodes,
                                                  const std::set<std::string>& known,
                                                  const OpsetImports& opsets, const Place& where,
                                                  Diagnostics& diagnostics);

/// `node "/head/Conv" (Conv, opset 11)`. A node without a name is called after its first output.
std::string describe_node(const std::string& name, const onnx::NodeProto& node,
                          const OpsetImports& opsets);
std::string name_of_node(const onnx::NodeProto& node);

}  // namespace tenon::frontend
