// The processor's features as the runtime reads them, against the compiler's own library.
#include <cpuid.h>

#include "runtime/internal.h"
#include "tests/runtime/demo_fixture.h"

namespace tenon {
namespace {

bool has(int feature) { return tn_rt_missing_cpu_feature(uint64_t{1} << feature) == -1; }

TEST(Cpu, AgreesWithTheCompilersLibrary) {
  __builtin_cpu_init();
  EXPECT_EQ(has(TNR_CPU_SSE3), __builtin_cpu_supports("sse3") != 0);
  EXPECT_EQ(has(TNR_CPU_SSSE3), __builtin_cpu_supports("ssse3") != 0);
  EXPECT_EQ(has(TNR_CPU_SSE4_1), __builtin_cpu_supports("sse4.1") != 0);
  EXPECT_EQ(has(TNR_CPU_SSE4_2), __builtin_cpu_supports("sse4.2") != 0);
  EXPECT_EQ(has(TNR_CPU_POPCNT), __builtin_cpu_supports("popcnt") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX), __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX2), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(has(TNR_CPU_FMA), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(has(TNR_CPU_F16C), __builtin_cpu_supports("f16c") != 0);
  EXPECT_EQ(has(TNR_CPU_BMI), __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ(has(TNR_CPU_BMI2), __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(has(TNR_CPU_LZCNT), __builtin_cpu_supports("lzcnt") != 0);
  EXPECT_EQ(has(TNR_CPU_MOVBE), __builtin_cpu_supports("movbe") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512F), __builtin_cpu_supports("avx512f") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512CD), __builtin_cpu_supports("avx512cd") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512BW), __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512DQ), __builtin_cpu_supports("avx512dq") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512VL), __builtin_cpu_supports("avx512vl") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512VNNI), __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512BF16), __builtin_cpu_supports("avx512bf16") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512VBMI), __builtin_cpu_supports("avx512vbmi") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512VBMI2), __builtin_cpu_supports("avx512vbmi2") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512BITALG), __builtin_cpu_supports("avx512bitalg") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512VPOPCNTDQ), __builtin_cpu_supports("avx512vpopcntdq") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512IFMA), __builtin_cpu_supports("avx512ifma") != 0);
  EXPECT_EQ(has(TNR_CPU_AVX512FP16), __builtin_cpu_supports("avx512fp16") != 0);
  EXPECT_EQ(has(TNR_CPU_GFNI), __builtin_cpu_supports("gfni") != 0);
  EXPECT_EQ(has(TNR_CPU_VAES), __builtin_cpu_supports("vaes") != 0);
  EXPECT_EQ(has(TNR_CPU_VPCLMULQDQ), __builtin_cpu_supports("vpclmulqdq") != 0);
  EXPECT_EQ(has(TNR_CPU_AVXVNNI), __builtin_cpu_supports("avxvnni") != 0);
}

TEST(Cpu, NoneWantedNoneMissing) { EXPECT_EQ(tn_rt_missing_cpu_feature(0), -1); }

TEST(Cpu, AFeatureUnknownHereIsMissing) {
  EXPECT_EQ(tn_rt_missing_cpu_feature(uint64_t{1} << 63 | 1), has(TNR_CPU_SSE3) ? 63 : 0);
}

}  // namespace
}  // namespace tenon
