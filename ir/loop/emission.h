// What every code generator needs of a function before it emits it.
//
//   own_copy(f, pool)   ->   f's statements in `pool`; two buffers named t become t and t.2
//   parallel_loop(f)    ->   the outermost loop, if its iterations are handed out in chunks
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::loop {

struct OwnCopy {
  Stmt body;
  std::vector<Param> params;
};

/// The function with all expressions in another pool, so that functions can be emitted at once, and
/// with a name of its own for each buffer: copies of a peeled loop declare buffers of one name.
OwnCopy own_copy(const Function& function, ExprPool& pool);

/// The outermost parallel loop, if nothing but declarations stands beside it; else null.
const For* parallel_loop(const Function& function);

/// True for a buffer that a function declares in memory.
bool is_scratch(const Buffer& buffer);

/// Of scratch buffers declared outside all loops, by name: the one whose memory each takes. One
/// that is used only after the last use of another of its size takes that one's (the two directions
/// of a recurrent layer); others take their own.
std::map<std::string, std::string> scratch_owners(const Stmt& body);

}  // namespace tenon::loop
