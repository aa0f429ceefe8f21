// Comparing what two backends make of one scheduled module, to the last bit.
//
//   difference({"y", f32[4]}, interpreter's, machine code's)
//   ->   "y element 2: 0.25, in the interpreter 0.24999999", or ""
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "ir/expr/element.h"
#include "ir/loop/nodes.h"

namespace tenon::driver {

using Bytes = std::vector<uint8_t>;

/// Free are the payload of a NaN and the sign of a zero.
inline bool same_bits(DType type, const Bytes& a, const Bytes& b, int64_t i) {
  Scalar x = load_element(type, a.data(), i), y = load_element(type, b.data(), i);
  return is_float(type) ? x.f == y.f || (std::isnan(x.f) && std::isnan(y.f)) : x.i == y.i;
}

/// The first element that differs, with both values, or "".
inline std::string difference(const loop::Buffer& output, const Bytes& wanted, const Bytes& found) {
  if (wanted.size() != found.size()) return output.name + " has another size";
  for (int64_t i = 0; i < static_cast<int64_t>(wanted.size()) * 8 / bits_of(output.type); ++i) {
    if (same_bits(output.type, wanted, found, i)) continue;
    Scalar x = load_element(output.type, wanted.data(), i);
    Scalar y = load_element(output.type, found.data(), i);
    char text[120];
    std::snprintf(text, sizeof text, " element %lld: %.17g, in the interpreter %.17g",
                  static_cast<long long>(i), is_float(output.type) ? y.f : static_cast<double>(y.i),
                  is_float(output.type) ? x.f : static_cast<double>(x.i));
    return output.name + text;
  }
  return "";
}

}  // namespace tenon::driver
