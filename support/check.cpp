// TENON_CHECK's slow path.
#include "support/check.h"

#include <cstring>

namespace tenon {

void check_failed(const char* file, int line, const char* condition, const std::string& message) {
  const char* base = std::strrchr(file, '/');
  throw InternalError(std::string(base ? base + 1 : file) + ":" + std::to_string(line) + ": " +
                      condition + (message.empty() ? "" : ": " + message));
}

}  // namespace tenon
