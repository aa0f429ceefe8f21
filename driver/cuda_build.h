// From a lowered model to the parts of a bundle for CUDA, in memory.
//
//   built = describe_model(lower_model(options, cuda_target(), ...), ...)
//   build_cuda(built, ...)             ->   kernels, images, tables
//   host_object(built, cuda, host)     ->   <name>.o for a processor
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/bundle/variant_facts.h"
#include "codegen/cuda/emit_module.h"
#include "driver/build.h"
#include "target/cuda.h"

namespace tenon::driver {

/// Beside the BuiltModel, which is described and has no code of LLVM's.
struct CudaCode {
  codegen::CudaModule code;
  codegen::CudaTables tables;
  std::string compiler;  // "NVRTC 13.0"; empty where the images hold no code
};

/// Where the images come from. Emulated ones hold no code, only what tells the emulated driver which
/// device they are for: the kernels are then the host compiler's.
enum class CudaImages { kCompiled, kEmulated };

/// The compute capability of the emulated device.
inline constexpr int kEmulatedCapability = 90;

/// `built` is described, for cuda_target(); its interface is completed, for a host. Throws
/// UserErrors: NVRTC is not found, or a kernel exceeds what the architectures have.
CudaCode build_cuda(BuiltModel& built, const std::vector<target::GpuArchitecture>& architectures,
                    CudaImages images, const target::Target& host, const Progress& progress);

/// What the bundle holds, as its images say; throws UserErrors where they cannot be read.
codegen::GpuFacts gpu_facts(const BuiltModel& built, const CudaCode& cuda);

/// The host part as an object for a processor, the weights inside where the interface embeds them.
std::string host_object(const BuiltModel& built, const CudaCode& cuda, const target::Target& host);

}  // namespace tenon::driver
