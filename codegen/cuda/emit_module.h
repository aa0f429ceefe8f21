// A loop module becomes CUDA source: a text for each kernel that main calls, and the plan of its
// launches.
//
//   main { buffer h: f32[batch, 64] in arena   call @fc1(x, w1, h)   call @fc2(h, w2, y) }
//   ->   kernels mlp_fc1, mlp_fc2; launches {fc1: Input x, Weights w1, Arena h, Size batch}, {fc2: ...}
#pragma once

#include <map>
#include <string>
#include <vector>

#include "codegen/cuda/launch_plan.h"
#include "codegen/cuda/print_kernel.h"
#include "target/cuda.h"

namespace tenon::codegen {

/// What the loop module does not say.
struct CudaOptions {
  std::string prefix;  // of the kernels' names
  // of each constant that main uses, from the first weight
  std::map<std::string, uint64_t> weight_offsets;
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
};

struct CudaModule {
  std::vector<PrintedKernel> kernels;  // those that main calls, in the order of the loop module
  LaunchPlan plan;
};

/// Needs: functions as print_kernel needs them, and plan_memory.   Fails where a kernel does, where
/// one exceeds what all of `architectures` give a block, or where main holds more than declarations
/// and calls.
Result<CudaModule> emit_cuda(const loop::Module& module,
                             const std::vector<target::GpuArchitecture>& architectures,
                             const CudaOptions& options);

}  // namespace tenon::codegen
