// The onnx library's definitions of operators, and whether a node fits its operator's. Internal to
// frontend/.
//
//   find_schema("Softmax", "", 17)   ->   the definition of version 13
#pragma once

#include "frontend/node.h"

namespace tenon::frontend {

/// The newest version of the default domain's operators that the onnx library knows.
int newest_opset();

/// The definition of an operator in an opset, or null. `domain` "ai.onnx" is "".
const onnx::OpSchema* find_schema(const std::string& op_type, const std::string& domain, int opset);

/// Throws NodeFailure where the node has too few or too many inputs or outputs, an attribute that
/// the operator does not have, one of another kind, or lacks one that it must have.
void check_against_schema(const NodeView& node);

/// "an int", "a list of floats", "a tensor".
std::string name_of_attribute_type(int type);
/// "f32", "complex64", "99" for numbers that ONNX does not have.
std::string name_of_element_type(int64_t onnx_number);

}  // namespace tenon::frontend
