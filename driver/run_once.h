// One run of a compiled session, by the backend that the options name; and the comparison node
// by node.
#pragma once

#include "driver/commands/commands.h"

namespace tenon::driver {

/// Outputs by their names in the model. Fills in random inputs where none are given.
std::map<std::string, Array> run_once(const RunOptions& options, Session& session,
                                      GivenInputs& given);

/// Compares the result of every ONNX node with the reference, or where that does not have it with
/// the interpreter, and names the first that differs.
int verify_per_node(const VerifyOptions& options, const GivenInputs& given,
                    const std::map<std::string, Array>& reference);

}  // namespace tenon::driver
