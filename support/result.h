// Result<T>: a value, or the reason why there is none. For operations whose failing is normal:
// schedule primitives, look-ups by name, searches.
//
//   Result<int64_t> n = parse_extent("48");
//   if (!n) return n.error();
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "support/check.h"

namespace tenon {

/// Why something did not succeed, as a sentence without a final stop.
struct Failure {
  std::string reason;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Failure failure) : failure_(std::move(failure)) {}

  explicit operator bool() const { return value_.has_value(); }
  const Failure& error() const { return failure_; }
  const std::string& reason() const { return failure_.reason; }

  /// The value; asking a failed result is a bug of ours.
  T& value() {
    TENON_CHECK(value_.has_value(), failure_.reason);
    return *value_;
  }
  const T& value() const {
    TENON_CHECK(value_.has_value(), failure_.reason);
    return *value_;
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Failure failure_;
};

/// A result without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace tenon
