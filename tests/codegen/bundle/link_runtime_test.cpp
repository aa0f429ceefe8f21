// The linked module: what is specialised, what is left, and what is refused.
#include "codegen/bundle/link_runtime.h"

#include <gmock/gmock.h>

#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Support/raw_ostream.h>

#include "support/check.h"
#include "tests/codegen/bundle/build_demo.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

using ::testing::HasSubstr;

class LinkRuntime : public ::testing::Test {
 protected:
  std::string text_of(const llvm::Value& value) {
    std::string text;
    llvm::raw_string_ostream(text) << value;
    return text;
  }

  llvm::LLVMContext context_;
  std::unique_ptr<llvm::Module> module_ = demo_module(context_, "x86-64-v3");
};

TEST_F(LinkRuntime, TablesAreFoldedIntoTheCode) {
  link_runtime(*module_, demo_interface(), WeightsSymbol::kPlaceholder);
  // The number of groups is a constant of the code, not a load.
  const llvm::GlobalVariable* model = module_->getNamedGlobal("demo_model");
  EXPECT_EQ(model, nullptr) << "every load from tn_model was folded";
  const llvm::Function* open = module_->getFunction("demo_rt_open");
  ASSERT_NE(open, nullptr);
  EXPECT_THAT(text_of(*open), HasSubstr("icmp eq i32 %"));
}

TEST_F(LinkRuntime, WithoutASelfTestNothingOfItIsLeft) {
  BundleInterface demo = demo_interface();
  demo.selftest.reset();
  link_runtime(*module_, demo, WeightsSymbol::kPlaceholder);
  EXPECT_EQ(module_->getFunction("demo_selftest"), nullptr);
  EXPECT_EQ(module_->getFunction("demo_rt_selftest"), nullptr);
  EXPECT_EQ(module_->getNamedGlobal("demo_model_golden_bytes"), nullptr);
}

TEST_F(LinkRuntime, SizesBeforeOpenUseTheBaseline) {
  link_runtime(*module_, demo_interface(), WeightsSymbol::kPlaceholder);
  const auto cpu_of = [&](const char* name) {
    return module_->getFunction(name)->getFnAttribute("target-cpu").getValueAsString().str();
  };
  EXPECT_EQ(cpu_of("demo_model_entry"), "x86-64");
  EXPECT_EQ(cpu_of("demo_open"), "x86-64");
  EXPECT_EQ(cpu_of("demo_arena_bytes"), "x86-64");
  EXPECT_EQ(cpu_of("demo_model_run_group"), "x86-64-v3");
}

TEST_F(LinkRuntime, OnlyEntryPointsAreExternal) {
  link_runtime(*module_, demo_interface(), WeightsSymbol::kPlaceholder);
  for (const llvm::Function& function : *module_) {
    if (function.isDeclaration()) continue;
    const std::string name = function.getName().str();
    EXPECT_EQ(name.rfind("demo_", 0), 0u) << name;
    EXPECT_EQ(function.hasLocalLinkage(), name.rfind("demo_rt_", 0) == 0 ||
                                              name.rfind("demo_model_", 0) == 0 ||
                                              name == "demo_add_and_gather")
        << name;
  }
}

TEST_F(LinkRuntime, AnUnknownFunctionIsOurBug) {
  llvm::Function* run_group = module_->getFunction("tn_model_run_group");
  const llvm::FunctionCallee expf = module_->getOrInsertFunction(
      "expf", llvm::Type::getFloatTy(context_), llvm::Type::getFloatTy(context_));
  llvm::CallInst::Create(expf, {llvm::UndefValue::get(llvm::Type::getFloatTy(context_))}, "",
                         run_group->getEntryBlock().getFirstInsertionPt());
  try {
    link_runtime(*module_, demo_interface(), WeightsSymbol::kPlaceholder);
    FAIL() << "nothing was thrown";
  } catch (const InternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("expf is not defined"));
  }
}

TEST_F(LinkRuntime, MissingCodeIsOurBug) {
  module_->getFunction("tn_model_sizes")->deleteBody();
  EXPECT_THROW(link_runtime(*module_, demo_interface(), WeightsSymbol::kPlaceholder),
               InternalError);
}

}  // namespace
}  // namespace tenon::codegen
