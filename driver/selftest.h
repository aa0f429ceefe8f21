// Golden vectors for --selftest: seeded inputs at --at and the upper bounds, and what the model,
// compiled for x86-64-v2, gives for them.
#pragma once

#include "driver/build.h"

namespace tenon::driver {

codegen::SelfTest make_selftest(const CompileOptions& options, const Progress& progress);

}  // namespace tenon::driver
