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

struct Backend {
  Architecture architecture;
  const char* triple;
  const char* base_cpu;
};
constexpr Backend kBackends[] = {
    {Architecture::x86_64, "x86_64-unknown-linux-gnu", "x86-64"},
    {Architecture::aarch64, "aarch64-unknown-linux-gnu", "generic"},
    {Architecture::armv7, "armv7-unknown-linux-gnueabihf", "generic"},
};

const Backend& backend_of(Architecture architecture) {
  for (const Backend& backend : kBackends)
    if (backend.architecture == architecture) return backend;
  ADD_FAILURE() << "an architecture without a backend";
  return kBackends[0];
}

std::unique_ptr<llvm::MCSubtargetInfo> subtarget(const Backend& backend, const std::string& cpu,
                                                 const std::string& features) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeAArch64TargetInfo();
  LLVMInitializeAArch64TargetMC();
  LLVMInitializeARMTargetInfo();
  LLVMInitializeARMTargetMC();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(backend.triple, error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(backend.triple, cpu, features));
}

std::vector<CpuFeature> features_of(const Backend& backend) {
  std::vector<CpuFeature> list;
  for (CpuFeature feature : all_cpu_features())
    if (architecture_of(feature) == backend.architecture) list.push_back(feature);
  return list;
}

// Those of the table's features that LLVM has enabled.
FeatureSet enabled(const Backend& backend, const llvm::MCSubtargetInfo& info) {
  FeatureSet set;
  for (CpuFeature feature : features_of(backend)) {
    if (info.checkFeatures(std::string("+") + name(feature))) set.insert(feature);
  }
  return set;
}

TEST(Llvm, KnowsEveryFeatureByItsName) {
  for (const Backend& backend : kBackends) {
    std::set<std::string> known;
    const auto info = subtarget(backend, backend.base_cpu, "");
    for (const auto& row : info->getAllProcessorFeatures()) known.insert(row.Key);
    for (CpuFeature feature : features_of(backend))
      EXPECT_EQ(known.count(name(feature)), 1u) << name(feature);
    EXPECT_EQ(known.count("evex512"), backend.architecture == Architecture::x86_64 ? 1u : 0u);
  }
}

TEST(Llvm, KnowsEveryCpuByItsName) {
  for (const Target& target : all_targets()) {
    const auto info = subtarget(backend_of(target.architecture), target.base_cpu, "");
    EXPECT_TRUE(info->isCPUStringValid(target.base_cpu)) << target.base_cpu;
    EXPECT_TRUE(info->isCPUStringValid(target.tune_cpu)) << target.tune_cpu;
  }
}

TEST(Llvm, ImpliesWhatTheTableImplies) {
  for (const Backend& backend : kBackends) {
    for (CpuFeature feature : features_of(backend)) {
      const auto base = subtarget(backend, backend.base_cpu, "");
      const auto info = subtarget(backend, backend.base_cpu, std::string("+") + name(feature));
      EXPECT_EQ(to_string(enabled(backend, *info)),
                to_string(closure(enabled(backend, *base) | FeatureSet{feature})))
          << name(feature);
    }
  }
}

TEST(Llvm, EnablesExactlyWhatARowDemands) {
  for (const Target& target : all_targets()) {
    const Backend& backend = backend_of(target.architecture);
    const auto info = subtarget(backend, target.base_cpu, target.llvm_features());
    EXPECT_EQ(to_string(enabled(backend, *info)), to_string(target.features)) << target.name;
    if (target.architecture == Architecture::x86_64)
      EXPECT_EQ(info->checkFeatures("+evex512"), target.vector_bits == 512) << target.name;
  }
}

TEST(Llvm, GivesItsCpuAllThatARowDemands) {
  for (const Target& target : all_targets()) {
    if (target.architecture == Architecture::armv7) continue;  // a level, not a processor
    const Backend& backend = backend_of(target.architecture);
    const FeatureSet of_cpu = enabled(backend, *subtarget(backend, target.tune_cpu, ""));
    EXPECT_EQ(to_string(target.features - of_cpu), "") << target.name;
  }
}

}  // namespace
}  // namespace tenon::target
