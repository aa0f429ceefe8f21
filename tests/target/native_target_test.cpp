// From what a processor says about itself to its row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "target/target.h"

namespace tenon::target {
namespace {

using enum CpuFeature;
using testing::HasSubstr;

HostProcessor processor(const char* vendor, int family, int model, FeatureSet features) {
  HostProcessor host;
  host.vendor = vendor;
  host.family = family;
  host.model = model;
  host.reported = cpuid_masks(features);
  return host;
}

FeatureSet features_of(const char* target) { return find_target(target)->features; }

TEST(NativeTarget, KnowsTheProcessorsOfTheTable) {
  struct Case {
    const char* vendor;
    int family;
    int model;
    const char* target;
  };
  const Case cases[] = {
      {"AuthenticAMD", 0x17, 0x31, "znver2"},       // Rome
      {"AuthenticAMD", 0x17, 0x71, "znver2"},       // Matisse
      {"AuthenticAMD", 0x19, 0x01, "znver3"},       // Milan
      {"AuthenticAMD", 0x19, 0x21, "znver3"},       // Vermeer
      {"AuthenticAMD", 0x19, 0x50, "znver3"},       // Cezanne
      {"AuthenticAMD", 0x19, 0x11, "znver4"},       // Genoa
      {"AuthenticAMD", 0x19, 0x61, "znver4"},       // Raphael
      {"AuthenticAMD", 0x19, 0x74, "znver4"},       // Phoenix
      {"AuthenticAMD", 0x19, 0xa0, "znver4"},       // Bergamo
      {"AuthenticAMD", 0x1a, 0x02, "znver5"},       // Turin
      {"AuthenticAMD", 0x1a, 0x44, "znver5"},       // Granite Ridge
      {"GenuineIntel", 6, 0x3f, "haswell"},         // Haswell servers
      {"GenuineIntel", 6, 0x4f, "haswell"},         // Broadwell servers
      {"GenuineIntel", 6, 0x5e, "skylake"},         // Skylake for clients
      {"GenuineIntel", 6, 0x55, "skylake-avx512"},  // Skylake servers
      {"GenuineIntel", 6, 0x6a, "icelake-server"},  // Ice Lake servers
      {"GenuineIntel", 6, 0x97, "alderlake"},       // Alder Lake
      {"GenuineIntel", 6, 0x8f, "sapphirerapids"},  // Sapphire Rapids
      {"GenuineIntel", 6, 0xcf, "sapphirerapids"},  // Emerald Rapids
  };
  for (const Case& one : cases) {
    const auto target =
        target_for_processor(processor(one.vendor, one.family, one.model, features_of(one.target)));
    ASSERT_TRUE(target) << target.reason();
    EXPECT_EQ(target->name, one.target) << one.vendor << " " << one.family << " " << one.model;
  }
}

TEST(NativeTarget, TellsCascadeLakeFromSkylake) {
  const auto target =
      target_for_processor(processor("GenuineIntel", 6, 0x55, features_of("cascadelake")));
  EXPECT_EQ(target->name, "cascadelake");
}

TEST(NativeTarget, LeavesOutWhatAVirtualMachineHides) {
  const FeatureSet shown = without(features_of("znver4"), {avx512bf16, gfni});
  const auto target = target_for_processor(processor("AuthenticAMD", 0x19, 0x11, shown));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->name, "native");
  EXPECT_EQ(target->features, shown);
  EXPECT_EQ(target->tune_cpu, "znver4");
  EXPECT_EQ(target->vector_bits, 512);
  EXPECT_THAT(target->description, HasSubstr("without avx512bf16 gfni"));
}

TEST(NativeTarget, FallsToALevelWhereTheVectorsAreHidden) {
  const FeatureSet shown = without(features_of("znver4"), {avx512f});
  EXPECT_EQ(target_for_processor(processor("AuthenticAMD", 0x19, 0x11, shown))->name, "x86-64-v3");

  // The system does not save the wide registers, whatever the processor can.
  HostProcessor host = processor("AuthenticAMD", 0x19, 0x11, features_of("znver4"));
  host.reported[CpuidWord::xcr0] = 0x6;
  EXPECT_EQ(target_for_processor(host)->name, "x86-64-v3");
  host.reported[CpuidWord::xcr0] = 0;
  EXPECT_EQ(target_for_processor(host)->name, "x86-64-v2");
}

TEST(NativeTarget, TakesALevelForUnknownModels) {
  EXPECT_EQ(
      target_for_processor(processor("HygonGenuine", 0x18, 1, features_of("x86-64-v3")))->name,
      "x86-64-v3");
  EXPECT_EQ(target_for_processor(processor("GenuineIntel", 6, 0xff, features_of("znver5")))->name,
            "x86-64-v4");
  EXPECT_EQ(
      target_for_processor(processor("AuthenticAMD", 0x15, 2, closure({avx, popcnt, cx16, sahf})))
          ->name,
      "x86-64-v2");
}

TEST(NativeTarget, RefusesProcessorsBelowTheLowestLevel) {
  const auto target =
      target_for_processor(processor("GenuineIntel", 6, 0x17, closure({sse4_1, cx16, sahf})));
  ASSERT_FALSE(target);
  EXPECT_THAT(target.reason(), HasSubstr("this processor lacks sse4.2 popcnt"));
}

// The kernel decodes CPUID by itself; both must come to the same.
TEST(NativeTarget, AgreesWithTheKernelAboutThisProcessor) {
  std::ifstream file("/proc/cpuinfo");
  std::map<std::string, std::string> facts;
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const size_t colon = line.find(':');
    const size_t end = line.find_last_not_of(" \t", colon - 1);
    if (colon + 2 <= line.size()) facts[line.substr(0, end + 1)] = line.substr(colon + 2);
  }
  if (facts.count("flags") == 0) GTEST_SKIP() << "no /proc/cpuinfo of an x86 processor";
  const HostProcessor host = read_host_processor();
  EXPECT_EQ(host.vendor, facts["vendor_id"]);
  EXPECT_EQ(std::to_string(host.family), facts["cpu family"]);
  EXPECT_EQ(std::to_string(host.model), facts["model"]);
  EXPECT_EQ(std::to_string(host.stepping), facts["stepping"]);

