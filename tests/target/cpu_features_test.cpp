// Sets of processor features: implication, LLVM's spelling, CPUID bits, and the numbers that
// bundles store.
#include "target/cpu_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model_tables.h"

namespace tenon::target {
namespace {

using enum CpuFeature;
using testing::HasSubstr;

TEST(CpuFeatures, ClosureAddsWhatIsImplied) {
  EXPECT_EQ(to_string(closure({avx2})), "sse3 ssse3 sse4.1 sse4.2 avx avx2");
  EXPECT_EQ(to_string(closure({avx512dq})),
            "sse3 ssse3 sse4.1 sse4.2 avx avx2 fma f16c avx512f avx512dq");
  EXPECT_EQ(closure({}), FeatureSet{});
}

TEST(CpuFeatures, WithoutRemovesWhatNeedsTheRemoved) {
  const FeatureSet set = closure({avx512vnni, popcnt});
  EXPECT_EQ(to_string(without(set, {avx2})), "sse3 ssse3 sse4.1 sse4.2 popcnt avx fma f16c");
  EXPECT_EQ(without(set, {gfni}), set);
  EXPECT_EQ(to_string(without(set, {sse3})), "popcnt");
}

TEST(CpuFeatures, LlvmListHasASignEachAndWideRegisters) {
  EXPECT_EQ(to_llvm({sse4_1, sahf}), "+sse4.1,+sahf");
  EXPECT_EQ(to_llvm({}), "");
  EXPECT_EQ(to_llvm({avx512f}), "+avx512f,+evex512");
}

TEST(CpuFeatures, FeatureListAppliesFromLeftToRight) {
  const FeatureSet base = closure({avx});
  EXPECT_EQ(*apply_feature_list(base, "+avx2,+fma"), closure({avx2, fma}));
  EXPECT_EQ(*apply_feature_list(base, "+avx2,-avx"), closure({sse4_2}));
  EXPECT_EQ(*apply_feature_list(base, "-avx,+avx"), base);
  EXPECT_EQ(*apply_feature_list(base, ""), base);
}

TEST(CpuFeatures, FeatureListNamesItsFault) {
  EXPECT_THAT(
      apply_feature_list({}, "+avx512vnn").reason(),
      HasSubstr("no processor feature is named \"avx512vnn\"; the nearest name is avx512vnni"));
  EXPECT_THAT(apply_feature_list({}, "+ssse3,avx").reason(),
              HasSubstr("needs a sign: +avx or -avx"));
  EXPECT_EQ(apply_feature_list({}, "+neon_dotprod").reason(),
            "no processor feature is named \"neon_dotprod\"");
}

TEST(CpuFeatures, FeatureListsAreOfOneArchitecture) {
  EXPECT_EQ(*apply_feature_list({}, "+dotprod,+i8mm,-dotprod", Architecture::aarch64),
            FeatureSet{i8mm});
  EXPECT_EQ(apply_feature_list({}, "+avx2", Architecture::aarch64).reason(),
            "no processor feature is named \"avx2\"");
  EXPECT_EQ(apply_feature_list({}, "+dotprod").reason(),
            "no processor feature is named \"dotprod\"");
}

TEST(CpuFeatures, MasksIncludeTheStateThatTheSystemSaves) {
  const CpuidWords sse = cpuid_masks({sse3});
  EXPECT_EQ(sse[CpuidWord::leaf1_ecx], 1u);
  EXPECT_EQ(sse[CpuidWord::xcr0], 0u);

  // sse3 0, ssse3 9, sse4.1 19, sse4.2 20, osxsave 27, avx 28; avx2 is bit 5 of leaf 7.
  const CpuidWords wide = cpuid_masks({avx2});
  EXPECT_EQ(wide[CpuidWord::leaf1_ecx], 1u | 1u << 9 | 1u << 19 | 1u << 20 | 1u << 27 | 1u << 28);
  EXPECT_EQ(wide[CpuidWord::leaf7_ebx], 1u << 5);
  EXPECT_EQ(wide[CpuidWord::xcr0], 0x6u);
  EXPECT_EQ(cpuid_masks({avx512f})[CpuidWord::xcr0], 0xe6u);
}

TEST(CpuFeatures, ReportedFeaturesNeedAllThatTheyImply) {
  EXPECT_EQ(features_reported({}), FeatureSet{});
  for (CpuFeature feature : all_cpu_features()) {
    if (architecture_of(feature) != Architecture::x86_64) continue;
    EXPECT_EQ(features_reported(cpuid_masks({feature})), closure({feature})) << name(feature);
  }
  CpuidWords words = cpuid_masks({avx2, fma});
  words[CpuidWord::leaf1_ecx] &= ~(1u << 28);  // no AVX
  EXPECT_EQ(features_reported(words), closure({sse4_2}));
}

TEST(CpuFeatures, AvxCountsOnlyWhereTheSystemSavesItsRegisters) {
  CpuidWords words = cpuid_masks({avx512f});
  words[CpuidWord::xcr0] = 0x06;
  EXPECT_EQ(features_reported(words), closure({avx2, fma, f16c}));
  words[CpuidWord::xcr0] = 0;
  EXPECT_EQ(features_reported(words), closure({sse4_2}));
}

TEST(CpuFeatures, NumbersAreThoseOfTheBundle) {
  const std::pair<CpuFeature, int> numbers[] = {
      {sse3, TNR_CPU_SSE3},
      {ssse3, TNR_CPU_SSSE3},
      {sse4_1, TNR_CPU_SSE4_1},
      {sse4_2, TNR_CPU_SSE4_2},
      {popcnt, TNR_CPU_POPCNT},
      {cx16, TNR_CPU_CX16},
      {sahf, TNR_CPU_LAHF},
      {avx, TNR_CPU_AVX},
      {avx2, TNR_CPU_AVX2},
      {fma, TNR_CPU_FMA},
      {f16c, TNR_CPU_F16C},
      {bmi, TNR_CPU_BMI},
      {bmi2, TNR_CPU_BMI2},
      {lzcnt, TNR_CPU_LZCNT},
      {movbe, TNR_CPU_MOVBE},
      {avx512f, TNR_CPU_AVX512F},
      {avx512cd, TNR_CPU_AVX512CD},
      {avx512bw, TNR_CPU_AVX512BW},
      {avx512dq, TNR_CPU_AVX512DQ},
      {avx512vl, TNR_CPU_AVX512VL},
      {avx512vnni, TNR_CPU_AVX512VNNI},
      {avx512bf16, TNR_CPU_AVX512BF16},
      {avx512vbmi, TNR_CPU_AVX512VBMI},
      {avx512vbmi2, TNR_CPU_AVX512VBMI2},
      {avx512bitalg, TNR_CPU_AVX512BITALG},
      {avx512vpopcntdq, TNR_CPU_AVX512VPOPCNTDQ},
      {avx512ifma, TNR_CPU_AVX512IFMA},
      {avx512fp16, TNR_CPU_AVX512FP16},
      {gfni, TNR_CPU_GFNI},
      {avxvnni, TNR_CPU_AVXVNNI},
      {neon, TNR_CPU_NEON},
      {vfp4, TNR_CPU_VFP4},
      {fullfp16, TNR_CPU_FULLFP16},
      {dotprod, TNR_CPU_DOTPROD},
      {i8mm, TNR_CPU_I8MM},
      {bf16, TNR_CPU_BF16},
  };
  EXPECT_EQ(std::size(numbers), all_cpu_features().size());
  for (const auto& [feature, number] : numbers) {
    EXPECT_EQ(static_cast<int>(feature), number) << name(feature);
    EXPECT_EQ(FeatureSet{feature}.bits(), uint64_t{1} << number) << name(feature);
  }
}

}  // namespace
}  // namespace tenon::target
