// The table of instruction-set extensions and the operations on sets of them.
//
//   apply_feature_list({avx2 and what it implies}, "-avx")  ->  sse3 ssse3 sse4.1 sse4.2
//
// CPUID bits: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID; AMD64
// Architecture Programmer's Manual, volume 3, appendix E.
#include "target/cpu_features.h"

#include <iterator>

#include "support/check.h"
#include "support/diagnostics.h"

namespace tenon::target {

namespace {

using enum CpuFeature;
using enum CpuidWord;

// Where CPUID reports a feature of x86; nowhere (no bits) for the others.
struct CpuidPlace {
  CpuidWord word;
  uint32_t bits;
  constexpr CpuidPlace(CpuidWord in_word, int bit)
      : word(in_word), bits(bit < 0 ? 0 : uint32_t{1} << bit) {}
};
constexpr CpuidPlace kNowhere = {leaf1_ecx, -1};

struct FeatureFacts {
  CpuFeature feature;
  const char* name;
  CpuidPlace place;
  FeatureSet implies;  // directly
  Architecture architecture = Architecture::x86_64;
};

// One row a feature, by number. What a row implies stands above it.
constexpr FeatureFacts kFeatures[] = {
    {sse3, "sse3", {leaf1_ecx, 0}, {}},
    {ssse3, "ssse3", {leaf1_ecx, 9}, {sse3}},
    {sse4_1, "sse4.1", {leaf1_ecx, 19}, {ssse3}},
    {sse4_2, "sse4.2", {leaf1_ecx, 20}, {sse4_1}},
    {popcnt, "popcnt", {leaf1_ecx, 23}, {}},
    {cx16, "cx16", {leaf1_ecx, 13}, {}},
    {sahf, "sahf", {extended1_ecx, 0}, {}},
    {avx, "avx", {leaf1_ecx, 28}, {sse4_2}},
    {avx2, "avx2", {leaf7_ebx, 5}, {avx}},
    {fma, "fma", {leaf1_ecx, 12}, {avx}},
    {f16c, "f16c", {leaf1_ecx, 29}, {avx}},
    {bmi, "bmi", {leaf7_ebx, 3}, {}},
    {bmi2, "bmi2", {leaf7_ebx, 8}, {}},
    {lzcnt, "lzcnt", {extended1_ecx, 5}, {}},
    {movbe, "movbe", {leaf1_ecx, 22}, {}},
    {avx512f, "avx512f", {leaf7_ebx, 16}, {avx2, fma, f16c}},
    {avx512cd, "avx512cd", {leaf7_ebx, 28}, {avx512f}},
    {avx512bw, "avx512bw", {leaf7_ebx, 30}, {avx512f}},
    {avx512dq, "avx512dq", {leaf7_ebx, 17}, {avx512f}},
    {avx512vl, "avx512vl", {leaf7_ebx, 31}, {avx512f}},
    {avx512vnni, "avx512vnni", {leaf7_ecx, 11}, {avx512f}},
    {avx512bf16, "avx512bf16", {leaf7_1_eax, 5}, {avx512bw}},
    {avx512vbmi, "avx512vbmi", {leaf7_ecx, 1}, {avx512bw}},
    {avx512vbmi2, "avx512vbmi2", {leaf7_ecx, 6}, {avx512bw}},
    {avx512bitalg, "avx512bitalg", {leaf7_ecx, 12}, {avx512bw}},
    {avx512vpopcntdq, "avx512vpopcntdq", {leaf7_ecx, 14}, {avx512f}},
    {avx512ifma, "avx512ifma", {leaf7_ebx, 21}, {avx512f}},
    {avx512fp16, "avx512fp16", {leaf7_edx, 23}, {avx512bw, avx512dq, avx512vl}},
    {gfni, "gfni", {leaf7_ecx, 8}, {}},
    {avxvnni, "avxvnni", {leaf7_1_eax, 4}, {avx2}},
    {neon, "neon", kNowhere, {}, Architecture::armv7},
    {vfp4, "vfp4", kNowhere, {}, Architecture::armv7},
    {fullfp16, "fullfp16", kNowhere, {}, Architecture::aarch64},
    {dotprod, "dotprod", kNowhere, {}, Architecture::aarch64},
    {i8mm, "i8mm", kNowhere, {}, Architecture::aarch64},
    {bf16, "bf16", kNowhere, {}, Architecture::aarch64},
};
constexpr int kFeatureCount = std::size(kFeatures);

constexpr bool rows_are_ordered() {
  FeatureSet above;
  for (int i = 0; i < kFeatureCount; ++i) {
    if (i > 0 && kFeatures[i].feature <= kFeatures[i - 1].feature) return false;
    if (!above.has_all(kFeatures[i].implies)) return false;
    above.insert(kFeatures[i].feature);
  }
  return true;
}
static_assert(rows_are_ordered());

constexpr uint32_t kOsxsave = uint32_t{1} << 27;  // leaf 1, ECX: XGETBV may be used
constexpr uint32_t kAvxState = 0x06;              // XCR0: xmm and ymm registers are saved
constexpr uint32_t kAvx512State = 0xe6;           // XCR0: and the masks and zmm registers

const FeatureFacts& facts(CpuFeature feature) {
  for (const FeatureFacts& row : kFeatures) {
    if (row.feature == feature) return row;
  }
  TENON_CHECK(false, "a feature without a row");
  return kFeatures[0];
}

}  // namespace

const std::vector<CpuFeature>& all_cpu_features() {
  static const std::vector<CpuFeature> features = [] {
    std::vector<CpuFeature> list;
    for (const FeatureFacts& row : kFeatures) list.push_back(row.feature);
    return list;
  }();
  return features;
}

std::vector<CpuFeature> FeatureSet::list() const {
  std::vector<CpuFeature> features;
  for (const FeatureFacts& row : kFeatures) {
    if (has(row.feature)) features.push_back(row.feature);
  }
  return features;
}

const char* name(CpuFeature feature) { return facts(feature).name; }

Architecture architecture_of(CpuFeature feature) { return facts(feature).architecture; }

FeatureSet closure(FeatureSet features) {
  // From the last row to the first: a row implies only rows above it, so one walk is enough.
  for (int i = kFeatureCount - 1; i >= 0; --i) {
    if (features.has(kFeatures[i].feature)) features = features | kFeatures[i].implies;
  }
  return features;
}

FeatureSet without(FeatureSet features, FeatureSet removed) {
  FeatureSet kept;
  for (const FeatureFacts& row : kFeatures) {
    if (features.has(row.feature) && (closure({row.feature}) & removed).empty())
      kept.insert(row.feature);
  }
  return kept;
}

std::string to_string(FeatureSet features) {
  std::string text;
  for (CpuFeature feature : features.list()) {
    if (!text.empty()) text += ' ';
    text += name(feature);
  }
  return text;
}

std::string to_llvm(FeatureSet features) {
  std::string text;
  for (CpuFeature feature : features.list()) {
    if (!text.empty()) text += ',';
    text += '+';
    text += name(feature);
  }
  if (features.has(avx512f)) text += ",+evex512";
  // Where LLVM does not schedule behind instruction selection, it does so in it, and hoists loads
  // until registers run out.
  if (features.has(neon)) text += ",+use-misched";
  return text;
}

Result<FeatureSet> apply_feature_list(FeatureSet base, const std::string& list,
                                      Architecture architecture) {
  std::vector<std::string> known;
  for (const FeatureFacts& row : kFeatures)
    if (row.architecture == architecture) known.push_back(row.name);
  size_t begin = 0;
  while (begin < list.size()) {
    size_t end = list.find(',', begin);
    if (end == std::string::npos) end = list.size();
    const std::string item = list.substr(begin, end - begin);
    begin = end + 1;
    if (item.empty()) continue;
    if (item[0] != '+' && item[0] != '-') {
      return Failure{"the feature \"" + item + "\" needs a sign: +" + item + " or -" + item};
    }
    const std::string wanted = item.substr(1);
    const FeatureFacts* row = nullptr;
    for (const FeatureFacts& candidate : kFeatures) {
      if (candidate.architecture == architecture && wanted == candidate.name) row = &candidate;
    }
    if (row == nullptr) {
      const std::string nearest = nearest_name(wanted, known);
      return Failure{"no processor feature is named \"" + wanted + "\"" +
                     (nearest.empty() ? std::string() : "; the nearest name is " + nearest)};
    }
    base =
        item[0] == '+' ? closure(base | FeatureSet{row->feature}) : without(base, {row->feature});
  }
  return base;
}

CpuidWords cpuid_masks(FeatureSet features) {
  CpuidWords masks;
  for (CpuFeature feature : closure(features).list()) {
    masks[facts(feature).place.word] |= facts(feature).place.bits;
  }
  if (closure(features).has(avx)) {
    masks[leaf1_ecx] |= kOsxsave;
    masks[xcr0] |= kAvxState;
  }
  if (closure(features).has(avx512f)) masks[xcr0] |= kAvx512State;
  return masks;
}

FeatureSet features_reported(const CpuidWords& reported) {
  FeatureSet granted;
  for (const FeatureFacts& row : kFeatures) {
    if (row.place.bits == 0) continue;
    const CpuidWords needed = cpuid_masks({row.feature});
    bool serves = true;
    for (size_t i = 0; i < needed.words.size(); ++i) {
      serves = serves && (reported.words[i] & needed.words[i]) == needed.words[i];
    }
    if (serves) granted.insert(row.feature);
  }
  return granted;
}

}  // namespace tenon::target
