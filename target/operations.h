// The operations that a target has instructions for, by element type: what the pass legalize leaves
// and the code generator accepts. "Has" means that a few instructions in line do it, and that no
// compiler makes a call of it.
//
//   operations_of(x86-64-v2)   ->   {"fma", {}}           f16 <-> f32: no row
//   operations_of(x86-64-v3)   ->   {"fma", {f32, f64}}   f16 <-> f32: a row each way
#pragma once

#include "support/operation_table.h"
#include "target/target.h"

namespace tenon::target {

OperationTable operations_of(const Target& target);

}  // namespace tenon::target
