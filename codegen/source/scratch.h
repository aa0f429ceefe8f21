// Where the scratch and arena buffers that a function declares lie in the worker's scratch memory.
//
//   buffer e: f32[seq] in scratch ... buffer s: f32[64] in scratch
//   ->  e at 0, s at (seq*4 + 127)//64*64, bytes ...
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::codegen::source {

struct ScratchPlan {
  std::map<std::string, Expr> offsets;  // by buffer, in bytes; expressions of symbols
  Expr bytes;                           // of all
  std::string fault;                    // "" where every buffer has a bound
};

/// Each begins at a multiple of 64 and is followed by 64 bytes that may be read. Buffers declared
/// outside all loops share memory where one is used only after the last use of another of its size.
ScratchPlan plan_scratch(const loop::Stmt& body, const std::vector<std::string>& symbols,
                         const Ranges& symbol_ranges, ExprPool& pool);

}  // namespace tenon::codegen::source
