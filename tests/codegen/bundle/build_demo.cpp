// build_demo.cpp: kernels -> bundle -> programs.
#include "tests/codegen/bundle/build_demo.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include "codegen/bundle/write_bundle.h"
#include "support/check.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

constexpr const char* kTriple = "x86_64-unknown-linux-gnu";

std::unique_ptr<llvm::TargetMachine> target_machine() {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  LLVMInitializeX86AsmParser();  // the runtime has inline assembly
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  TENON_CHECK(target != nullptr, error);
  llvm::TargetOptions options;
  options.EmitStackSizeSection = true;
  options.FunctionSections = true;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(kTriple, "x86-64", "", options, llvm::Reloc::PIC_, std::nullopt,
                                  llvm::CodeGenOptLevel::Default));
}

void produce_weights(const std::function<void(std::span<const uint8_t>)>& take) {
  const std::vector<uint8_t> weights = demo_weights();
  take(std::span(weights).first(20));
  take(std::span(weights).subspan(20));
}

}  // namespace

std::unique_ptr<llvm::Module> demo_module(llvm::LLVMContext& context, const std::string& cpu) {
  auto bytes = llvm::MemoryBuffer::getFile(DEMO_KERNELS_BITCODE);
  TENON_CHECK(static_cast<bool>(bytes), "no " DEMO_KERNELS_BITCODE);
  auto module = llvm::parseBitcodeFile((*bytes)->getMemBufferRef(), context);
  TENON_CHECK(static_cast<bool>(module), "the demo's bitcode cannot be read");
  (*module)->setDataLayout(target_machine()->createDataLayout());
  for (llvm::Function& function : **module)
    if (!function.isDeclaration()) {
      function.removeFnAttr("target-features");
      function.addFnAttr("target-cpu", cpu);
    }
  return std::move(*module);
}

void emit_object(llvm::Module& module, llvm::raw_pwrite_stream& out) {
  llvm::legacy::PassManager passes;
  const auto machine = target_machine();
  const bool failed =
      machine->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile);
  TENON_CHECK(!failed, "no object file for this target");
  passes.run(module);
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tenon-test-XXXXXX").string();
  TENON_CHECK(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

BundleInterface build_demo(const std::string& folder, const DemoOptions& options) {
  BundleInterface interface = demo_interface();
  interface.name = options.name;
  interface.weights_embedded = options.weights_embedded;
  interface.default_visibility = options.default_visibility;
  interface.cpu_features = options.cpu_features;
  llvm::LLVMContext context;
  auto module = demo_module(context, options.cpu);
  const BundleChoice choice = {
      .weights_file = !options.weights_embedded, .object = true, .pool = true, .other_files = {}};
  BundleFolder out({folder, options.name, {}, /*force=*/true},
                   bundle_file_names(options.name, choice));
  const Result<BundleReport> report = write_bundle(
      out, interface, {std::move(module), {}, produce_weights, emit_object}, choice, {});
  TENON_CHECK(static_cast<bool>(report), report.reason());
  return interface;
}

CommandResult run_command(const std::string& command) {
  CommandResult result;
  FILE* pipe = popen(("( " + command + " ) 2>&1").c_str(), "r");
  TENON_CHECK(pipe != nullptr, "no shell");
  char piece[4096];
  for (size_t got; (got = fread(piece, 1, sizeof piece, pipe)) > 0;)
    result.output.append(piece, got);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace tenon::codegen
