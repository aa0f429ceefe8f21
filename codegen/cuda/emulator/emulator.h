// Runs compiled kernel text on the CPU: each CUDA thread as a function call that is parked on a
// fiber when it waits at a barrier, blocks one after another. Orders of threads and blocks come
// from a seed. With checks (a library compiled with them, compile_kernels.h) the first fault ends
// the launch.
//
//   launch(library, *library.find("mlp_fc1_relu"), {48, 2, 1}, 256, parameters, {})   ->   no fault
//
// One launch at a time in a process's thread; a library belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/cuda/emulator/checker.h"
#include "codegen/cuda/emulator/fault.h"
#include "codegen/cuda/prelude/emulated_kernels.h"
#include "support/result.h"

namespace tenon::codegen {

/// A shared object with kernels, opened; closed with the last copy.
class EmulatedLibrary {
 public:
  static Result<EmulatedLibrary> open(const std::string& path);

  const tenon_emulated_kernel* find(std::string_view name) const;
  const tenon_emulated_library& contents() const { return *contents_; }

 private:
  std::shared_ptr<void> handle_;
  const tenon_emulated_library* contents_ = nullptr;
};

struct EmulatorOptions {
  uint64_t order = 0;  // 0: threads and blocks ascending; 1: descending; else shuffled by this seed
  bool check = false;  // every access against `buffers` and the rules of checker.h
};

struct EmulatedGrid {
  uint32_t x = 1, y = 1, z = 1;
};

/// Runs all blocks. parameters[i] points to the value of parameter i. `buffers` matter only to
/// checks: all memory that the parameters give access to. Returns the fault that ended the launch;
//a / barrier that not all threads reach is found with and without checks.
std::optional<Fault> launch(const EmulatedLibrary& library, const tenon_emulated_kernel& kernel,
                            EmulatedGrid grid, uint32_t threads, void* const* parameters,
                            const std::vector<EmulatedBuffer>& buffers,
                            const EmulatorOptions& options);

}  // namespace tenon::codegen
