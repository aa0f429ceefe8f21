// link_runtime.cpp: a model's code and the runtime become one module with entry points.
//
//   @tn_model_entry, @tn_model_sizes, @tn_model_run_group, kernels      (from codegen)
//   + tables (tables.cpp) + runtime/bundle.c (bitcode)
//     ->  hidden @mlp_open, @mlp_run, ...; all else internal
//
// The runtime reads the tables, which are constants now: folding those loads specialises it to the
// model.
#include "codegen/bundle/link_runtime.h"

#include <set>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/PassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "codegen/bundle/bitcode.h"
#include "codegen/bundle/tables.h"
#include "codegen/bundle/weights.h"
#include "runtime/model_tables.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

// Zeros of the weights' size. "Externally initialized": no load from them may be folded.
void add_weights_placeholder(llvm::Module& module, const BundleInterface& interface) {
  if (llvm::GlobalVariable* weights = module.getNamedGlobal("tn_model_weights"))
    if (!weights->isDeclaration()) return;
  auto* type = llvm::ArrayType::get(llvm::Type::getInt8Ty(module.getContext()),
                                    interface.weights_bytes + 64);
  llvm::GlobalVariable* weights = define_global(
      module, "tn_model_weights", llvm::ConstantAggregateZero::get(type), /*alignment=*/64);
  weights->setExternallyInitialized(true);
  weights->setSection(weights_section(interface));
}

// Makes the entry points, thin functions that call tn_rt_ ones with an array for the sizes on their
// stack.
class EntryPoints {
 public:
  EntryPoints(llvm::Module& module, const BundleInterface& interface)
      : module_(module),
        interface_(interface),
        builder_(module.getContext()),
        i32_(builder_.getInt32Ty()),
        i64_(builder_.getInt64Ty()),
        size_(module.getDataLayout().getIntPtrType(module.getContext())),
        pointer_(builder_.getPtrTy()) {}

  // The names of all of them.
  std::set<std::string> add() {
    begin("open", i32_, {pointer_, i32_, pointer_, size_});
    forward("tn_rt_open", arguments());
    begin("run", i32_, {pointer_, pointer_, pointer_, size_, pointer_});
    forward("tn_rt_run", with_entry(arguments()));
    if (interface_.selftest) {
      begin("selftest", i32_, {pointer_, pointer_, size_});
      forward("tn_rt_selftest", with_entry(arguments()));
    }
    begin("status_text", pointer_, {i32_});
    forward("tn_rt_status_text", arguments());
    add_arena_bytes();
    names_.insert(interface_.name + "_info");
    return names_;
  }

 private:
  void begin(const std::string& name, llvm::Type* result,
             const std::vector<llvm::Type*>& parameters) {
    const std::string symbol = interface_.name + "_" + name;
    names_.insert(symbol);
    function_ = llvm::Function::Create(llvm::FunctionType::get(result, parameters, false),
                                       llvm::GlobalValue::ExternalLinkage, symbol, module_);
    TENON_CHECK(function_->getName() == symbol, symbol + " is defined twice");
    builder_.SetInsertPoint(llvm::BasicBlock::Create(module_.getContext(), "", function_));
  }

  std::vector<llvm::Value*> arguments() {
    std::vector<llvm::Value*> values;
    for (llvm::Argument& argument : function_->args()) values.push_back(&argument);
    return values;
  }

  llvm::Value* make_entry_array() {
    const uint32_t count = TNR_ENTRY_COUNT(static_cast<uint32_t>(interface_.dims.size()),
                                           static_cast<uint32_t>(interface_.tensors.size()),
                                           static_cast<uint32_t>(interface_.requirements.size()));
    return builder_.CreateAlloca(llvm::ArrayType::get(i64_, count));
  }

  std::vector<llvm::Value*> with_entry(std::vector<llvm::Value*> values) {
    values.push_back(make_entry_array());
    return values;
  }

  void forward(const std::string& callee, const std::vector<llvm::Value*>& values) {
    llvm::Function* function = module_.getFunction(callee);
    TENON_CHECK(function != nullptr && !function->isDeclaration(), "the runtime has no " + callee);
    function_->setAttributes(function_->getAttributes().addFnAttributes(
        module_.getContext(),
        llvm::AttrBuilder(module_.getContext(), function->getAttributes().getFnAttrs())));
    builder_.CreateRet(builder_.CreateCall(function, values));
  }

  // size_t N_arena_bytes(int64_t dim, ..., int threads)
  void add_arena_bytes() {
    std::vector<llvm::Type*> parameters(interface_.dims.size(), i64_);
    parameters.push_back(i32_);
    begin("arena_bytes", size_, parameters);
    llvm::Value* entry = make_entry_array();
    for (unsigned i = 0; i < interface_.dims.size(); ++i)
      builder_.CreateStore(function_->getArg(i), builder_.CreateConstGEP1_64(i64_, entry, i));
    forward("tn_rt_arena_bytes",
            {entry, function_->getArg(static_cast<unsigned>(interface_.dims.size()))});
  }

