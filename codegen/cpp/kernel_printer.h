// The C++ dialect: vectorized loops become operations on vectors of the target's width.
//
// Inside a vectorized loop a value that depends on its variable, the lane, is a vector; a condition
// that depends on it becomes a mask, which loads, stores and register writes obey. Before, loops of
// more lanes than a register holds are split (fit_lanes.h). A vectorized loop whose body cannot be
// vectors stays a loop over scalars. Register buffers are local arrays of vectors; compilers keep
// them in registers once the loops around are unrolled.
#pragma once

#include <set>

#include "codegen/cpp/kernel.h"
#include "codegen/source/printer.h"

namespace tenon::codegen::cpp {

class KernelPrinter final : public source::KernelPrinter {
 public:
  KernelPrinter(const loop::Function& function, const Ranges& symbols, const target::Target& target,
                const KernelOptions& options);
  Result<KernelText> print_function();

 private:
  using Value = source::Value;
  using Piece = source::Piece;
  struct Lane {
    std::string name;
    Expr variable;
    unsigned count = 0;
  };
  // Where the lanes of an access lie: at first + lane * stride elements.
  struct Access {
    Expr first;
    int64_t stride = 0;
  };

  // kernel.cpp
  void name_parameters();
  std::string signature(const std::set<std::string>& used);

  // vector_loops.cpp
  void print_loop(const loop::For& loop) override;
  void begin_iteration(const loop::For& loop) override;
  void print_if(const loop::If& branch) override;
  void print_alloc(const loop::Alloc& alloc, bool is_zeroed) override;
  void print_store(const loop::Store& store) override;
  void print_require(const loop::Require& require) override;
  void print_prefetch(const loop::Prefetch& prefetch) override;
  void print_masked(const loop::Stmt& body, const Value& mask);
  bool is_vector_loop(const loop::For& loop);
  int64_t group_of(const loop::Buffer& buffer);

  // lanes.cpp
  std::string index_type() const override { return is_narrow_ ? "int32_t" : "int64_t"; }
  std::string value_type(const Value& value) const override;
  Value apply(Op op, DType type, std::vector<Value> operands) override;
  Value convert(DType to, const Value& from) override;
  Value reinterpret(DType to, const Value& from) override;
  Value value_of_node(Expr e) override;
  bool varies(Expr e) const;
  Value lane_index(Expr e);
  std::optional<Value> lane_limit(Op op, Expr a, Expr b);
  Value splat(const Value& value);
  Value with_bits(const Value& mask, int bits);
  std::string vector_type(DType type, unsigned lanes) const;
  std::string lanes_name(const std::string& name) const;

  // vector_accesses.cpp
  Value read(Expr e) override;
  Value read_memory(Expr e, const loop::Buffer& buffer);
  Value read_local(const Read& node, const source::LocalArray& array, DType type);
  void write_local(const loop::Store& store, std::span<const Expr> indices, Value value);
  std::optional<Access> access_of(const loop::Buffer& buffer, std::span<const Expr> indices);
  Value from_memory(DType type, Value value);
  Value to_memory(DType type, const Value& value);
  bool uses_lane(Expr e) const;

  const target::Target& target_;
  const KernelOptions& options_;
  const bool is_narrow_;  // indices, and places in a 32-bit processor's memory, fit 32 bits
  std::optional<Lane> lane_;
  std::optional<Value> mask_;                // lanes that run; none: all
  std::map<std::string, unsigned> private_;  // lanes of arrays declared inside a vectorized loop
  std::set<std::string> expanded_loops_;     // whose variables choose lanes of a vector
  std::map<std::string, bool> vector_loops_;
};

}  // namespace tenon::codegen::cpp
