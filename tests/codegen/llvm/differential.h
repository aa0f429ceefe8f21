// Interpreter against machine code: one loop function, the same inputs, the same bits.
#pragma once

#include <map>
#include <string>

#include "ir/loop/nodes.h"

namespace tenon::codegen {

/// Runs the function in the interpreter and, for every target that this processor runs, as machine
/// code, whole and in chunks, on random inputs made from `seed`. Returns what differs, or "". NaN
/// equals NaN and 0 equals -0.
std::string difference(const loop::Function& function,
                       const std::map<std::string, int64_t>& symbols, int seed);

/// The same for text.
std::string difference(const std::string& text, const std::map<std::string, int64_t>& symbols = {});

}  // namespace tenon::codegen
