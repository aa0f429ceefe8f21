// Buffers that hold just the window of their tensor which one iteration of a loop touches
// (cache_read, cache_write, compute_at, store_at, rfactor).
#pragma once

#include "schedule/nest.h"

namespace tenon::schedule {

/// Moves the local buffer of `tensor` into the body of the loop, as a window in `scope`. All its
/// readers and writers must be inside, and what an iteration reads it must have written. Windows in
/// registers, on the stack and in shared memory must have literal extents.
Status place_window(State& state, const std::string& tensor, const std::string& loop_name,
                    loop::Scope scope, Layout layout);

/// Reads `in SCOPE`, or gives `otherwise` when it is not there.
Result<loop::Scope> read_scope(Lexer& arguments, loop::Scope otherwise);

}  // namespace tenon::schedule
