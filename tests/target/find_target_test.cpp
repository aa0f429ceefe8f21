// Targets by name and by hand: what is found, what is offered instead, and the facts of every row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "target/target.h"

namespace tenon::target {
namespace {

using enum CpuFeature;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(FindTarget, FindsRowsByName) {
  const Target v3 = *find_target("x86-64-v3");
  EXPECT_EQ(v3.vector_bits, 256);
  EXPECT_EQ(v3.vector_registers, 16);
  EXPECT_TRUE(v3.has_fma());
  EXPECT_TRUE(v3.has_f16c());
  EXPECT_FALSE(v3.has_avx512());
  EXPECT_FALSE(v3.mask_registers);
  EXPECT_EQ(v3.lanes(4), 8);
  EXPECT_EQ(v3.lanes(8), 4);
  EXPECT_DOUBLE_EQ(v3.peak_flops_per_cycle(4), 2 * 2 * 8);

  const Target v2 = *find_target("x86-64-v2");
  EXPECT_EQ(v2.vector_bits, 128);
  EXPECT_FALSE(v2.has_fma());
  EXPECT_EQ(to_string(v2.features), "sse3 ssse3 sse4.1 sse4.2 popcnt cx16 sahf");

  const Target zen4 = *find_target("znver4");
  EXPECT_EQ(zen4.vector_bits, 512);
  EXPECT_TRUE(zen4.mask_registers);
  EXPECT_DOUBLE_EQ(zen4.peak_flops_per_cycle(4), 32);
  EXPECT_TRUE(zen4.has(avx512bf16));
  EXPECT_FALSE(zen4.has(avxvnni));
}

TEST(FindTarget, FindsArmProcessors) {
  const Target a53 = *find_target("cortex-a53");
  EXPECT_EQ(a53.architecture, Architecture::aarch64);
  EXPECT_TRUE(a53.features.empty());
  EXPECT_TRUE(a53.has_fma());
  EXPECT_TRUE(a53.has_f16c());
  EXPECT_EQ(a53.lanes(4), 4);
  EXPECT_TRUE(find_target("neoverse-n1")->has(dotprod));
  const Target v7 = *find_target("armv7-neon");
  EXPECT_EQ(v7.architecture, Architecture::armv7);
  EXPECT_TRUE(v7.has_fma());
  EXPECT_EQ(v7.triple, "armv7-unknown-linux-gnueabihf");
}

void expect_x86_facts(const Target& target) {
  EXPECT_EQ(target.tune_cpu, target.name);
  EXPECT_EQ(target.base_cpu, "x86-64");
  EXPECT_EQ(target.triple, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(target.vector_bits == 512, target.has_avx512());
  EXPECT_EQ(target.vector_bits >= 256, target.has(avx2));
  EXPECT_EQ(target.mask_registers, target.has_avx512());
  EXPECT_EQ(target.vector_registers, target.has_avx512() ? 32 : 16);
  EXPECT_EQ(target.prefer_vector_width, target.vector_bits);
  EXPECT_EQ(target.index_bits, 64);
}

void expect_arm_facts(const Target& target) {
  const bool is_long = target.architecture == Architecture::aarch64;
  EXPECT_EQ(target.vector_bits, 128);
  EXPECT_FALSE(target.mask_registers);
  EXPECT_EQ(target.index_bits, is_long ? 64 : 32);
  EXPECT_EQ(target.vector_registers, is_long ? 32 : 16);
}

TEST(FindTarget, EveryRowIsConsistent) {
  std::set<std::string> names;
  for (const Target& target : all_targets()) {
    SCOPED_TRACE(target.name);
    EXPECT_TRUE(names.insert(target.name).second);
    EXPECT_EQ(find_target(target.name)->name, target.name);
    EXPECT_FALSE(target.description.empty());
    EXPECT_EQ(closure(target.features), target.features);
    for (CpuFeature feature : target.features.list())
      EXPECT_EQ(architecture_of(feature), target.architecture) << name(feature);
    if (target.architecture == Architecture::x86_64)
      expect_x86_facts(target);
    else
      expect_arm_facts(target);
    EXPECT_GT(target.fma_per_cycle, 0);
    EXPECT_GT(target.fma_latency, 0);
    EXPECT_GT(target.loads_per_cycle, 0);
    EXPECT_GT(target.stores_per_cycle, 0);
    EXPECT_GT(target.clock_ghz, 1);
    EXPECT_LT(target.clock_ghz, 6);
    // Each level is larger and slower than the one before, and the third may be absent; L1 gives
    // no more than its load ports.
    EXPECT_LT(target.l1.bytes, target.l2.bytes);
    if (target.l3.bytes != 0) {
      EXPECT_LT(target.l2.bytes, target.l3.bytes);
    }
    EXPECT_EQ(target.memory.bytes, kUnlimited);
    EXPECT_LE(target.l1.bytes_per_cycle, target.loads_per_cycle * target.vector_bits / 8);
    EXPECT_GT(target.l1.bytes_per_cycle, target.l2.bytes_per_cycle);
    EXPECT_GT(target.l2.bytes_per_cycle, target.l3.bytes_per_cycle);
    EXPECT_GT(target.l3.bytes_per_cycle, target.memory.bytes_per_cycle);
  }
}

TEST(FindTarget, NewerLevelsContainOlderOnes) {
  const FeatureSet v2 = find_target("x86-64-v2")->features;
  const FeatureSet v3 = find_target("x86-64-v3")->features;
  const FeatureSet v4 = find_target("x86-64-v4")->features;
  EXPECT_TRUE(v3.has_all(v2));
  EXPECT_TRUE(v4.has_all(v3));
  for (const Target& target : all_targets()) {
    if (target.architecture == Architecture::x86_64)
      EXPECT_TRUE(target.features.has_all(v2)) << target.name;
  }
}

TEST(FindTarget, OffersTheNearestNames) {
  EXPECT_EQ(find_target("haswel").reason(),
            "no target is named \"haswel\"; the nearest name is haswell");
  EXPECT_THAT(nearest_targets("znver44"), ElementsAre("znver4", "znver2", "znver3"));
  EXPECT_THAT(nearest_targets("icelake"), ElementsAre("icelake-server"));
  EXPECT_THAT(nearest_targets("zen4"), ElementsAre("znver4"));
  EXPECT_THAT(nearest_targets("avx2"), ElementsAre("x86-64-v3"));
  EXPECT_THAT(nearest_targets("haswell-ep"), ElementsAre("haswell"));
  EXPECT_THAT(nearest_targets("natve"), ElementsAre("native"));
  EXPECT_EQ(find_target("cortex-a75").reason(),
            "no target is named \"cortex-a75\"; the nearest names are neoverse-n1, cortex-a72, "
            "cortex-a53");
  EXPECT_THAT(nearest_targets("armhf"), ElementsAre("armv7-neon"));
  EXPECT_THAT(nearest_targets("aarch64"), ElementsAre("cortex-a53"));
  EXPECT_THAT(nearest_targets("mips32"), IsEmpty());
}

TEST(FindTarget, NamesAllTargetsWhereNothingIsNear) {
  const std::string reason = find_target("mips32").reason();
  EXPECT_THAT(reason, HasSubstr("no target is named \"mips32\"; there are x86-64-v2, x86-64-v3"));
  EXPECT_THAT(reason, HasSubstr("znver5, cortex-a53, cortex-a72, neoverse-n1, armv7-neon, native"));
}

TEST(FindTarget, KnowsThatAGpuIsNoProcessor) {
  for (const char* name : {"cuda", "sm_90", "compute_80"}) {
    EXPECT_TRUE(is_gpu_name(name)) << name;
    EXPECT_THAT(find_target(name).reason(),
                HasSubstr(std::string(name) + " is a GPU, not a processor; there are x86-64-v2"));
  }
  for (const Target& target : all_targets()) {
    EXPECT_FALSE(is_gpu_name(target.name)) << target.name;
  }
  EXPECT_FALSE(is_gpu_name("native"));
}

TEST(CustomTarget, IsARowWithOtherFeatures) {
  const Target target = *custom_target("", "skylake-avx512", "+avx512vnni");
  EXPECT_TRUE(target.has(avx512vnni));
  EXPECT_EQ(target.tune_cpu, "skylake-avx512");
  EXPECT_EQ(target.vector_bits, 512);
  EXPECT_EQ(target.name, "skylake-avx512 +avx512vnni");
  EXPECT_EQ(target.features, find_target("cascadelake")->features);
}

TEST(CustomTarget, DefaultsToTheLowestLevel) {
  const Target target = *custom_target("x86_64-linux-gnu", "", "");
  EXPECT_EQ(target.features, find_target("x86-64-v2")->features);
  EXPECT_EQ(target.triple, "x86_64-linux-gnu");
  EXPECT_EQ(target.tune_cpu, "x86-64-v2");
}

TEST(CustomTarget, TriplesChooseTheLeastOfTheirArchitecture) {
  const Target aarch64 = *custom_target("aarch64-linux-gnu", "", "+dotprod");
  EXPECT_EQ(aarch64.tune_cpu, "cortex-a53");
  EXPECT_EQ(aarch64.triple, "aarch64-linux-gnu");
  EXPECT_EQ(aarch64.features, FeatureSet{dotprod});
  EXPECT_EQ(aarch64.name, "cortex-a53 +dotprod");
  EXPECT_EQ(custom_target("armv7-linux-musleabihf", "", "")->index_bits, 32);
  EXPECT_EQ(custom_target("", "neoverse-n1", "-fullfp16")->features, FeatureSet{dotprod});
}

TEST(CustomTarget, VectorsFollowTheFeatures) {
  // Zen 4 without AVX-512: the facts of x86-64-v3, its scheduling model and other features kept.
  const Target narrow = *custom_target("", "znver4", "-avx512f");
  EXPECT_EQ(narrow.vector_bits, 256);
  EXPECT_EQ(narrow.vector_registers, 16);
  EXPECT_FALSE(narrow.mask_registers);
  EXPECT_EQ(narrow.tune_cpu, "znver4");
  EXPECT_TRUE(narrow.has(gfni));
  EXPECT_DOUBLE_EQ(narrow.fma_per_cycle, find_target("x86-64-v3")->fma_per_cycle);

  const Target wide = *custom_target("", "x86-64-v2", "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe");
  EXPECT_EQ(wide.vector_bits, 256);
  EXPECT_EQ(wide.features, find_target("x86-64-v3")->features);

  // Without BMI it is no level of AVX2: the vectors stay as narrow as the row's.
  EXPECT_EQ(custom_target("", "x86-64-v2", "+avx2,+fma")->vector_bits, 128);
}

TEST(CustomTarget, RefusesWhatThereIsNot) {
  EXPECT_EQ(custom_target("riscv64-linux-gnu", "", "").reason(),
            "the triple riscv64-linux-gnu is not in this version; there are "
            "x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu, armv7-unknown-linux-gnueabihf");
  EXPECT_THAT(custom_target("armv7-linux-gnueabi", "", "").reason(),  // soft float
              HasSubstr("is not in this version"));
  EXPECT_EQ(custom_target("armv7-linux-gnueabihf", "cortex-a72", "").reason(),
            "the CPU cortex-a72 is none of the triple armv7-linux-gnueabihf but of "
            "aarch64-unknown-linux-gnu");
  EXPECT_THAT(custom_target("x86_64-pc-windows-msvc", "", "").reason(),
              HasSubstr("is not in this version"));
  EXPECT_THAT(custom_target("", "znver44", "").reason(), HasSubstr("no CPU is named \"znver44\""));
  EXPECT_THAT(custom_target("", "cortex-a72", "+avx2").reason(), HasSubstr("no processor feature"));
  EXPECT_EQ(custom_target("", "armv7-neon", "-vfp4").reason(),
            "without vfp4 the processor is below armv7-neon, the least that generated code needs");
  EXPECT_THAT(custom_target("", "znver4", "+avx9").reason(), HasSubstr("no processor feature"));
  EXPECT_EQ(custom_target("", "x86-64-v3", "-popcnt").reason(),
            "without popcnt the processor is below x86-64-v2, the least that generated code needs");
}

TEST(TargetTable, HasALineATargetWithAlignedColumns) {
  const std::string text = target_table_text();
  std::vector<std::string> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  ASSERT_EQ(lines.size(), all_targets().size() + 3);  // heads, cuda and native
  EXPECT_EQ(text.back(), '\n');

  const size_t description = lines[0].find("description");
  const size_t needs = lines[0].find("needs");
  for (size_t i = 0; i < all_targets().size(); ++i) {
    const Target& target = all_targets()[i];
    EXPECT_EQ(lines[i + 1].find(target.name), 0u);
    EXPECT_EQ(lines[i + 1].find(target.description), description);
    EXPECT_EQ(lines[i + 1][needs - 1], ' ');
    EXPECT_NE(lines[i + 1][needs], ' ');
    EXPECT_THAT(lines[i + 1], HasSubstr(std::to_string(target.vector_bits) + " bits"));
  }
  EXPECT_EQ(lines[2].substr(needs), "x86-64-v2 avx avx2 fma f16c bmi bmi2 lzcnt movbe");
  EXPECT_EQ(lines[4].substr(0, 7), "haswell");
  EXPECT_EQ(lines[4].substr(needs), "x86-64-v3");
  EXPECT_THAT(lines.back(), HasSubstr("native"));
  EXPECT_THAT(lines[all_targets().size() + 1], HasSubstr("cuda"));
  EXPECT_THAT(lines[all_targets().size()], HasSubstr("neon vfp4"));
}

}  // namespace
}  // namespace tenon::target
