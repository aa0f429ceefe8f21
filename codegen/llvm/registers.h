// Register buffers: SSA values in place of memory, one for each group of elements. There is never
// an alloca.
//
//   buffer acc: f32[8, 48] in register, written as acc[mi, nv*16 + lane] in a vectorized loop of 16
//   ->   24 slots, each a <16 x float> or still undefined
//
// ir/loop/register_group.h says how long a group is. Where it is one element, vectors are put
// together and taken apart lane by lane: right, and slow.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "codegen/llvm/values.h"
#include "ir/expr/linear_form.h"
#include "ir/loop/nodes.h"

namespace tenon::codegen {

struct RegisterBuffer {
  DType type = DType::F32;
  int64_t count = 0;                // elements
  int64_t group = 1;                // elements of a slot
  std::vector<llvm::Value*> slots;  // null: undefined
  // of a buffer declared inside a vectorized loop: each lane has its own, a slot holds all
  unsigned private_lanes = 0;
};

class Registers {
 public:
  Registers(llvm::IRBuilder<>& builder, ValueBuilder& values) : b_(builder), values_(values) {}

  void declare(const std::string& name, RegisterBuffer buffer);
  bool holds(const std::string& name) const { return buffers_.count(name) > 0; }
  void forget(const std::string& name) { buffers_.erase(name); }
  bool in_range(const std::string& name, int64_t first, int64_t count) const;

  /// Elements first .. first+lanes-1 as a vector; lanes = 0: one element (of each lane, where lanes
  /// have their own).
  llvm::Value* read(const std::string& name, int64_t first, unsigned lanes);
  void write(const std::string& name, int64_t first, llvm::Value* value);

  using State = std::map<std::string, RegisterBuffer>;
  const State& state() const { return buffers_; }
  void set_state(State state) { buffers_ = std::move(state); }
  /// The type of a slot.
  llvm::Type* slot_type(const RegisterBuffer& buffer) const;
  /// Phis at the builder's place for every slot in which the states differ; `incoming` gives the
  /// block of each state.
  void merge(const State& a, llvm::BasicBlock* from_a, const State& b, llvm::BasicBlock* from_b);

 private:
  llvm::Value* slot_or_poison(const RegisterBuffer& buffer, int64_t slot) const;
  llvm::Value* element(const RegisterBuffer& buffer, int64_t position);
  static bool is_part(const RegisterBuffer& buffer, int64_t first, unsigned lanes);

  llvm::IRBuilder<>& b_;
  ValueBuilder& values_;
  State buffers_;
};

}  // namespace tenon::codegen
