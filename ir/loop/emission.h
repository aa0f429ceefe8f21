// What every code generator needs of a function before it emits it.
//
//   own_copy(f, pool)   ->   f's statements in `pool`; two buffers named t become t and t.2
//   parallel_loop(f)    ->   the outermost loop, if its iterations are handed out in chunks
#pragma once

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

}  // namespace tenon::loop
