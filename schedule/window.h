// Buffers that hold a window of their tensor: what cache_write, compute_at and store_at share.
#pragma once

#include "schedule/nest.h"

namespace tenon::schedule {

/// The box of a tensor that the leaves below a loop touch, for one iteration of it: first subscript and extent of each
/// axis, as expressions of the loops around (and the loop itself).
struct Window {
  std::vector<Expr> base;
  std::vector<Expr> extents;
};

enum class Access : uint8_t { Reads, Writes, Both };
Result<Window> window_of(const State& state, const std::string& tensor, const std::string& loop_name, Access access);

/// Moves the local buffer of `tensor` into the body of the loop, as a window in `scope`. All its readers and writers must be
/// inside. Register and stack windows must have literal extents.
Status place_window(State& state, const std::string& tensor, const std::string& loop_name, loop::Scope scope, Layout layout);

/// Reads `in SCOPE`, or gives `otherwise` when it is not there.
Result<loop::Scope> read_scope(Lexer& arguments, loop::Scope otherwise);

}  // namespace tenon::schedule
