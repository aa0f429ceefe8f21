// From LLVM functions to object code: the target machine, a short list of passes, the code
// generator, and what is known of its result.
//
//   optimize_kernel(f)   ->   the same loops, redundant loads and blocks gone
//   emit_object(module)  ->   the bytes of a relocatable object, and for each function its stack and its spills
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/result.h"
#include "target/target.h"

namespace llvm {
class Function;
class Module;
class TargetMachine;
}  // namespace llvm

namespace tenon::codegen {

/// Whether the code generator reorders instructions before it gives out registers. It helps short
/// bodies and makes long ones spill.
enum class Scheduling { Reorder, AsWritten };

/// The flag in the metadata of loops that carry register buffers.
inline constexpr const char* kTileLoop = "tenon.tile";

/// Registers the backends of this version; everything here calls it itself.
void initialize_llvm();
std::unique_ptr<llvm::TargetMachine> make_target_machine(const target::Target& target);
/// Sets the module's triple and data layout.
void prepare_module(llvm::Module& module, const target::Target& target);

/// Common subexpressions, invariant loads, dead code and blocks. No vectoriser, no unroller, no
/// instcombine: the loops are as the schedule made them.
void optimize_kernel(llvm::Function& function);

/// What the code generator made of a function.
struct FunctionReport {
  int64_t stack_bytes = 0;  // its frame with the return address
  // Stores of vectors to spill slots and loads from them in innermost loops: in those that carry
  // register buffers, which are register tiles, and in all.
  int tile_spills = 0, vector_spills = 0;
};
using Report = std::map<std::string, FunctionReport>;

struct Object {
  std::string bytes;
  Report report;
};

enum class FileKind { Object, Assembly };

/// Runs the code generator over the module, which it changes.
Object emit_object(llvm::Module& module, const target::Target& target, Scheduling scheduling,
                   FileKind kind = FileKind::Object);
/// The module as text.
std::string to_text(const llvm::Module& module);

}  // namespace tenon::codegen