  std::istringstream words(facts["flags"]);
  const std::set<std::string> flags{std::istream_iterator<std::string>(words), {}};
  const std::pair<CpuFeature, const char*> names[] = {
      {sse3, "pni"},
      {ssse3, "ssse3"},
      {sse4_1, "sse4_1"},
      {sse4_2, "sse4_2"},
      {popcnt, "popcnt"},
      {cx16, "cx16"},
      {sahf, "lahf_lm"},
      {avx, "avx"},
      {avx2, "avx2"},
      {fma, "fma"},
      {f16c, "f16c"},
      {bmi, "bmi1"},
      {bmi2, "bmi2"},
      {lzcnt, "abm"},
      {movbe, "movbe"},
      {avx512f, "avx512f"},
      {avx512cd, "avx512cd"},
      {avx512bw, "avx512bw"},
      {avx512dq, "avx512dq"},
      {avx512vl, "avx512vl"},
      {avx512vnni, "avx512_vnni"},
      {avx512vbmi, "avx512vbmi"},
      {avx512vbmi2, "avx512_vbmi2"},
      {avx512bitalg, "avx512_bitalg"},
      {avx512ifma, "avx512ifma"},
      {avx512vpopcntdq, "avx512_vpopcntdq"},
      {gfni, "gfni"},
  };
  const FeatureSet reported = features_reported(host.reported);
  for (const auto& [feature, flag] : names) {
    EXPECT_EQ(reported.has(feature), flags.count(flag) == 1) << flag;
  }
}

TEST(NativeTarget, IsWhatFindTargetCallsNative) {
  const auto native = native_target();
  ASSERT_TRUE(native) << native.reason();
  EXPECT_EQ(find_target("native")->name, native->name);
  EXPECT_TRUE(features_reported(read_host_processor().reported).has_all(native->features));
}

}  // namespace
}  // namespace tenon::target
