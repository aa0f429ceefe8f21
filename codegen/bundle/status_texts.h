// status_texts.h: what N_status_text says.
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

struct StatusText {
  int32_t status = 0;
  std::string text;
};

/// A text for each status that the bundle's functions can return, sorted by status, each once.
std::vector<StatusText> status_texts(const BundleInterface& interface);

/// For any other status, as one of a later version.
inline constexpr const char* kUnknownStatusText = "a status that this library does not return";

}  // namespace tenon::codegen
