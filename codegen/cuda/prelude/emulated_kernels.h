// emulated_kernels.h: what compiled kernel text and the emulator know of each other. The text of
// the kernels is compiled by the host's compiler against tn_emulated.h to a shared object,
// which exports one `tenon_emulated_library`; the emulator opens it and calls kernels as threads.
//
//   TN_KERNEL(64) scale(const float *x, float *y) {...}   ->   {"scale", 64, 2, {8, 8}, {1, 1}, call}
//
// Plain data and C linkage: the two sides may come from different compilers.
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {

/// One kernel. `call` runs it for the thread and block of the state; parameters[i] points to the
/// value of parameter i, as cuLaunchKernel takes them.
struct tenon_emulated_kernel {
  const char* name;
  uint32_t threads;  // of a block, as written in TN_KERNEL
  uint32_t parameter_count;
  const uint16_t* parameter_bytes;
  const uint8_t* parameter_is_pointer;
  void (*call)(void* const* parameters);
  unsigned char *shared_begin, *shared_end;  // its TN_SHARED variables, guards between them
};

/// Which thread runs now, and how it reaches the emulator. The emulator writes all of it.
struct tenon_emulation_state {
  uint32_t thread;
  uint32_t block[3], grid[3];
  uint32_t reserved;
  void (*sync)(int line);
  void (*access)(const void* address, size_t bytes, int writes, int atomic);
};

struct tenon_emulated_library {
  struct tenon_emulation_state* state;
  const struct tenon_emulated_kernel* kernels;
  size_t kernel_count;
  const unsigned char *image_begin, *image_end;  // constants may be read there
};

}  // extern "C"

/// Before each TN_SHARED variable of a checked library lies one of these, so that what runs over
//the / end of a variable meets a guard and not the next variable.
struct tenon_shared_guard {
  uint64_t mark[2];  // kTenonGuardMark
  uint32_t line;     // of the variable that follows
  uint32_t reserved[59];
};
static_assert(sizeof(struct tenon_shared_guard) == 256, "a multiple of every alignment");
#define TENON_GUARD_MARK 0x7e4f6e5348415245ull, 0x444755415244217eull
