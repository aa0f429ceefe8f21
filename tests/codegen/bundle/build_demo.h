// build_demo.h: the demo model's kernels (tests/runtime/demo_kernels.c as LLVM bitcode) made into a
// bundle, as the driver does with a compiled model; and programs built with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

/// The demo's code for a processor, with triple and data layout set.
std::unique_ptr<llvm::Module> demo_module(llvm::LLVMContext& context, const std::string& cpu);

/// Machine code, position independent, with stack sizes and one function to a section.
void emit_object(llvm::Module& module, llvm::raw_pwrite_stream& out);

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct DemoOptions {
  std::string name = "demo";
  std::string cpu = "x86-64";
  bool weights_embedded = true;
  bool default_visibility = false;
  uint64_t cpu_features = 0;
};

/// Writes the bundle with its object and the pool into the folder. Returns the interface as built.
BundleInterface build_demo(const std::string& folder, const DemoOptions& options);

struct CommandResult {
  int status = 0;  // exit status; 128 + the signal's number
  std::string output;
};

/// Runs a shell command, both outputs together.
CommandResult run_command(const std::string& command);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace tenon::codegen
