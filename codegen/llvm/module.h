// A loop module becomes code: an object for each kernel, and a module with the functions that the
// runtime calls.
//
//   main { buffer h: f32[batch, 64] in arena   call @fc1(x, w1, h)   call @fc2(h, w2, y) }
//   ->   tn_model_entry   bytes of the arena, of scratch and of each tensor, requirements
//        tn_model_sizes   chunks of the groups fc1 and fc2, offsets of buffers that depend on `batch`
//        tn_model_run_group(env, group, begin, end)   { case 0: mlp_fc1(io->x, weights + 0, arena + 0, ...) ... }
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "codegen/llvm/compile_kernel.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace tenon::codegen {

/// What the loop module does not say: where things lie in the bundle.
struct ModuleOptions {
  std::string prefix;  // of the symbols
  // symbols in the order of tnr_env.dims; all others are fixed
  std::vector<std::string> dims;
  std::vector<uint32_t> io_offsets;  // of the pointers in N_io: inputs, then outputs
  // of each constant that main uses, from the first weight
  std::map<std::string, uint64_t> weight_offsets;
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
  std::string debug_file;            // as KernelOptions has it
  int threads = 1;                   // that compile; the result does not depend on it
  FileKind kind = FileKind::Object;  // Assembly: the objects of the kernels hold text
};

/// A call of main: one group of the run.
struct Group {
  size_t kernel = 0;  // number in ModuleCode::kernels
  Location location;
};

struct ModuleCode {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> main;   // for link_runtime, then emit_object
  std::vector<CompiledKernel> kernels;  // those that main calls, in the order of the loop module
  std::vector<Group> groups;
  uint32_t size_count = 0;          // of tn_model_sizes
  uint64_t buffer_bytes_most = 0;   // of the arena's buffers at the upper bounds of all symbols
  uint64_t scratch_bytes_most = 0;  // of one body, likewise

  ModuleCode();
  ModuleCode(ModuleCode&&) noexcept;
  ModuleCode& operator=(ModuleCode&&) noexcept;
  ~ModuleCode();
};

/// Needs: functions as emit_kernel needs them, and plan_memory.   Fails where a kernel does, or where main holds more than
/// declarations and calls.
Result<ModuleCode> emit_module(const loop::Module& module, const target::Target& target,
                               const ModuleOptions& options);

}  // namespace tenon::codegen
