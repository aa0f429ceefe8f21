// Prints the body of a loop function as C-family text, for every dialect: C++ with vector types, CUDA.
//
//   for acc.h in 8 { ... y[0, acc.h, wi] = max(acc[0, wi] + b[wi], 0.0) }
//   ->  for (int64_t h = 0; h < 8; ++h)
//         ...
//           y[h * 4 + wi] = tn_max(acc[wi] + b[wi], 0.0f);
//
// What is here prints scalar text: serial and unrolled loops stay loops, register and stack buffers
// become local arrays, a value that a statement uses twice becomes a constant before it. A dialect
// derives from KernelPrinter and overrides how a type, an operation, an access, a loop kind and a
// declaration are spelled. Operations without an operator in C are calls of tn_* functions, which a
// dialect's prelude defines; docs/generated_code.md lists them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codegen/source/names.h"
#include "codegen/source/piece.h"
#include "codegen/source/scratch.h"
#include "codegen/source/writer.h"
#include "ir/loop/nodes.h"
#include "support/result.h"

namespace tenon::codegen::source {

/// The text of a value. In vector code it has lanes, or, where all lanes agree, none; a bool with
/// lanes is a mask, all bits of an element on or off.
struct Value {
  Piece piece;
  DType type = DType::F32;
  unsigned lanes = 0;
  int mask_bits = 0;  // of a bool with lanes: the width of its elements
};

/// An array of the kernel's own: a register or stack buffer. Axes of extent 1 have no subscript.
struct LocalArray {
  DType type = DType::F32;
  std::vector<int64_t> extents;  // of the buffer, all axes
  int64_t group = 1;             // elements of the last axis that one element of the array holds
};

class KernelPrinter {
 public:
  /// Needs: flatten_stages, lower_layouts, expand_math, legalize.   `node_number` gives what a
  /// failed `require` at a location stores as detail of TN_INDEX.
  KernelPrinter(const loop::Function& function, const Ranges& symbols,
                std::function<int32_t(const Location&)> node_number);
  virtual ~KernelPrinter() = default;

  /// Symbols that the function uses, sorted: they are parameters.
  const std::vector<std::string>& symbols() const { return symbols_; }
  bool has_requirements() const;
  const ScratchPlan& scratch() const { return scratch_; }
  std::shared_ptr<ExprPool> pool() const { return pool_; }

 protected:
  // ---- spelling of scalars (expressions.cpp) ----
  /// Of an element in memory: float, int64_t, uint8_t (bool too).
  virtual std::string type_name(DType type) const;
  /// Of a value: bool where type_name has uint8_t.
  virtual std::string value_type(const Value& value) const;
  /// Of loop variables and subscripts.
  virtual std::string index_type() const { return "int64_t"; }
  virtual Value apply(Op op, DType type, std::vector<Value> operands);
  virtual Value convert(DType to, const Value& from);
  virtual Value reinterpret(DType to, const Value& from);

  // ---- statements (statements.cpp) ----
  virtual void print(const loop::Stmt& stmt);
  virtual void print_block(const loop::Block& block);
  /// Loops of other kinds than serial and unrolled are the dialect's.
  virtual void print_loop(const loop::For& loop);
  virtual void print_if(const loop::If& branch);
  /// Register, stack and scratch buffers; others are the dialect's.
  virtual void print_alloc(const loop::Alloc& alloc, bool is_zeroed);
  virtual void print_store(const loop::Store& store);
  virtual void print_require(const loop::Require& require);
  virtual void print_prefetch(const loop::Prefetch& prefetch);
  /// What stands first in the body of a loop.
  virtual void begin_iteration(const loop::For&) {}
  void print_counted(const loop::For& loop, const std::string& begin, const std::string& end);
  /// The body with the loop's variable replaced by a number.
  void print_with(const loop::For& loop, int64_t value);
  void declare_array(const loop::Buffer& buffer, LocalArray array, const std::string& type,
                     bool is_zeroed);
  std::vector<int64_t> literal_extents(const loop::Buffer& buffer);
  virtual std::string unroll(int64_t count) const;

  // ---- expressions ----
  /// The value of an expression of the current statement. `fixed` replaces what is known.
  Expr fixed(Expr e);
  std::vector<Expr> fixed(std::span<const Expr> list);
  Value value(Expr e);
  Piece index(Expr e) { return value(e).piece; }
  virtual Value value_of_node(Expr e);
  virtual Value read(Expr e);
  bool is_proved(Expr condition);
  /// Begins a statement made of these expressions: what occurs twice in them gets a name.
  void begin_statement(std::span<const Expr> parts);
  Value name_value(const Value& value);

  // ---- accesses (accesses.cpp) ----
  /// The position of an element from the buffer's start, in elements.
  Expr flat(const loop::Buffer& buffer, std::span<const Expr> indices);
  /// The part of "every subscript is inside" that is not proved; null where all is.
  Expr inside_condition(const loop::Buffer& buffer, std::span<const Expr> indices);
  /// name[position], or an element of a local array.
  Piece element(const std::string& buffer, std::span<const Expr> indices);
  /// name + position.
  Piece address(const std::string& buffer, Expr position);
  /// Subscripts of a local array; `rest` gets what is left of the last one inside a group.
  std::vector<Piece> array_subscripts(const LocalArray& array, std::span<const Expr> indices);
  const loop::Buffer* memory(const std::string& buffer) const;
  const LocalArray* local(const std::string& buffer) const;

  Value fail(const std::string& reason, DType type = DType::F32);

  const loop::Function& function_;
  std::function<int32_t(const Location&)> node_number_;
  std::shared_ptr<ExprPool> pool_ = std::make_shared<ExprPool>();
  Ranges ranges_;
  std::vector<std::string> symbols_;
  loop::Stmt body_;  // with expressions of pool_ and a name of its own for each buffer
  std::vector<loop::Param> params_;
  ScratchPlan scratch_;
  SourceWriter out_;
  Names names_;
  std::map<std::string, loop::Buffer> memory_;
  std::map<std::string, LocalArray> arrays_;
  std::vector<Substitution> expanded_;
  std::optional<Failure> failure_;

 private:
  std::unordered_map<const ExprNode*, int> uses_;  // in the current statement; looked up only
  std::unordered_map<const ExprNode*, Value> known_;
};

}  // namespace tenon::codegen::source
