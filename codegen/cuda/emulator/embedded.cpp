// emulation_headers() -> {{"tn_cuda.h", "/* The prelude of ..."}, ...}
#include "codegen/cuda/emulator/embedded.h"

#include <cstddef>

#define TENON_KERNEL_HEADERS(X) X(tn_cuda) X(tn_gpu) X(tn_arithmetic)
#define TENON_EMULATION_HEADERS(X) \
  X(tn_cuda) X(tn_arithmetic) X(tn_emulated) X(emulated_hooks) X(emulated_kernels)

extern "C" {
#define DECLARE(name)                                     \
  extern const unsigned char tenon_embedded_##name##_h[]; \
  extern const size_t tenon_embedded_##name##_h_bytes;
TENON_EMULATION_HEADERS(DECLARE)
DECLARE(tn_gpu)
#undef DECLARE
}

namespace tenon::codegen {

std::vector<EmbeddedHeader> emulation_headers() {
#define HEADER(name) \
  {#name ".h",       \
   {reinterpret_cast<const char*>(tenon_embedded_##name##_h), tenon_embedded_##name##_h_bytes}},
  return {TENON_EMULATION_HEADERS(HEADER)};
}

std::vector<EmbeddedHeader> kernel_headers() { return {TENON_KERNEL_HEADERS(HEADER)}; }
#undef HEADER

}  // namespace tenon::codegen
