// One run of a compiled session, by the backend that the options name; and the comparison of its
// kernels.
#pragma once

#include "driver/commands/commands.h"

namespace tenon::driver {

/// Outputs by their names in the model. Fills in random inputs where none are given.
std::map<std::string, Array> run_once(const RunOptions& options, Session& session,
                                      GivenInputs& given);

/// Compares each kernel of the compiled model with the interpreter, call by call, and names the
/// first that differs.
int verify_per_node(const Session& session, const std::map<std::string, Array>& inputs,
                    const VerifyOptions& options);

}  // namespace tenon::driver
