// What the machine that this runs on reaches: fused multiply-adds from registers, and reads from
// each level of the memory hierarchy. `tenon bench --profile` prints kernels as percent of the
// first; bench/peak prints all.
//
//   measure_fma_peak()                  ->  512 bits, 116 GFLOP/s     (Zen 4, one core)
//   measure_read_bandwidth(16 * 1024)   ->  211 GB/s                  (from L1)
//
// The instruction set is chosen at run time by what the processor reports, not by how Tenon was
// compiled.
#pragma once

#include <cstdint>

namespace tenon::target {

/// The most multiply-adds of f32 that the machine was seen to do.
struct FmaPeak {
  int vector_bits =
      0;  // 512, 256, or 128 (there: multiplications and additions, for there is no FMA)
  int threads = 1;
  double gflops = 0;  // 1e9 operations a second over all threads; an FMA counts as two
};

/// The widest vectors that measure_fma_peak can use here, in bits.
int widest_vector_bits();

/// Runs a loop of independent FMAs on registers, on `threads` threads at once, several times for
/// about 10 ms each, and returns the best, which is the one least disturbed. `vector_bits` is 128,
/// 256, 512, or 0 for the widest; wider than the machine has counts as the widest.
FmaPeak measure_fma_peak(int threads = 1, int vector_bits = 0);

/// GB/s (1e9 bytes) that `threads` threads read at once, each sequentially and repeatedly from a
/// buffer of its own of `bytes_per_thread` (at least 4 KiB; rounded down to whole 512-byte blocks).
/// The best of several rounds.
double measure_read_bandwidth(int64_t bytes_per_thread, int threads = 1);

}  // namespace tenon::target
