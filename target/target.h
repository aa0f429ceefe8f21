// A target: the facts of one kind of processor as plain numbers, and the look-up of targets by
// name.
//
//   find_target("znver4")      ->  {.vector_bits = 512, .vector_registers = 32, ...}
//   find_target("znver44")     ->  failure: no target is named "znver44"; the nearest names are ...
//   find_target("cuda")        ->  failure: cuda is a GPU, not a processor; there are ...
//   native_target()            ->  the row of this machine's processor
//
// A target is a row of a table (x86.cpp, arm.cpp). Nothing here knows an IR or LLVM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/result.h"
#include "target/cpu_features.h"

namespace tenon::target {

/// One level of the memory hierarchy, as one core sees it while it works alone.
struct MemoryLevel {
  int64_t bytes;  // capacity that one core may count on; of main memory: unlimited (kUnlimited)
  double bytes_per_cycle;  // sustained sequential reads into registers
};
constexpr int64_t kUnlimited = INT64_MAX;

/// The facts of one target. Rates are per core and clock cycle, of instructions at the full vector
/// width.
struct Target {
  std::string name;         // as in --target: "x86-64-v3"
  std::string description;  // one line for `tenon targets`
  Architecture architecture;

  // What code generators hand on. LLVM's function attributes are
  //   "target-cpu" = base_cpu, "tune-cpu" = tune_cpu, "target-features" = llvm_features(),
  //   "prefer-vector-width" = "min-legal-vector-width" = prefer_vector_width.
  // The base CPU has none of `features`, so exactly the instructions that a bundle checks for can
  // occur in its code; tune_cpu chooses the scheduling model only.
  std::string triple;
  std::string base_cpu;
  std::string tune_cpu;
  FeatureSet features;      // required of the processor; closed under implication
  int prefer_vector_width;  // bits; without it LLVM tunes several AVX-512 processors to 256 (notes
                            // in x86.cpp)

  // Registers.
  int vector_bits;
  int vector_registers;
  bool mask_registers;  // one bit a lane: a masked tail costs nothing
  int index_bits;       // width of an address

  // Execution, at vector_bits.
  double fma_per_cycle;     // without FMA: pairs of a multiplication and an addition
  int fma_latency;          // cycles from one accumulation to the next into the same register
  double loads_per_cycle;   // full vectors; a broadcast of one element counts as one load
  double stores_per_cycle;  // full vectors
  double clock_ghz;         // typical under vector load: turns cycles into time

  // Memory.
  MemoryLevel l1;
  MemoryLevel l2;
  MemoryLevel l3;  // shared between cores; the share that one core may count on
  MemoryLevel memory;

  bool is_gpu() const { return architecture == Architecture::gpu; }
  bool has(CpuFeature feature) const { return features.has(feature); }
  /// Loads and stores of some lanes of a vector in one instruction. Elsewhere a branch per lane.
  bool has_masked_access() const { return has(CpuFeature::avx); }
  /// Fused multiply-add and conversions f16 <-> f32: by AVX2's companions, by every AArch64
  /// processor, and by VFPv4.
  bool has_fma() const {
    return architecture == Architecture::aarch64 || is_gpu() || has(CpuFeature::fma) ||
           has(CpuFeature::vfp4);
  }
  bool has_f16c() const {
    return architecture == Architecture::aarch64 || is_gpu() || has(CpuFeature::f16c) ||
           has(CpuFeature::vfp4);
  }
  bool has_avx512() const { return has(CpuFeature::avx512f); }

  /// LLVM's feature list.
  std::string llvm_features() const { return to_llvm(features); }

  /// Elements of `element_bytes` in one vector register.
  int lanes(int element_bytes) const { return vector_bits / 8 / element_bytes; }

  /// Floating-point operations in one cycle at best, for elements of `element_bytes` (an FMA counts
  /// as two).
  double peak_flops_per_cycle(int element_bytes) const {
    return 2 * fma_per_cycle * lanes(element_bytes);
  }
};

/// Every target of this version, in the order of `tenon targets`: levels of x86-64, then Intel, then
/// AMD, oldest first; then AArch64 and ARMv7.
const std::vector<Target>& all_targets();

/// The target of this name ("native" included). Fails with a reason that names the nearest targets,
/// or, for a GPU's name, the processors that there are.
Result<Target> find_target(const std::string& name);

/// Up to three names of targets near `name`, nearest first; empty where nothing resembles it.
std::vector<std::string> nearest_targets(const std::string& name);

/// True for "cuda" and what looks like an architecture of NVIDIA's: "sm_90", "compute_80".
bool is_gpu_name(const std::string& name);

/// A target put together from --triple, --cpu and --features. `cpu` is the name of a target in the
/// table or empty (the least of the triple's architecture); `triple` is empty (that of the CPU) or
/// a Linux triple of x86-64, AArch64 or hard-float ARMv7; `features` is a list like
/// "+avx512vnni,-gfni", applied to the target's own. Features that take a CPU's vector width
/// away, or give it a wider one, bring the facts of the x86-64 level that they make up.
Result<Target> custom_target(const std::string& triple, const std::string& cpu,
                             const std::string& features);

/// What a processor says about itself.
struct HostProcessor {
  std::string vendor;  // "GenuineIntel", "AuthenticAMD"
  int family = 0;      // extended family added in
  int model = 0;       // extended model included
  int stepping = 0;
  CpuidWords reported;
};

/// Reads CPUID and XGETBV of the processor that this runs on.
HostProcessor read_host_processor();

/// The target for a processor: the row of its model with the features that it reports, or, where a
/// virtual machine hides what the row's vector width needs, or the model is unknown, the highest
/// x86-64 level that it reports. Fails below x86-64-v2.
Result<Target> target_for_processor(const HostProcessor& processor);

/// target_for_processor(read_host_processor()).
Result<Target> native_target();

/// What `tenon targets` prints: a line a target with its vector width and the features that it
/// needs, columns aligned.
std::string target_table_text();

/// The same with what each target computes in, as the page docs/targets.md.
std::string target_table_markdown();

}  // namespace tenon::target
