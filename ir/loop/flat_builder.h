// Makes flat code of expressions: slots, regions, and the accesses to buffers. make_flat_code.cpp
// walks the statements.
//
// A region is the body of a loop or of a condition, or the whole function. Code goes into the
// outermost open region in which its operands are known, so what a loop does not change is computed
// before it. What may be a fault does not leave a region that might not run.
#pragma once

#include <map>
#include <unordered_map>

#include "ir/loop/flat_code.h"

namespace tenon::loop {

class FlatBuilder {
 public:
  /// A slot, and the depth of the region that computes it.
  struct Value {
    int32_t slot = -1;
    int depth = 0;
  };
  struct Coded {
    Instruction instruction;
    FlatOrigin origin;
  };
  using Code = std::vector<Coded>;

  /// A buffer in scope; its expressions are in the builder's pool.
  struct ScopedBuffer {
    Buffer declared;
    int32_t number = -1;
    bool changes = false;  // some statement of the function writes it
    std::vector<Expr> physical_extents;
    std::vector<Expr> strides;
  };

  explicit FlatBuilder(FlatCode& code);

  ExprPool& pool() { return pool_; }
  Ranges& ranges() { return ranges_; }

  // ---- regions
  /// `always`: runs at least once whenever the region around it does.
  void open_region(bool always);
  Code close_region();
  int depth() const { return static_cast<int>(regions_.size()) - 1; }
  void append(const Code& code);
  void emit(Instruction instruction);
  /// Closes for a while all regions deeper than `depth`; `resume` gives them back.
  struct Suspended;
  std::shared_ptr<Suspended> suspend(int depth);
  void resume(const std::shared_ptr<Suspended>& suspended);

  // ---- names
  void begin_statement(const Stmt& stmt);
  /// A loop variable, defined in the innermost region.
  int32_t define_variable(const std::string& name);
  void forget_variable(const std::string& name);
  std::map<std::string, ScopedBuffer>& buffers() { return buffers_; }
  const ScopedBuffer& buffer(const std::string& name) const;

  // ---- values
  int32_t new_slot();
  Value value(Expr e) { return value(e, false); }
  void store(const std::string& buffer, const std::vector<Expr>& indices, Value value);

 private:
  struct Region {
    Code code;
    bool always = true;
    std::unordered_map<const ExprNode*, int32_t> known;  // looked up, never iterated
  };
  /// One axis, or one dimension in memory: offset += index * stride, checked against `extent`.
  struct AddressStep {
    Value index, extent, stride;
    int axis = 0;
  };

  Value constant(Slot value);
  Value constant_int(int64_t value);
  Value value(Expr e, bool quiet);
  Value compute(Expr e, bool quiet);
  Value compute_apply(const Apply& apply, bool quiet);
  Value compute_cast(const Cast& cast, bool quiet);
  Value compute_read(const Read& read, bool quiet);
  Value compute_read_or_else(const ScopedBuffer& buffer, const Read& read, bool quiet);
  bool depends_on_writes(Expr e);

  /// Emits into the outermost region that knows the operands; `checked`: the instruction may be a
  /// fault.
  Value emit_value(Instruction instruction, std::initializer_list<Value> operands,
                   bool checked = false);
  int fault_depth() const;
  std::vector<AddressStep> address_steps(const ScopedBuffer& buffer, std::span<const Expr> indices,
                                         bool quiet);
  std::vector<Expr> relative_indices(const ScopedBuffer& buffer,
                                     std::span<const Expr> indices) const;
  /// Adds all steps but the last into an offset.
  Value offset_of(std::vector<AddressStep>& steps, int32_t number);
  void check_padding(const ScopedBuffer& buffer, const std::vector<Expr>& indices, Value value);

  FlatCode& code_;
  ExprPool pool_;
  Ranges ranges_;
  std::vector<Region> regions_;
  std::map<std::string, ScopedBuffer> buffers_;
  std::map<std::string, Value> variables_;
  std::vector<FlatVariable> variable_stack_;
  std::map<int64_t, int32_t> constants_;  // by bits
  std::unordered_map<const ExprNode*, bool> depends_on_writes_;
  // by quiet; values that depend on writes
  std::unordered_map<const ExprNode*, Value> known_in_statement_[2];
  int32_t statement_ = -1;
};

}  // namespace tenon::loop
