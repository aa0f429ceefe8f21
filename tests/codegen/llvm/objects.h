// What the tests of this folder share: targets whose code runs here, and the undefined symbols of
// an object.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "target/target.h"

namespace tenon::codegen {

/// x86-64-v2, -v3, -v4 as far as this processor runs them, and the processor itself.
std::vector<target::Target> runnable_targets();

/// Names that an object leaves for the linker.
std::set<std::string> undefined_symbols(const std::string& object);

}  // namespace tenon::codegen