  llvm::Module& module_;
  const BundleInterface& interface_;
  llvm::IRBuilder<> builder_;
  llvm::Type *i32_, *i64_, *size_, *pointer_;
  llvm::Function* function_ = nullptr;
  std::set<std::string> names_;
};

// tn_model_entry runs before open has looked at the processor: no instruction beyond the baseline.
void lower_to_baseline(llvm::Module& module, llvm::StringRef name) {
  llvm::Function* function = module.getFunction(name);
  TENON_CHECK(function != nullptr && !function->isDeclaration(), "codegen gave no " + name.str());
  const llvm::Function* model = module.getFunction("tn_rt_run");
  for (const char* attribute : {"target-cpu", "tune-cpu", "target-features", "prefer-vector-width",
                                "min-legal-vector-width"}) {
    function->removeFnAttr(attribute);
    if (model->hasFnAttribute(attribute)) function->addFnAttr(model->getFnAttribute(attribute));
  }
}

// Every name that is used must be defined by now, but for the C library's three, what other objects
// of the bundle define, and the weights.
void check_undefined(const llvm::Module& module, const std::string& prefix) {
  for (const llvm::GlobalValue& value : module.global_values()) {
    const llvm::StringRef name = value.getName();
    if (!value.isDeclaration() || value.use_empty() || name.starts_with("llvm.")) continue;
    const bool is_allowed = name == "memcpy" || name == "memmove" || name == "memset" ||
                            name == "tn_model_weights" || name.starts_with(prefix + "_");
    TENON_CHECK(is_allowed, name.str() + " is not defined");
  }
}

// tn_model -> mlp_model, tn_rt_run -> mlp_rt_run, cpuid (of the runtime) -> mlp_rt_cpuid: local
// names too say whose they are, in profiles and backtraces of programs with several bundles.
void rename_symbols(llvm::Module& module, const std::string& prefix) {
  for (llvm::GlobalValue& value : module.global_values()) {
    const llvm::StringRef name = value.getName();
    if (name.starts_with("llvm.") || name.starts_with(prefix + "_")) continue;
    if (name == "tn_model_weights" && value.isDeclaration())
      value.setName(prefix + "_weights");
    else if (name.starts_with("tn_"))
      value.setName(prefix + "_" + name.drop_front(3).str());
    else if (!value.isDeclaration() && !name.empty())
      value.setName(prefix + "_rt_" + name.str());
  }
}

void settle_linkage(llvm::Module& module, const BundleInterface& interface,
                    const std::set<std::string>& entry_points) {
  for (llvm::GlobalValue& value : module.global_values()) {
    if (value.getName().starts_with("llvm.")) continue;
    if (value.isDeclaration()) {
      if (value.use_empty()) continue;
      if (value.getName().starts_with(interface.name + "_"))
        value.setVisibility(llvm::GlobalValue::HiddenVisibility);
    } else if (entry_points.count(value.getName().str())) {
      value.setLinkage(llvm::GlobalValue::ExternalLinkage);
      value.setVisibility(interface.default_visibility ? llvm::GlobalValue::DefaultVisibility
                                                       : llvm::GlobalValue::HiddenVisibility);
    } else {
      value.setVisibility(llvm::GlobalValue::DefaultVisibility);
      value.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
    value.setDSOLocal(!value.hasDefaultVisibility() || value.hasLocalLinkage());
  }
}

// Folds what the tables decide, in the runtime's functions only: the kernels' code is final as
// codegen made it.
void specialize(llvm::Module& module, const std::set<llvm::Function*>& kernels) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);

  llvm::FunctionPassManager fold;
  fold.addPass(llvm::EarlyCSEPass());
  fold.addPass(llvm::InstCombinePass());
  fold.addPass(llvm::SimplifyCFGPass());
  fold.addPass(llvm::ADCEPass());
  for (llvm::Function& function : module)
    if (!function.isDeclaration() && !kernels.count(&function)) fold.run(function, functions);
  llvm::ModulePassManager clean;
  clean.addPass(llvm::GlobalDCEPass());
  clean.run(module, modules);
}

}  // namespace

void link_runtime(llvm::Module& module, const BundleInterface& interface, WeightsSymbol weights) {
  std::set<llvm::Function*> kernels;  // only asked for members, never walked
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) kernels.insert(&function);

  add_tables(module, interface);
  if (weights == WeightsSymbol::kPlaceholder) add_weights_placeholder(module, interface);
  const bool failed = llvm::Linker::linkModules(
      module, load_bitcode(Bitcode::kRuntime, place_of(module), module.getContext()));
  TENON_CHECK(!failed, "the runtime does not link with the model's module");
  lower_to_baseline(module, "tn_model_entry");
  const std::set<std::string> entry_points = EntryPoints(module, interface).add();
  check_undefined(module, interface.name);
  rename_symbols(module, interface.name);
  settle_linkage(module, interface, entry_points);
  specialize(module, kernels);

  std::string fault;
  llvm::raw_string_ostream stream(fault);
  TENON_CHECK(!llvm::verifyModule(module, &stream), "the bundle's module: " + fault);
}

}  // namespace tenon::codegen
