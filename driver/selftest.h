// Golden vectors for --selftest: seeded inputs at the upper bounds, and what this machine computes
// for them.
#pragma once

#include "driver/build.h"

namespace tenon::driver {

codegen::SelfTest make_selftest(const CompileOptions& options, const Progress& progress);

}  // namespace tenon::driver
