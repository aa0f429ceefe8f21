// The passes over loop functions and modules, in the order of the pipeline (driver/pipeline.cpp is
// the list).
#pragma once

#include "ir/expr/legalize.h"
#include "ir/loop/nodes.h"

namespace tenon::loop {

/// Base of passes that need the ranges of the loop variables around a statement: `ranges()` holds
/// the symbols' and those of the enclosing loops, and, inside an If, nothing more (conditions are
/// not assumed).
class RangedRewriter : public StmtRewriter {
 public:
  RangedRewriter(ExprPool& pool, Ranges symbols) : pool_(pool), ranges_(std::move(symbols)) {}
  Stmt rewrite(const Stmt& stmt) override;

 protected:
  /// Called for every statement, inside its loops; the default descends.
  virtual Stmt visit(const Stmt& stmt) { return rewrite_children(stmt); }
  const Ranges& ranges() const { return ranges_; }
  ExprPool& pool() { return pool_; }

 private:
  ExprPool& pool_;
  Ranges ranges_;
};

/// Ends scheduling: substitutes the bindings into the stages and places each init before the
/// outermost reduce loop.
///   for k in 8 { stage acc[m:1] reduce k:8 { sum x[k] } with m = 0, k = k }
///   ->   acc[0] = 0.0   for k in 8 { acc[0] = acc[0] + x[k] }
/// Needs: nothing.   Leaves: no leaf.
Function flatten_stages(const Function& function, ExprPool& pool);

/// A condition that holds for all lanes of a vectorized loop of a GPU's kernel or for none loses the
/// lane.
///   for vectorized v in 4 { if t*4 + v < 56 { ... } }   ->   for vectorized v in 4 { if t < 14 { ... } }
/// Needs: simplify_loops.   Leaves: everything else as it is.
Function align_lanes(const Function& function, const Ranges& symbols, ExprPool& pool);

/// Moves conditions out of the loops whose variables they do not use, part by part.
///   for i in 4 { if (0 <= j) & (i < n) { ... } }   ->   if 0 <= j { for i in 4 { if i < n { ... } } }
/// Needs: flatten_stages.   Leaves: conditions as far out as they can stand, in loops of any kind but parallel.
Function hoist_conditions(const Function& function, ExprPool& pool);

/// Makes subscripts physical: applies bases and layouts, so that every buffer is row-major (or
/// strided) afterwards.
///   y[n, c, h] with <0, 1/16, 2, 1%16>, c = co*16 + ci   ->   y[n, co, h, ci]
/// Needs: flatten_stages.   Leaves: no layout and no base, on parameters too.
Function lower_layouts(const Function& function, const Ranges& symbols, ExprPool& pool);

/// Gives a local buffer one slice where each iteration of a serial loop touches only its own.
///   buffer p: f32[100, 4]   for t in 100 { p[t, j] = ...  ... p[t, j] ... }
///   ->   buffer p: f32[1, 4]   for t in 100 { p[0, j] = ...  ... p[0, j] ... }
/// Needs: lower_layouts.   Leaves: the same accesses in less memory.
Function shrink_locals(const Function& function, ExprPool& pool);

/// Threads of a block wait where one may read or overwrite what another one has written or reads.
///   for thread t in 64 { xs[t] = x[t] }   for thread u in 64 { y[u] = xs[63 - u] }
///   ->   for thread t in 64 { xs[t] = x[t] }   barrier   for thread u in 64 { y[u] = xs[63 - u] }
/// Needs: lower_layouts.   Leaves: kernels with bound loops, all their stores in thread loops.
Function insert_barriers(const Function& function, ExprPool& pool);

/// A kernel for a GPU becomes one that a processor runs in order, with the same bits.
///   for thread t in 64 { ... }   barrier   ->   for t in 64 { ... }
/// Needs: lower_layouts.   Leaves: no bound loop, no barrier, no shared buffer.
Function serialize_bound_loops(const Function& function, ExprPool& pool);

/// acc + a * b   ->   fma(a, b, acc), in the stores that accumulate floats into the element that they read.
/// Needs: flatten_stages.   Leaves: nothing else changed; run for targets that have fma.
Function form_fma(const Function& function, ExprPool& pool);

/// Replaces exp, log, tanh and their kin by arithmetic (ir/expr/expand_math.h).
/// Needs: flatten_stages.   Leaves: no mathematical function.
Function expand_math(const Function& function, ExprPool& pool);

/// Rewrites operations that a target lacks into ones that it has (ir/expr/legalize.h): fma,
/// rounding, conversions to and from f16 and bf16, division and conversion of 64 bits.
///   y[i] = fma(a, b, c)   ->   y[i] = a * b + c
/// Needs: expand_math.   Leaves: only operations of the target's table, but for those that nothing replaces.
Function legalize(const Function& function, const LegalOperations& legal);

/// Simplifies every index expression under the ranges of its loops, decides conditions that are
/// proved, and removes serial loops that run once (bound, parallel, vectorized and unrolled ones
/// stay: schedules name them).
///   for i in 1 { if i < 4 { y[i*2 + 0] = 1.0 } }   ->   y[0] = 1.0
/// Needs: flatten_stages, where a guard ends a reduce axis (Leaf::init_guard).
/// Leaves: expressions in normal form.
Function simplify_loops(const Function& function, const Ranges& symbols, ExprPool& pool);

/// Makes each nest of a function one of its own; main calls them one after the other, and what one
/// hands on to the next is a buffer of main.
///   func @f(x, out y) { buffer t   for i { t .. x .. }   for j { y .. t .. } }
///   ->   func @f_1(x, out t) { ... }   func @f_2(out y, t) { ... }
/// Needs: loops as lowered, not scheduled.   Leaves: the function itself only where setup calls it.
void split_nests(Module& module, const std::string& function);

/// Gives each constant the shape and layout in which the kernels that main calls read it; one that
/// is read in two ways is there twice.
///   const w: f32[64, 48] = initializer "w"   call @f(x, w, y), whose w is f32[64, 48]<1/16, 0, 1%16>
///   ->   const w: f32[64, 48]<1/16, 0, 1%16> = initializer "w"
/// Needs: schedules applied, layouts not yet lowered.   Leaves: constants that nothing reads are gone.
void assign_constant_layouts(Module& module);

/// Lets results lie over inputs that die at their call, where the kernel reads each element before
/// it writes it, in the same chunk (reads_before_writes.h): the pair becomes one `inout` parameter.
///   call @add(x, b, y)   ->   buffer y: f32[8] over x in arena   call @add_in_place(b, y)
/// Needs: form_fma, which takes `y[i] = y[i] + a * b` for a sum.
/// Leaves: copies `F_in_place` of kernels; kernels without calls are gone.
void reuse_inputs(Module& module);

/// What kernels with bound loops keep in memory for themselves becomes buffers of main, with a part
/// for each block and thread.
///   func @f(..) { for grid b in 4 { buffer t: f32[16] in arena ... } }   call @f(x, y)
///   ->   func @f(.., out t: f32[4, 16])   buffer f.t: f32[4, 16] in arena   call @f(x, y, f.t)
/// Needs: lower_layouts, and extents of such buffers that are of symbols only.
/// Leaves: no arena or scratch buffer inside of a kernel with bound loops.
void share_locals(Module& module);

/// Gives each arena buffer of main its place: offsets by liveness over the calls in order, greedy
/// by size and greedy by breadth, the smaller kept; at the upper bounds of the symbols, with each
/// offset the maximum of the ends of the conflicting buffers below, so that smaller dimensions need
/// less. Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
/// 2020.
/// Needs: one Alloc for each buffer of main.   Leaves: Module::arena, arena_bytes and arena_lower_bound set.
void plan_memory(Module& module);

}  // namespace tenon::loop
