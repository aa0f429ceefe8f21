// The state of turning one loop function into LLVM, shared by kernel.cpp (the function and its
// buffers), statements.cpp, expressions.cpp and memory.cpp (loads and stores).
//
// Unrolled loops are expanded by substituting their variable. Inside a vectorized loop a value that
// depends on its variable, the lane, is a vector; a condition that depends on it becomes a mask,
// which loads, stores and register writes obey. A vectorized loop whose body cannot be vectors is
// expanded like an unrolled one.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include "codegen/llvm/debug_locations.h"
#include "codegen/llvm/index_values.h"
#include "codegen/llvm/kernel.h"
#include "codegen/llvm/registers.h"
#include "codegen/llvm/values.h"

namespace tenon::codegen {

class KernelEmitter {
 public:
  KernelEmitter(const loop::Function& function, const Ranges& symbols, const target::Target& target,
                llvm::Module& module, const KernelOptions& options);
  Result<Kernel> emit();

 private:
  struct MemoryBuffer {
    loop::Buffer buffer;
    llvm::Value* base = nullptr;
    std::vector<LinearForm> strides;  // in elements
    llvm::MDNode* scope = nullptr;    // of scratch buffers, which do not overlap
    llvm::MDNode* others = nullptr;
  };
  struct Lane {
    std::string name;
    Expr variable;
    unsigned count = 0;
  };
  // Lanes first .. first + count - 1 of an access, and which of them run.
  struct LanePart {
    unsigned first = 0, count = 0;
    llvm::Value* mask = nullptr;
  };
  // Where the lanes of an access lie: at `first` + lane * stride, or, without a stride, at places
  // of their own.
  struct Access {
    LinearForm first;
    std::optional<int64_t> stride;
    std::vector<LinearForm> each;
  };

  // kernel.cpp
  void make_function();
  llvm::Value* index_argument(unsigned number);
  void declare_buffers();
  MemoryBuffer memory_buffer(const loop::Buffer& buffer, llvm::Value* base);
  std::vector<LinearForm> strides_of(const loop::Buffer& buffer);
  void collect_scratch();
  void collect_symbols();
  llvm::Value* fail(const std::string& reason, llvm::Type* type = nullptr);
  void check_block_size(const llvm::BasicBlock& block);
  Status finish();

  // statements.cpp
  void emit_stmt(const loop::Stmt& stmt);
  void emit_block(const loop::Block& block);
  void emit_loop(const loop::For& loop);
  void emit_expanded(const loop::For& loop, int64_t extent);
  void emit_vectorized(const loop::For& loop, unsigned lanes);
  void emit_serial(const loop::For& loop, Expr extent, llvm::Value* begin, llvm::Value* end,
                   bool never_empty);
  void emit_if(const loop::If& branch);
  void emit_branch(const loop::If& branch, llvm::Value* condition);
  void emit_masked(const loop::If& branch, llvm::Value* condition);
  void emit_alloc(const loop::Alloc& alloc);
  void emit_register_alloc(const loop::Buffer& buffer, const LinearForm& count);
  llvm::Value* stack_memory(const std::string& name, int64_t bytes);
  llvm::Value* scratch_memory(const std::string& name, Expr bytes);
  Expr scratch_bytes(const loop::Buffer& buffer);
  void emit_require(const loop::Require& require);
  bool is_vector_loop(const loop::For& loop) const;

  // expressions.cpp
  Expr fixed(Expr e) const;
  std::vector<Expr> fixed(std::span<const Expr> list) const;
  llvm::Value* emit(Expr e);
  llvm::Value* emit_node(Expr e);
  llvm::Value* emit_apply(const Apply& apply);
  llvm::Value* emit_lane_index(Expr e);
  llvm::Value* emit_lane_comparison(Op op, Expr a, Expr b);
  bool uses_lane(Expr e) const;
  bool uses_lane(const LinearForm& form) const;
  bool is_proved(Expr condition);

  // memory.cpp
  llvm::Value* emit_read(Expr e);
  void emit_store(const loop::Store& store);
  void emit_prefetch(const loop::Prefetch& prefetch);
  llvm::Value* read_register(const std::string& name, std::span<const Expr> indices);
  void write_register(const std::string& name, std::span<const Expr> indices, llvm::Value* value);
  std::optional<int64_t> register_position(const std::string& name, std::span<const Expr> indices,
                                           unsigned& lanes);
  LinearForm flat(const std::vector<LinearForm>& strides, std::span<const Expr> indices) const;
  Access access_of(const MemoryBuffer& buffer, std::span<const Expr> indices);
  bool is_inside(const loop::Buffer& buffer, std::span<const Expr> indices);
  Expr inside_condition(const loop::Buffer& buffer, std::span<const Expr> indices);
  llvm::Value* address(const MemoryBuffer& buffer, const LinearForm& position);
  llvm::Value* lane_addresses(const MemoryBuffer& buffer, const Access& access);
  llvm::Value* load_lanes(const MemoryBuffer& buffer, const Access& access, llvm::Value* allowed);
  llvm::Value* load_masked(const MemoryBuffer& buffer, const Access& access, llvm::Value* mask,
                           llvm::Value* otherwise);
  llvm::Value* load(const MemoryBuffer& buffer, llvm::Type* type, llvm::Value* pointer);
  void store(const MemoryBuffer& buffer, llvm::Value* value, llvm::Value* pointer);
  void store_masked(const MemoryBuffer& buffer, const Access& access, llvm::Value* value);
  std::vector<LanePart> parts_of(const MemoryBuffer& buffer, llvm::Value* mask);
  llvm::Value* lanes_part(llvm::Value* vector, unsigned first, unsigned count);
  llvm::Value* with_lanes(llvm::Value* vector, llvm::Value* part, unsigned first);
  void annotate(llvm::Value* access, const MemoryBuffer& buffer);
  llvm::Value* guarded(llvm::Value* pointer, llvm::Value* allowed);
  llvm::Value* any_of(llvm::Value* mask);
  llvm::Align alignment(const MemoryBuffer& buffer) const;

  const loop::Function& function_;
  const target::Target& target_;
  const KernelOptions& options_;
  llvm::Module& module_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> b_;
  ValueBuilder values_;
  Registers registers_;
  IndexValues indices_;
  std::shared_ptr<ExprPool> pool_ = std::make_shared<ExprPool>();
  Ranges ranges_;

  Kernel kernel_;
  std::optional<DebugLocations> debug_;
  loop::Stmt body_;  // with expressions of pool_
  std::vector<loop::Param> params_;
  std::map<std::string, MemoryBuffer> memory_;
  std::map<std::string, std::vector<LinearForm>> register_strides_;
  std::map<std::string, llvm::MDNode*> scratch_scopes_;
  std::map<std::string, std::string> scratch_owners_;  // of buffers that share memory, by name
  std::map<std::string, llvm::Value*> storage_;  // of stack and scratch buffers, by name and size
  Expr scratch_end_;                             // bytes given out so far
  llvm::Instruction* setup_end_ = nullptr;       // of the function's first block
  llvm::Value* scratch_ = nullptr;
  llvm::Value* status_ = nullptr;

  std::vector<Substitution> expanded_;  // variables of the expanded loops around
  std::optional<Lane> lane_;
  llvm::Value* mask_ = nullptr;     // lanes that run; null: all
  std::vector<std::string> loops_;  // names, outermost first
  // of the current statement; looked up only
  std::unordered_map<const ExprNode*, llvm::Value*> memo_;
  // under the current loops; looked up only
  std::unordered_map<const ExprNode*, bool> proved_;
  int64_t stores_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace tenon::codegen
