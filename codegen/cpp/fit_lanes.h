// Vectorized loops of more lanes than a register holds become unrolled loops of vectorized ones:
// iterations of a vectorized loop are independent.
//
//   for vectorized lane in 16 { s[lane] = s[lane] + e[v*16 + lane] }     f32, registers of 256 bits
//   ->  for unrolled lane.part in 2 { for vectorized lane in 8 { s[lane.part*8 + lane] = ... } }
#pragma once

#include "ir/loop/nodes.h"

namespace tenon::codegen::cpp {

loop::Function fit_lanes(const loop::Function& function, int vector_bits, ExprPool& pool);

}  // namespace tenon::codegen::cpp
