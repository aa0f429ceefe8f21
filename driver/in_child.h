// Runs a function in a process of its own, so that code which may crash takes nobody with it.
//
//   in_child([] { return kernel_agrees() ? "" : "differs"; })   ->   "" or "differs"
//   in_child([] { return *static_cast<const char**>(nullptr); })
//     ->   failure: "ends with signal 11 (Segmentation fault)"
#pragma once

#include <functional>
#include <string>

#include "support/result.h"

namespace tenon::driver {

/// What the function returns. Fails where its process ends otherwise, with how it ended, and where
/// it throws, with what.
Result<std::string> in_child(const std::function<std::string()>& function);

}  // namespace tenon::driver
