// Locations: the ONNX nodes that a piece of the program comes from. They survive every pass, to the
// emitted code, the profile and the messages.
//
//   loc("/fc1/Gemm", "/act/Relu")
#pragma once

#include <string>
#include <vector>

namespace tenon {

/// The names of the ONNX nodes concerned, in the order of the model, each once.
using Location = std::vector<std::string>;

/// `a` followed by what `b` adds.
Location merge(const Location& a, const Location& b);

/// ` loc("/fc1/Gemm", "/act/Relu")`, or nothing for an empty location. Names are escaped as in
/// quoted().
std::string location_suffix(const Location& location);

}  // namespace tenon
