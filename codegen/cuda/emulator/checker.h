// What a checked launch knows of memory: who touched each byte last, and since which barrier.
//
// tn_sync is the only thing that orders two threads, and it orders all threads of a block at once;
// so "who, in which block, between which barriers" takes the place of vector clocks. Two accesses
// to a byte, one of them a write, are a race if they come from different blocks, or from different
// threads of one block between the same two barriers. Atomic accesses do not race with each other.
//
//   thread 0: xs[0] = 1;  thread 1: reads xs[0], no tn_sync between   ->   Fault{kRace, ...}
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "codegen/cuda/emulator/fault.h"
#include "codegen/cuda/prelude/emulated_kernels.h"

namespace tenon::codegen {

/// Memory that a launch may use, as the launch plan lists it.
struct EmulatedBuffer {
  const void* begin = nullptr;
  size_t bytes = 0;
  std::string name;
  bool writable = true;
  bool initialised = true;  // false: reading what the launch did not write is a fault
};

class Checker {
 public:
  Checker(const tenon_emulated_library& library, const tenon_emulated_kernel& kernel,
          const std::vector<EmulatedBuffer>& buffers);

  /// Shared memory is new.
  void begin_block(uint32_t index_of_block);
  /// All threads of the block passed a barrier.
  void pass_barrier() { ++phase_; }

  struct Access {
    const void* address;
    size_t bytes;
    bool writes, atomic;
    uint32_t thread;
    const unsigned char* stack;  // of the thread that runs, kFiberStackBytes
  };
  /// What is wrong with an access, with `kind` and `what` filled in; nothing if it is in order.
  std::optional<Fault> check(const Access& access);

 private:
  // The last write of a byte and the reads since; thread and block numbers begin at 1, 0 is nobody.
  struct Cell {
    uint32_t write_block = 0, write_phase = 0, write_thread = 0;
    uint32_t read_block = 0, read_phase = 0, read_thread = 0;
    bool write_atomic = false, written = false;
  };
  struct Region {
    const unsigned char *begin, *end;
    std::string name;
    bool writable, initialised, shared;
    std::vector<Cell> cells;
  };

  void find_shared_variables();
  std::optional<Fault> check_cell(const Region& region, Cell& cell, const Access& access,
                                  size_t offset) const;
  Fault outside(const Access& access) const;
  std::string describe(const Region& region, const Access& access, size_t offset) const;

  const tenon_emulated_library& library_;
  const tenon_emulated_kernel& kernel_;
  std::vector<Region> regions_;
  size_t last_region_ = 0;
  uint32_t block_ = 0, phase_ = 0;
};

}  // namespace tenon::codegen
