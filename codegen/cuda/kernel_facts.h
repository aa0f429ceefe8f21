// What a kernel's printer asks about the loops before it prints them.
//
//   for thread p in 4 { for thread q in 8 { S } }   ->   phase_of: loops p, q; body S; 32 threads
//   for unrolled i in 4 { for k in 9 { S } }        ->   statements_unrolled: 4
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::codegen {

/// The thread loops of a phase, outermost first, and what runs in each thread.
struct Phase {
  std::vector<const loop::For*> loops;
  loop::Stmt body;
  std::vector<int64_t> shape() const;
  int64_t threads() const;
};
Phase phase_of(const loop::For& outermost);

/// True when 32 bits hold every index, and every element's place.
bool indices_fit_in_int(const std::vector<loop::Param>& params, const loop::Stmt& body,
                        Ranges ranges, ExprPool& pool);

/// Buffers that the kernel both writes and reads: one thread may read what another has written
/// through its own pointer, of which `restrict` would say that it leads elsewhere.
std::set<std::string> handed_over(const loop::Stmt& body);

/// Stores in the text where unrolled and vectorized loops are written out.
int64_t statements_unrolled(const loop::Stmt& stmt);

}  // namespace tenon::codegen
