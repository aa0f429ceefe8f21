// The sizes that a run needs and that its dimensions decide: computed once, before the first kernel,
// into an array (`sizes` of runtime/model_tables.h).
//
//   extents 64, batch*8; offsets 0, batch*512   ->   batch*8 is sizes[first], batch*512 sizes[first + 1]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "codegen/program/main_program.h"

namespace tenon::codegen {

class SizeTable {
 public:
  SizeTable() = default;
  /// What stands before the table's own sizes: the chunks of each call.
  explicit SizeTable(size_t first) : first_(first) {}

  /// Gives the expression a number, unless it is a literal or has one.
  void add(Expr size);
  /// Those of main: offsets of slots and of views.
  void add_places(const loop::Module& module, const MainProgram& program);

  /// Of an expression that was added and is no literal.
  size_t number(Expr size) const;
  /// In the order of their numbers, from `first`.
  const std::vector<Expr>& computed() const { return computed_; }
  /// Elements of the array, at least 1.
  uint32_t count() const;

 private:
  size_t first_ = 0;
  std::vector<Expr> computed_;
  std::map<std::string, size_t> numbers_;  // by text: expressions may be of several pools
};

/// The greatest value that a size takes, 0 for none.
uint64_t upper_bound(Expr size, const Ranges& ranges);

}  // namespace tenon::codegen
