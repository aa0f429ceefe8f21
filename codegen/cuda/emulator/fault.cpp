// Faults as text.  {kRace, "scale", {1,0,0}, 3} -> "kernel scale, block (1, 0, 0), ..."
#include "codegen/cuda/emulator/fault.h"

#include <fmt/format.h>

namespace tenon::codegen {

const char* fault_kind_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kRace: return "race";
    case FaultKind::kUninitialised: return "uninitialised read";
    case FaultKind::kOutOfBounds: return "out of bounds";
    case FaultKind::kAlignment: return "misaligned";
    case FaultKind::kBarrier: return "barrier not reached by all";
  }
  return "";
}

std::string to_string(const Fault& fault) {
  const std::string after =
      fault.after_line == 0 ? "" : fmt::format(" after the barrier of line {}", fault.after_line);
  return fmt::format("kernel {}, block ({}, {}, {}), thread {}{}: {}: {}", fault.kernel,
                     fault.block[0], fault.block[1], fault.block[2], fault.thread, after,
                     fault_kind_name(fault.kind), fault.what);
}

}  // namespace tenon::codegen
