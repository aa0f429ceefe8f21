// The headers that kernel text is compiled with, as text: made when Tenon is built
// (CMakeLists.txt).
#pragma once

#include <string_view>
#include <vector>

namespace tenon::codegen {

struct EmbeddedHeader {
  const char* name;  // as kernel text includes it
  std::string_view text;
};

/// tn_cuda.h and all that it includes with TN_EMULATED.
std::vector<EmbeddedHeader> emulation_headers();
/// tn_cuda.h and all that it includes for a GPU.
std::vector<EmbeddedHeader> kernel_headers();

}  // namespace tenon::codegen
