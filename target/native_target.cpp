// The target of the machine that this runs on.
//
//   vendor AuthenticAMD, family 0x19, model 0x11, all features of znver4  ->  the row znver4
//   the same without AVX-512 (a virtual machine hides it)                 ->  the row x86-64-v3
//
// Families and models: AMD, Processor Programming References; Intel, Software Developer's Manual,
// volume 4, table 2-1.
#include <cpuid.h>

#include <cstring>

#include "target/target.h"
#include "target/x86.h"

namespace tenon::target {

namespace {

struct ModelRange {
  const char* vendor;
  int family;
  int first_model;
  int last_model;
  const char* target;
};

constexpr const char* kAmd = "AuthenticAMD";
constexpr const char* kIntel = "GenuineIntel";

// Processors newer than the newest row of their kind take that row: its features are all theirs.
constexpr ModelRange kModels[] = {
    {kAmd, 0x17, 0x30, 0xaf, "znver2"},
    {kAmd, 0x19, 0x00, 0x0f, "znver3"},
    {kAmd, 0x19, 0x10, 0x1f, "znver4"},
    {kAmd, 0x19, 0x20, 0x5f, "znver3"},
    {kAmd, 0x19, 0x60, 0x7f, "znver4"},
    {kAmd, 0x19, 0xa0, 0xaf, "znver4"},
    {kAmd, 0x1a, 0x00, 0xff, "znver5"},
    {kIntel, 6, 0x3c, 0x3d, "haswell"},
    {kIntel, 6, 0x3f, 0x3f, "haswell"},
    {kIntel, 6, 0x45, 0x47, "haswell"},
    {kIntel, 6, 0x4e, 0x4e, "skylake"},
    {kIntel, 6, 0x4f, 0x4f, "haswell"},  // Broadwell servers
    {kIntel, 6, 0x55, 0x55, "skylake-avx512"},
    {kIntel, 6, 0x56, 0x56, "haswell"},
    {kIntel, 6, 0x5e, 0x5e, "skylake"},
    {kIntel, 6, 0x6a, 0x6c, "icelake-server"},
    {kIntel, 6, 0x7d, 0x7e,
     "icelake-server"},  // Ice Lake for clients: the same core, smaller caches
    {kIntel, 6, 0x8c, 0x8d, "icelake-server"},  // Tiger Lake
    {kIntel, 6, 0x8e, 0x8e, "skylake"},
    {kIntel, 6, 0x8f, 0x8f, "sapphirerapids"},
    {kIntel, 6, 0x97, 0x97, "alderlake"},
    {kIntel, 6, 0x9a, 0x9a, "alderlake"},
    {kIntel, 6, 0x9e, 0x9e, "skylake"},
    {kIntel, 6, 0xa5, 0xa6, "skylake"},
    {kIntel, 6, 0xa7, 0xa7, "icelake-server"},  // Rocket Lake
    {kIntel, 6, 0xad, 0xae, "sapphirerapids"},  // Granite Rapids
    {kIntel, 6, 0xaa, 0xaa, "alderlake"},       // Meteor Lake
    {kIntel, 6, 0xb7, 0xb7, "alderlake"},
    {kIntel, 6, 0xba, 0xba, "alderlake"},
    {kIntel, 6, 0xbf, 0xbf, "alderlake"},
    {kIntel, 6, 0xcf, 0xcf, "sapphirerapids"},  // Emerald Rapids
};

const char* target_of_model(const HostProcessor& processor, FeatureSet features) {
  for (const ModelRange& range : kModels) {
    if (processor.vendor != range.vendor || processor.family != range.family) continue;
    if (processor.model < range.first_model || processor.model > range.last_model) continue;
    // Skylake servers and their successor share a model number; the successor has the dot products.
    const bool successor =
        std::strcmp(range.target, "skylake-avx512") == 0 && features.has(CpuFeature::avx512vnni);
    return successor ? "cascadelake" : range.target;
  }
  return nullptr;
}

struct CpuidResult {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Zeros where the processor has no such leaf.
CpuidResult cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidResult result;
  __get_cpuid_count(leaf, subleaf, &result.eax, &result.ebx, &result.ecx, &result.edx);
  return result;
}

uint32_t read_xcr0() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

HostProcessor read_host_processor() {
  HostProcessor processor;
  const CpuidResult identity = cpuid(0, 0);
  for (uint32_t word : {identity.ebx, identity.edx, identity.ecx}) {
    for (int shift = 0; shift < 32; shift += 8)
      processor.vendor += static_cast<char>(word >> shift & 0xff);
  }
  const CpuidResult leaf1 = cpuid(1, 0);
  const int base_family = static_cast<int>(leaf1.eax >> 8 & 0xf);
  processor.stepping = static_cast<int>(leaf1.eax & 0xf);
  processor.family = base_family;
  processor.model = static_cast<int>(leaf1.eax >> 4 & 0xf);
  if (base_family == 0xf) processor.family += static_cast<int>(leaf1.eax >> 20 & 0xff);
  if (base_family == 0xf || base_family == 6)
    processor.model += static_cast<int>(leaf1.eax >> 16 & 0xf) << 4;

  const CpuidResult leaf7 = cpuid(7, 0);
  processor.reported[CpuidWord::leaf1_ecx] = leaf1.ecx;
  processor.reported[CpuidWord::leaf7_ebx] = leaf7.ebx;
  processor.reported[CpuidWord::leaf7_ecx] = leaf7.ecx;
  processor.reported[CpuidWord::leaf7_edx] = leaf7.edx;
  if (leaf7.eax >= 1) processor.reported[CpuidWord::leaf7_1_eax] = cpuid(7, 1).eax;
  processor.reported[CpuidWord::extended1_ecx] = cpuid(0x80000001, 0).ecx;
  const bool has_xgetbv = leaf1.ecx >> 27 & 1;
  if (has_xgetbv) processor.reported[CpuidWord::xcr0] = read_xcr0();
  return processor;
}

Result<Target> target_for_processor(const HostProcessor& processor) {
  const FeatureSet features = features_reported(processor.reported);
  const Target* level = x86_level(features);
  if (level == nullptr) {
    return Failure{"this processor lacks " + to_string(x86_level_features(128) - features) +
                   ", which x86-64-v2, the least that generated code needs, has"};
  }
  const char* name = target_of_model(processor, features);
  if (name != nullptr) {
    for (const Target& row : all_targets()) {
      if (row.name != name || !features.has_all(x86_level_features(row.vector_bits))) continue;
      if (features.has_all(row.features)) return row;
      Target limited = row;
      limited.features = row.features & features;
      limited.name = "native";
      limited.description = row.description + ", without " + to_string(row.features - features);
      return limited;
    }
  }
  return *level;
}

Result<Target> native_target() { return target_for_processor(read_host_processor()); }

}  // namespace tenon::target
