// A fault of a kernel, as the emulator found it.
//
//   kernel scale, block (1, 0, 0), thread 3: race: writes 4 bytes at byte 12 of y, which thread 7
//   of block (0, 0, 0) wrote; nothing orders the two
#pragma once

#include <cstdint>
#include <string>

namespace tenon::codegen {

enum class FaultKind {
  kRace,           // two accesses, one of them a write, and no barrier between them
  kUninitialised,  // a read of shared memory, or of an output, that nothing wrote
  kOutOfBounds,    // outside all shared variables and buffers, or a write to what is only read
  kAlignment,      // a vector that is not aligned to its size
  kBarrier,        // a barrier that not all threads of the block reach
};

struct Fault {
  FaultKind kind;
  std::string kernel;
  uint32_t block[3] = {};
  uint32_t thread = 0;
  int after_line = 0;  // of the last barrier that the thread passed; 0: none yet
  std::string what;    // "writes 4 bytes at byte 12 of y, which thread ..."
};

/// "race", "uninitialised read", ...
const char* fault_kind_name(FaultKind kind);

/// The whole fault as one line.
std::string to_string(const Fault& fault);

}  // namespace tenon::codegen
