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

// The part of a row that follows from the vector width.
Target row_of_width(int vector_bits, const char* name, const char* tune_cpu,
                    const char* description) {
  Target target{};
  target.name = name;
  target.description = description;
  target.triple = kTriple;
  target.base_cpu = kBaseCpu;
  target.tune_cpu = tune_cpu;
  target.features = x86_level_features(vector_bits);
  target.prefer_vector_width = vector_bits;
  target.vector_bits = vector_bits;
  target.vector_registers = vector_bits == 512 ? 32 : 16;
  target.mask_registers = vector_bits == 512;
  target.index_bits = 64;
  return target;
}

std::vector<Target> make_rows() {
  std::vector<Target> rows;
  Target row =
      row_of_width(128, "x86-64-v2", "x86-64-v2", "SSE4.2: Intel since 2009, AMD since 2011");
  row.fma_per_cycle = 1;  // one multiplication and one addition a cycle
  row.fma_latency = 4;    // of the addition; the multiplication is off the chain
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.0;
  row.l1 = {32 * kKiB, 32};
  row.l2 = {256 * kKiB, 16};
  row.l3 = {2 * kMiB, 8};
  row.memory = {kUnlimited, 4};
  rows.push_back(row);

  row =
      row_of_width(256, "x86-64-v3", "x86-64-v3", "AVX2 and FMA: Intel since 2013, AMD since 2015");
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.0;
  row.l1 = {32 * kKiB, 60};
  row.l2 = {512 * kKiB, 28};
  row.l3 = {8 * kMiB, 12};
  row.memory = {kUnlimited, 5};
  rows.push_back(row);

  row = row_of_width(512, "x86-64-v4", "x86-64-v4",
                     "AVX-512: Intel servers since 2017, AMD since 2022");
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.0;
  row.l1 = {32 * kKiB, 100};
  row.l2 = {1 * kMiB, 40};
  row.l3 = {8 * kMiB, 12};
  row.memory = {kUnlimited, 5};
  rows.push_back(row);

  row = row_of_width(256, "haswell", "haswell", "Intel Haswell and Broadwell, 2013");
  row.fma_per_cycle = 2;
  row.fma_latency = 5;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.0;
  row.l1 = {32 * kKiB, 60};
  row.l2 = {256 * kKiB, 25};
  row.l3 = {6 * kMiB, 12};
  row.memory = {kUnlimited, 5};
  rows.push_back(row);

  row = row_of_width(256, "skylake", "skylake", "Intel Skylake to Comet Lake for clients, 2015");
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.5;
  row.l1 = {32 * kKiB, 60};
  row.l2 = {256 * kKiB, 32};
  row.l3 = {8 * kMiB, 14};
  row.memory = {kUnlimited, 6};
  rows.push_back(row);

  row = row_of_width(512, "skylake-avx512", "skylake-avx512", "Intel Skylake servers, 2017");
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 2.5;
  row.l1 = {32 * kKiB, 110};
  row.l2 = {1 * kMiB, 44};
  row.l3 = {8 * kMiB, 10};
  row.memory = {kUnlimited, 5};
  rows.push_back(row);

  row.name = row.tune_cpu = "cascadelake";
  row.description = "Intel Cascade Lake servers, 2019";
  row.features = kLevel4 | FeatureSet{avx512vnni};
  row.clock_ghz = 2.7;
  rows.push_back(row);

  row = row_of_width(512, "icelake-server", "icelake-server", "Intel Ice Lake servers, 2021");
  row.features = kIceLake;
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 2.8;
  row.l1 = {48 * kKiB, 110};
  row.l2 = {1280 * kKiB, 44};
  row.l3 = {12 * kMiB, 9};
  row.memory = {kUnlimited, 5};
  rows.push_back(row);

  row = row_of_width(256, "alderlake", "alderlake",
                     "Intel Alder Lake to Raptor Lake for clients, 2021");
  row.features = kLevel3 | FeatureSet{avxvnni, gfni};
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 3;
  row.stores_per_cycle = 2;
  row.clock_ghz = 4.5;
  row.l1 = {48 * kKiB, 90};
  row.l2 = {1280 * kKiB, 40};
  row.l3 = {12 * kMiB, 14};
  row.memory = {kUnlimited, 7};
  rows.push_back(row);

  row = row_of_width(512, "sapphirerapids", "sapphirerapids",
                     "Intel Sapphire and Emerald Rapids servers, 2023");
  row.features = kIceLake | FeatureSet{avx512bf16, avxvnni};
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 2.9;
  row.l1 = {48 * kKiB, 115};
  row.l2 = {2 * kMiB, 46};
  row.l3 = {16 * kMiB, 9};
  row.memory = {kUnlimited, 4};
  rows.push_back(row);

  row = row_of_width(256, "znver2", "znver2", "AMD Zen 2, 2019");
  row.fma_per_cycle = 2;
  row.fma_latency = 5;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 3.3;
  row.l1 = {32 * kKiB, 60};
  row.l2 = {512 * kKiB, 28};
  row.l3 = {8 * kMiB, 18};
  row.memory = {kUnlimited, 6};
  rows.push_back(row);

  row.name = row.tune_cpu = "znver3";
  row.description = "AMD Zen 3, 2020";
  row.fma_latency = 4;
  row.clock_ghz = 3.5;
  row.l3 = {16 * kMiB, 22};
  rows.push_back(row);

  // 512-bit instructions take two cycles of 256-bit units: the rates halve, the registers and masks
  // stay.
  row = row_of_width(512, "znver4", "znver4", "AMD Zen 4, 2022");  // [m]
  row.features = kIceLake | FeatureSet{avx512bf16};
  row.fma_per_cycle = 1;
  row.fma_latency = 4;
  row.loads_per_cycle = 1;
  row.stores_per_cycle = 0.5;
  row.clock_ghz = 3.7;
  row.l1 = {32 * kKiB, 57};
  row.l2 = {1 * kMiB, 31};
  row.l3 = {16 * kMiB, 26};
  row.memory = {kUnlimited, 6};
  rows.push_back(row);

  row = row_of_width(512, "znver5", "znver5",
                     "AMD Zen 5, 2024");  // [m] on a server with full-width units
  row.features = kIceLake | FeatureSet{avx512bf16, avxvnni};
  row.fma_per_cycle = 2;
  row.fma_latency = 4;
  row.loads_per_cycle = 2;
  row.stores_per_cycle = 1;
  row.clock_ghz = 4.1;
  row.l1 = {48 * kKiB, 120};
  row.l2 = {1 * kMiB, 48};
  row.l3 = {16 * kMiB, 26};
  row.memory = {kUnlimited, 10};
  rows.push_back(row);
  return rows;
}

}  // namespace

const std::vector<Target>& x86_targets() {
  static const std::vector<Target> rows = make_rows();
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
