// The operations that a target has instructions for, by element type: what the pass legalize leaves
// and the code generator accepts. "Has" means that a few instructions in line do it, and that no
// compiler makes a call of it.
//
//   operations_of(x86-64-v2)    ->   {"fma", {}}           f16 <-> f32: no row
//   operations_of(x86-64-v3)    ->   {"fma", {f32, f64}}   f16 <-> f32: a row each way
//   operations_of(armv7-neon)   ->   no division of integers, no rounding, no i64 <-> float
//
// A table is a function of the target's facts, one for each architecture (operations.cpp). What a
// backend for source text can say is a table of its own beside them.
#pragma once

#include "support/operation_table.h"
#include "target/target.h"

namespace tenon::target {

/// What LLVM does in line on the target's processor.
OperationTable operations_of(const Target& target);

/// What C++ source can say for it in text that a compiler does in line: the same, but for the short
/// floats, which C++17 has no types for.
OperationTable source_operations_of(const Target& target);

}  // namespace tenon::target
