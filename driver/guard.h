// The one place where errors end: the user's are printed together (exit status 1), ours with what
// to report (2).
#pragma once

#include <functional>

namespace tenon::driver {

int guarded(const std::function<int()>& body);

}  // namespace tenon::driver
