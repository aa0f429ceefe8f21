// LLVM as a witness: every name that the table hands to it exists there, features imply each other
// as in the table, and no row demands what LLVM says its processor has not.
#include <gtest/gtest.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>

#include <memory>
#include <set>

#include "target/target.h"

namespace tenon::target {
namespace {

constexpr const char* kTriple = "x86_64-unknown-linux-gnu";

std::unique_ptr<llvm::MCSubtargetInfo> subtarget(const std::string& cpu,
                                                 const std::string& features) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(kTriple, cpu, features));
}

// Those of the table's features that LLVM has enabled.
FeatureSet enabled(const llvm::MCSubtargetInfo& info) {
  FeatureSet set;
  for (CpuFeature feature : all_cpu_features()) {
    if (info.checkFeatures(std::string("+") + name(feature))) set.insert(feature);
  }
  return set;
}

TEST(Llvm, KnowsEveryFeatureByItsName) {
  std::set<std::string> known;
  for (const auto& row : subtarget("x86-64", "")->getAllProcessorFeatures()) known.insert(row.Key);
  for (CpuFeature feature : all_cpu_features())
    EXPECT_EQ(known.count(name(feature)), 1u) << name(feature);
  EXPECT_EQ(known.count("evex512"), 1u);
}

TEST(Llvm, KnowsEveryCpuByItsName) {
  const auto info = subtarget("x86-64", "");
  for (const Target& target : all_targets()) {
    EXPECT_TRUE(info->isCPUStringValid(target.base_cpu)) << target.base_cpu;
    EXPECT_TRUE(info->isCPUStringValid(target.tune_cpu)) << target.tune_cpu;
  }
}

TEST(Llvm, ImpliesWhatTheTableImplies) {
  for (CpuFeature feature : all_cpu_features()) {
    const auto info = subtarget("x86-64", std::string("+") + name(feature));
    EXPECT_EQ(to_string(enabled(*info)), to_string(closure({feature}))) << name(feature);
  }
}

TEST(Llvm, EnablesExactlyWhatARowDemands) {
  for (const Target& target : all_targets()) {
    const auto info = subtarget(target.base_cpu, target.llvm_features());
    EXPECT_EQ(to_string(enabled(*info)), to_string(target.features)) << target.name;
    EXPECT_EQ(info->checkFeatures("+evex512"), target.vector_bits == 512) << target.name;
  }
}

TEST(Llvm, GivesItsCpuAllThatARowDemands) {
  for (const Target& target : all_targets()) {
    const FeatureSet of_cpu = enabled(*subtarget(target.tune_cpu, ""));
    EXPECT_EQ(to_string(target.features - of_cpu), "") << target.name;
  }
}

}  // namespace
}  // namespace tenon::target
