// Facts of NVIDIA's GPUs. Kernels declare all their shared memory, of which every architecture gives
// a block 48 KiB; more has to be asked for at each launch.
#include "target/cuda.h"

#include "support/diagnostics.h"

namespace tenon::target {
namespace {

constexpr int64_t kSharedBytes = 48 * 1024, kThreads = 1024, kRegisters = 255;

GpuArchitecture make(const char* name, int compute_capability, bool is_ptx) {
  return {name, compute_capability, is_ptx, kSharedBytes, kThreads, kRegisters};
}

}  // namespace

const Target& cuda_target() {
  // Rates are those of a thread's share; no plan of the cost model reads them.
  static const Target target = [] {
    Target row = {};
    row.name = "cuda";
    row.description = "NVIDIA GPUs since compute capability 7.5";
    row.architecture = Architecture::gpu;
    row.vector_bits = 128;  // what one thread loads or stores at once
    row.vector_registers = 64;
    row.index_bits = 64;
    row.fma_per_cycle = 1;
    row.fma_latency = 4;
    row.loads_per_cycle = row.stores_per_cycle = 1;
    row.clock_ghz = 1.5;
    row.l1 = {kSharedBytes, 4};
    row.l2 = {4 << 20, 2};
    row.l3 = row.l2;
    row.memory = {kUnlimited, 1};
    return row;
  }();
  return target;
}

const std::vector<GpuArchitecture>& default_gpu_architectures() {
  static const std::vector<GpuArchitecture> list = {
      make("sm_75", 75, false),   make("sm_80", 80, false),     make("sm_86", 86, false),
      make("sm_89", 89, false),   make("sm_90", 90, false),     make("sm_100", 100, false),
      make("sm_120", 120, false), make("compute_75", 75, true), make("compute_80", 80, true)};
  return list;
}

Result<GpuArchitecture> find_gpu_architecture(const std::string& name) {
  std::string all;
  std::vector<std::string> names;
  for (const GpuArchitecture& architecture : default_gpu_architectures()) {
    if (architecture.name == name) return architecture;
    names.push_back(architecture.name);
    all += (all.empty() ? "" : ", ") + architecture.name;
  }
  std::string near = nearest_name(name, names);
  return Failure{"no GPU architecture is called \"" + name + "\"; " +
                 (near.empty() ? "there are " + all : "the nearest name is " + near)};
}

}  // namespace tenon::target
