// TENON_CHECK: a condition that only a bug of ours can break. Throws InternalError, which names the
// place and, where the driver knows it, the pass that ran; the driver's one `catch` turns it into
// exit status 2.
#pragma once

#include <stdexcept>
#include <string>

namespace tenon {

/// A bug of ours, never the user's fault.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& message);

}  // namespace tenon

/// TENON_CHECK(condition, message): `message` is only built when the condition fails.
#define TENON_CHECK(condition, ...)                                                      \
  do {                                                                                   \
    if (!(condition))                                                                    \
      ::tenon::check_failed(__FILE__, __LINE__, #condition, ::std::string{__VA_ARGS__}); \
  } while (false)
