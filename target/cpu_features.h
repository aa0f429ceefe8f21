// The instruction sets that a target may demand of a processor: their names as LLVM spells them,
// what each implies, and for x86 the bit of the CPUID instruction that reports each.
//
//   closure({avx, fma})            ->  sse3 ssse3 sse4.1 sse4.2 avx fma
//   to_llvm({sse3, ssse3})         ->  "+sse3,+ssse3"
//   cpuid_masks({avx2}), leaf 7    ->  ebx 0x00000020, and what AVX itself needs
//
// How a bundle asks an AArch64 processor stands in runtime/cpu.c: Tenon itself runs on x86-64.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/result.h"

namespace tenon::target {

/// One instruction-set extension each. The numbers are those that a bundle's table of required
/// features stores and that a refused open() reports (TNR_CPU_... in runtime/model_tables.h):
/// frozen.
enum class CpuFeature : uint8_t {
  // x86-64-v2
  sse3 = 0,
  ssse3 = 1,
  sse4_1 = 2,
  sse4_2 = 3,
  popcnt = 4,
  cx16 = 5,
  sahf = 6,
  // x86-64-v3
  avx = 7,
  avx2 = 8,
  fma = 9,
  f16c = 10,
  bmi = 11,
  bmi2 = 12,
  lzcnt = 13,
  movbe = 14,
  // x86-64-v4
  avx512f = 15,
  avx512cd = 16,
  avx512bw = 17,
  avx512dq = 18,
  avx512vl = 19,
  // beyond the levels
  avx512vnni = 20,
  avx512bf16 = 21,
  avx512vbmi = 22,
  avx512vbmi2 = 23,
  avx512bitalg = 24,
  avx512vpopcntdq = 25,
  avx512ifma = 26,
  avx512fp16 = 27,
  gfni = 28,
  avxvnni = 31,
  // ARMv7: what armv7-neon is, which no program can ask a processor for
  neon = 32,
  vfp4 = 33,
  // AArch64, beyond what every processor has
  fullfp16 = 40,
  dotprod = 41,
  i8mm = 42,
  bf16 = 43,
};

/// A kind of instruction set: what code generators, tables of operations and the runtime's bitcode
/// are chosen by.
enum class Architecture : uint8_t { x86_64, aarch64, armv7, gpu };

/// Every feature, by number.
const std::vector<CpuFeature>& all_cpu_features();

/// The instruction set that a feature extends.
Architecture architecture_of(CpuFeature feature);

/// A set of features, as bits.
class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<CpuFeature> features) {
    for (CpuFeature feature : features) insert(feature);
  }

  constexpr bool has(CpuFeature feature) const { return (bits_ >> static_cast<int>(feature)) & 1; }
  constexpr bool has_all(FeatureSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr void insert(CpuFeature feature) { bits_ |= uint64_t{1} << static_cast<int>(feature); }
  constexpr bool empty() const { return bits_ == 0; }

  /// Bit n is the feature with number n: what a bundle stores as its requirement.
  constexpr uint64_t bits() const { return bits_; }

  /// The features by number, the order of every printed list.
  std::vector<CpuFeature> list() const;

  friend constexpr bool operator==(FeatureSet a, FeatureSet b) { return a.bits_ == b.bits_; }
  friend constexpr FeatureSet operator|(FeatureSet a, FeatureSet b) {
    return from_bits(a.bits_ | b.bits_);
  }
  friend constexpr FeatureSet operator&(FeatureSet a, FeatureSet b) {
    return from_bits(a.bits_ & b.bits_);
  }
  /// The features of `a` that are not in `b`.
  friend constexpr FeatureSet operator-(FeatureSet a, FeatureSet b) {
    return from_bits(a.bits_ & ~b.bits_);
  }

 private:
  static constexpr FeatureSet from_bits(uint64_t bits) {
    FeatureSet set;
    set.bits_ = bits;
    return set;
  }
  uint64_t bits_ = 0;
};

/// LLVM's name of a feature: "sse4.2", "avx512vnni".
const char* name(CpuFeature feature);

/// The features together with everything that they imply (AVX-512 implies AVX2, FMA and F16C).
FeatureSet closure(FeatureSet features);

/// `features` without `removed` and without whatever implies something removed: without AVX there
/// is no FMA.
FeatureSet without(FeatureSet features, FeatureSet removed);

/// For people: "sse3 ssse3 sse4.1".
std::string to_string(FeatureSet features);

/// For LLVM's attribute "target-features": "+sse3,+ssse3". With AVX-512 it ends in "+evex512",
/// which LLVM 19 asks for before it uses 512-bit registers.
std::string to_llvm(FeatureSet features);

/// Applies a list such as "+avx512vnni,-bmi2" to `base`, from left to right. Fails on a name that
/// is no feature of the architecture and on a missing sign, naming the nearest feature.
Result<FeatureSet> apply_feature_list(FeatureSet base, const std::string& list,
                                      Architecture architecture = Architecture::x86_64);

/// The words of CPUID, and XCR0 (the registers that the operating system saves), that tell a
/// processor's features.
enum class CpuidWord : uint8_t {
  leaf1_ecx,
  leaf7_ebx,
  leaf7_ecx,
  leaf7_edx,
  leaf7_1_eax,
  extended1_ecx,
  xcr0,
};
constexpr int kCpuidWordCount = static_cast<int>(CpuidWord::xcr0) + 1;

/// One value or mask per word.
struct CpuidWords {
  std::array<uint32_t, kCpuidWordCount> words{};
  uint32_t& operator[](CpuidWord word) { return words[static_cast<size_t>(word)]; }
  uint32_t operator[](CpuidWord word) const { return words[static_cast<size_t>(word)]; }
};

/// The bits that a processor and its operating system report where code using `features` runs: for
/// AVX that includes OSXSAVE and the vector state in XCR0. Of x86's features only.
CpuidWords cpuid_masks(FeatureSet features);

/// The features that these reported words grant: each one's own bit, its registers saved by the
/// operating system, and everything that it implies present too.
FeatureSet features_reported(const CpuidWords& reported);

}  // namespace tenon::target
