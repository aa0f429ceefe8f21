// Seeded numbers for inputs that nobody gave: the same on every machine.
#pragma once

#include <cstdint>

namespace tenon::driver {

/// The next 64 bits of SplitMix64 (Steele, Lea, Flood 2014); any state is a seed.
inline uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace tenon::driver
