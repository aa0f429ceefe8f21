// The pass list for kernels, the code generator, and the report on its result.
#include "codegen/llvm/pipeline.h"

#include <mutex>

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/CodeGen/MachineFrameInfo.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineLoopInfo.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/MachineScheduler.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/PseudoSourceValue.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "codegen/llvm/expand_division.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

// The least size of a spilled value that counts as a vector: scalars that wait in the frame cost a
// tile nothing.
constexpr int64_t kVectorBytes = 16;

// Runs behind the last pass that changes code.
class ReportPass final : public llvm::MachineFunctionPass {
 public:
  static char ID;
  explicit ReportPass(Report& report) : MachineFunctionPass(ID), report_(report) {}
  llvm::StringRef getPassName() const override { return "report on frames and spills"; }
  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.setPreservesAll();
    usage.addRequired<llvm::MachineLoopInfoWrapperPass>();
    MachineFunctionPass::getAnalysisUsage(usage);
  }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    const llvm::MachineLoopInfo& loops = getAnalysis<llvm::MachineLoopInfoWrapperPass>().getLI();
    FunctionReport& found = report_[function.getName().str()];
    constexpr int64_t kReturnAddress = 8;
    found.stack_bytes =
        static_cast<int64_t>(function.getFrameInfo().getStackSize()) + kReturnAddress;
    for (const llvm::MachineBasicBlock& block : function) {
      const llvm::MachineLoop* loop = loops.getLoopFor(&block);
      if (!loop || !loop->isInnermost()) continue;
      int spills = 0;
      for (const llvm::MachineInstr& instruction : block)
        for (const llvm::MachineMemOperand* operand : instruction.memoperands())
          if (is_vector_spill(function, *operand)) ++spills;
      found.vector_spills += spills;
      if (is_tile(*loop)) found.tile_spills += spills;
    }
    return false;
  }

 private:
  // The branch that ends the loop, in one of its blocks, carries the mark.
  static bool is_tile(const llvm::MachineLoop& loop) {
    for (const llvm::MachineBasicBlock* block : loop.blocks()) {
      const llvm::BasicBlock* origin = block->getBasicBlock();
      const llvm::Instruction* end = origin ? origin->getTerminator() : nullptr;
      const llvm::MDNode* mark = end ? end->getMetadata(llvm::LLVMContext::MD_loop) : nullptr;
      if (mark && llvm::findOptionMDForLoopID(const_cast<llvm::MDNode*>(mark), kTileLoop))
        return true;
    }
    return false;
  }

  static bool is_vector_spill(const llvm::MachineFunction& function,
                              const llvm::MachineMemOperand& operand) {
    const auto* slot =
        llvm::dyn_cast_or_null<llvm::FixedStackPseudoSourceValue>(operand.getPseudoValue());
    const llvm::MachineFrameInfo& frame = function.getFrameInfo();
    return slot && frame.isSpillSlotObjectIndex(slot->getFrameIndex()) &&
           frame.getObjectSize(slot->getFrameIndex()) >= kVectorBytes;
  }

  Report& report_;
};
char ReportPass::ID = 0;

}  // namespace

void initialize_llvm() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
    LLVMInitializeARMTargetInfo();
    LLVMInitializeARMTarget();
    LLVMInitializeARMTargetMC();
    LLVMInitializeARMAsmPrinter();
    LLVMInitializeARMAsmParser();
  });
}

std::unique_ptr<llvm::TargetMachine> make_target_machine(const target::Target& target) {
  initialize_llvm();
  std::string fault;
  const llvm::Target* backend = llvm::TargetRegistry::lookupTarget(target.triple, fault);
  TENON_CHECK(backend != nullptr, fault);
  // What codegen/bundle/stack_bytes.h reads: frames, and calls as relocations.
  llvm::TargetOptions options;
  options.EmitStackSizeSection = true;
  options.FunctionSections = true;
  // Functions carry their processor and features as attributes.
  return std::unique_ptr<llvm::TargetMachine>(
      backend->createTargetMachine(target.triple, target.base_cpu, "", options, llvm::Reloc::PIC_,
                                   llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
}

void prepare_module(llvm::Module& module, const target::Target& target) {
  module.setTargetTriple(target.triple);
  module.setDataLayout(make_target_machine(target)->createDataLayout());
  module.setPICLevel(llvm::PICLevel::BigPIC);
}

void optimize_kernel(llvm::Function& function) {
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

  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), true));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::ADCEPass());
  passes.run(function, functions);
}

// As LLVMTargetMachine::addPassesToEmitFile, but with our own setting of the machine scheduler and
// the report.
Object emit_object(llvm::Module& module, const target::Target& target, Scheduling scheduling,
                   FileKind kind) {
  expand_divisions(module, target.architecture);
  auto machine_owner = make_target_machine(target);
  auto& machine = static_cast<llvm::LLVMTargetMachine&>(*machine_owner);
  Object object;
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  auto* modules = new llvm::MachineModuleInfoWrapperPass(&machine);
  llvm::TargetPassConfig* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  if (scheduling == Scheduling::AsWritten) config->disablePass(&llvm::MachineSchedulerID);
  passes.add(config);
  passes.add(modules);
  bool failed = config->addISelPasses();
  TENON_CHECK(!failed, "LLVM has no instruction selection for " + target.triple);
  config->addMachinePasses();
  config->setInitialized();
  passes.add(new ReportPass(object.report));
  auto file_type = kind == FileKind::Object ? llvm::CodeGenFileType::ObjectFile
                                            : llvm::CodeGenFileType::AssemblyFile;
  failed =
      machine.addAsmPrinter(passes, stream, nullptr, file_type, modules->getMMI().getContext());
  TENON_CHECK(!failed, "LLVM cannot write code for " + target.triple);
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  object.bytes.assign(bytes.begin(), bytes.end());
  return object;
}

std::string to_text(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

}  // namespace tenon::codegen
