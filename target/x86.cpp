// The x86-64 rows of the target table: levels of the psABI, then processors of Intel and AMD.
//
//   a row named "znver4" with 512-bit vectors and 1 FMA a cycle  ->  --target znver4
//
// Where the numbers come from: [m] measured with bench/peak on such a processor; the others from
// the vendors' optimisation manuals and uops.info, sustained bandwidths of L2 and beyond rounded
// down to what streaming reads reach. Levels take the facts of the processors that most code for
// them runs on, and the smaller caches among those.
//
// LLVM's tuning of x86-64-v4, skylake-avx512, cascadelake, icelake-server and sapphirerapids
// prefers 256-bit vectors and splits a 512-bit register tile in two, which costs more than half of
// its speed; prefer_vector_width undoes it.
//
// Features list what generated code may use. What LLVM never selects by itself (AES, SHA, CLWB,
// ...) is left out, so that a virtual machine that hides it can still open a bundle.
#include "target/x86.h"

namespace tenon::target {

namespace {

using enum CpuFeature;

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;
constexpr const char* kTriple = "x86_64-unknown-linux-gnu";
constexpr const char* kBaseCpu = "x86-64";

constexpr FeatureSet kLevel2 = {sse3, ssse3, sse4_1, sse4_2, popcnt, cx16, sahf};
constexpr FeatureSet kLevel3 = kLevel2 | FeatureSet{avx, avx2, fma, f16c, bmi, bmi2, lzcnt, movbe};
constexpr FeatureSet kLevel4 =
    kLevel3 | FeatureSet{avx512f, avx512cd, avx512bw, avx512dq, avx512vl};
constexpr FeatureSet kIceLake =
    kLevel4 | FeatureSet{avx512vnni,      avx512vbmi, avx512vbmi2, avx512bitalg,
                         avx512vpopcntdq, avx512ifma, gfni};

struct Execution {
  double fma_per_cycle;
  int fma_latency;
  double loads_per_cycle, stores_per_cycle;
  double clock_ghz;
};

struct Row {
  const char* name;
  const char* description;
  int vector_bits;
  FeatureSet features;
  Execution execution;
  MemoryLevel l1, l2, l3;
  double memory_bytes_per_cycle;
};

// clang-format off
constexpr Row kRows[] = {
    // One multiplication and one addition a cycle; the latency is the addition's, the
    // multiplication is off the chain.
    {"x86-64-v2", "SSE4.2: Intel since 2009, AMD since 2011", 128, kLevel2,
     {1, 4, 2, 1, 3.0}, {32 * kKiB, 32}, {256 * kKiB, 16}, {2 * kMiB, 8}, 4},
    {"x86-64-v3", "AVX2 and FMA: Intel since 2013, AMD since 2015", 256, kLevel3,
     {2, 4, 2, 1, 3.0}, {32 * kKiB, 60}, {512 * kKiB, 28}, {8 * kMiB, 12}, 5},
    {"x86-64-v4", "AVX-512: Intel servers since 2017, AMD since 2022", 512, kLevel4,
     {2, 4, 2, 1, 3.0}, {32 * kKiB, 100}, {1 * kMiB, 40}, {8 * kMiB, 12}, 5},

    {"haswell", "Intel Haswell and Broadwell, 2013", 256, kLevel3,
     {2, 5, 2, 1, 3.0}, {32 * kKiB, 60}, {256 * kKiB, 25}, {6 * kMiB, 12}, 5},
    {"skylake", "Intel Skylake to Comet Lake for clients, 2015", 256, kLevel3,
     {2, 4, 2, 1, 3.5}, {32 * kKiB, 60}, {256 * kKiB, 32}, {8 * kMiB, 14}, 6},
    {"skylake-avx512", "Intel Skylake servers, 2017", 512, kLevel4,
     {2, 4, 2, 1, 2.5}, {32 * kKiB, 110}, {1 * kMiB, 44}, {8 * kMiB, 10}, 5},
    {"cascadelake", "Intel Cascade Lake servers, 2019", 512, kLevel4 | FeatureSet{avx512vnni},
     {2, 4, 2, 1, 2.7}, {32 * kKiB, 110}, {1 * kMiB, 44}, {8 * kMiB, 10}, 5},
    {"icelake-server", "Intel Ice Lake servers, 2021", 512, kIceLake,
     {2, 4, 2, 1, 2.8}, {48 * kKiB, 110}, {1280 * kKiB, 44}, {12 * kMiB, 9}, 5},
    {"alderlake", "Intel Alder Lake to Raptor Lake for clients, 2021", 256,
     kLevel3 | FeatureSet{avxvnni, gfni},
     {2, 4, 3, 2, 4.5}, {48 * kKiB, 90}, {1280 * kKiB, 40}, {12 * kMiB, 14}, 7},
    {"sapphirerapids", "Intel Sapphire and Emerald Rapids servers, 2023", 512,
     kIceLake | FeatureSet{avx512bf16, avxvnni},
     {2, 4, 2, 1, 2.9}, {48 * kKiB, 115}, {2 * kMiB, 46}, {16 * kMiB, 9}, 4},

    {"znver2", "AMD Zen 2, 2019", 256, kLevel3,
     {2, 5, 2, 1, 3.3}, {32 * kKiB, 60}, {512 * kKiB, 28}, {8 * kMiB, 18}, 6},
    {"znver3", "AMD Zen 3, 2020", 256, kLevel3,
     {2, 4, 2, 1, 3.5}, {32 * kKiB, 60}, {512 * kKiB, 28}, {16 * kMiB, 22}, 6},
    // [m] 512-bit instructions take two cycles of 256-bit units: the rates halve, the registers
    // and masks stay.
    {"znver4", "AMD Zen 4, 2022", 512, kIceLake | FeatureSet{avx512bf16},
     {1, 4, 1, 0.5, 3.7}, {32 * kKiB, 57}, {1 * kMiB, 31}, {16 * kMiB, 26}, 6},
    // [m] on a server with full-width units.
    {"znver5", "AMD Zen 5, 2024", 512, kIceLake | FeatureSet{avx512bf16, avxvnni},
     {2, 4, 2, 1, 4.1}, {48 * kKiB, 120}, {1 * kMiB, 48}, {16 * kMiB, 26}, 10},
};
// clang-format on

Target target_of(const Row& row) {
  Target target{};
  target.name = row.name;
  target.description = row.description;
  target.architecture = Architecture::x86_64;
  target.triple = kTriple;
  target.base_cpu = kBaseCpu;
  target.tune_cpu = row.name;
  target.features = row.features;
  target.prefer_vector_width = row.vector_bits;
  target.vector_bits = row.vector_bits;
  target.vector_registers = row.vector_bits == 512 ? 32 : 16;
  target.mask_registers = row.vector_bits == 512;
  target.index_bits = 64;
  target.fma_per_cycle = row.execution.fma_per_cycle;
  target.fma_latency = row.execution.fma_latency;
  target.loads_per_cycle = row.execution.loads_per_cycle;
  target.stores_per_cycle = row.execution.stores_per_cycle;
  target.clock_ghz = row.execution.clock_ghz;
  target.l1 = row.l1;
  target.l2 = row.l2;
  target.l3 = row.l3;
  target.memory = {kUnlimited, row.memory_bytes_per_cycle};
  return target;
}

}  // namespace

const std::vector<Target>& x86_targets() {
  static const std::vector<Target> rows = [] {
    std::vector<Target> made;
    for (const Row& row : kRows) made.push_back(target_of(row));
    return made;
  }();
  return rows;
}

FeatureSet x86_level_features(int vector_bits) {
  return vector_bits == 512 ? kLevel4 : vector_bits == 256 ? kLevel3 : kLevel2;
}

const Target* x86_level(FeatureSet features) {
  for (int level : {2, 1, 0}) {
    const Target& row = x86_targets()[static_cast<size_t>(level)];
    if (features.has_all(row.features)) return &row;
  }
  return nullptr;
}

}  // namespace tenon::target
