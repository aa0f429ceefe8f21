// variant_facts.h: what a bundle for CUDA holds for each architecture, as the manifest and the
// summary of `tenon compile` tell it. codegen/cuda/read_variants.h reads it from the images.
//
//   {"sm_80", driver 13.0, 8 launches, 61 KB, {{"mlp_fc1", 256 threads, 40 registers, ...}, ...}}
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tenon::codegen {

/// Of PTX, which has no registers yet, only the name and the threads are known.
struct KernelFacts {
  std::string name;
  int64_t threads = 0;       // of a block
  int64_t registers = 0;     // of a thread
  int64_t shared_bytes = 0;  // of a block
  int64_t spill_bytes = 0;   // of a thread: its frame in local memory
};

struct VariantFacts {
  std::string architecture;  // "sm_80", "compute_80"
  bool is_ptx = false;
  uint32_t least_driver = 0;  // as cuDriverGetVersion counts: 12040 is CUDA 12.4
  uint64_t image_bytes = 0;
  uint64_t launch_count = 0;  // of a run
  std::vector<KernelFacts> kernels;
};

struct GpuFacts {
  uint32_t abi = 0;          // N_ABI of the header
  uint64_t arena_bytes = 0;  // N_ARENA_BYTES
  std::string compiler;      // "NVRTC 13.0"
  std::vector<VariantFacts> variants;
};

/// 12040 -> "12.4": the CUDA that a driver is for.
std::string driver_text(uint32_t version);
/// The least driver of any variant.
uint32_t least_driver(const std::vector<VariantFacts>& variants);

/// A line for each kernel, of the machine code in which it takes the most, a line end after each;
/// nothing where all code is PTX.
std::string kernel_table(const GpuFacts& gpu);

/// As manifest.json has it under "gpu".
nlohmann::ordered_json gpu_json(const GpuFacts& gpu);

}  // namespace tenon::codegen
