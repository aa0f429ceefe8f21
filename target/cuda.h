// The target `cuda` and the GPU architectures that it compiles for.
//
//   cuda_target()                ->  {.name = "cuda", .architecture = Architecture::gpu, ...}
//   default_gpu_architectures()  ->  sm_75, sm_80, ..., sm_120, compute_75, compute_80
#pragma once

#include <string>
#include <vector>

#include "target/target.h"

namespace tenon::target {

/// One architecture of NVIDIA's GPUs, or PTX, which drivers compile for it and those after it.
struct GpuArchitecture {
  std::string name;        // as NVRTC has it: "sm_80", "compute_80"
  int compute_capability;  // 80
  bool is_ptx;
  int64_t shared_bytes;  // of a block, declared in a kernel
  int64_t threads;       // of a block
  int64_t registers;     // of a thread
};

/// The row of kernels for a GPU: facts of a block's thread, of which kernels are made.
const Target& cuda_target();

/// What a bundle holds where nothing else is asked for.
const std::vector<GpuArchitecture>& default_gpu_architectures();

/// The architecture of that name. Fails with the names that there are.
Result<GpuArchitecture> find_gpu_architecture(const std::string& name);

}  // namespace tenon::target
