// Windows: which part of a tensor one iteration of a loop touches.
#pragma once

#include "schedule/nest.h"

namespace tenon::schedule {

enum class Access : uint8_t { Reads, Writes, Both };

/// Subscripts over loop variables: the leaf's axes replaced by their bindings, or, with `clamped`,
/// where the leaf clamps them for its reads, by the last of them at most.
std::vector<Expr> at_bindings(const loop::Leaf& leaf, std::span<const Expr> indices, bool clamped);
/// Calls `visit` with the subscripts of each access to `tensor` in a leaf, over loop variables.
/// Clamped reads count at their plain place too, so that windows of tiles keep their literal
/// extents.
Status visit_accesses(const loop::Leaf& leaf, const std::string& tensor, Access access,
                      const std::function<Status(const std::vector<Expr>&)>& visit);
/// True when a leaf inside reads the tensor with a value for places outside its bounds.
bool reads_with_else(const loop::Stmt& root, const std::string& tensor);
/// True when some leaf of the function may read the tensor beyond its extents, in the padding of a
/// blocked layout, which the tensor must then keep (cache_write lets tiles run over there).
bool padding_is_read(const State& state, const std::string& tensor);

/// The box of a tensor that the leaves below a loop touch, for one iteration of it: first subscript
/// and extent of each axis, as expressions of the loops around (and the loop itself).
struct Window {
  std::vector<Expr> base;
  std::vector<Expr> extents;
};
Result<Window> window_of(const State& state, const std::string& tensor,
                         const std::string& loop_name, Access access);
/// The same, for a buffer of its own: fails where the window lies is an element of a tensor (of a
/// gather), which only the reader may look up.
Result<Window> buffer_window_of(const State& state, const std::string& tensor,
                                const std::string& loop_name, Access access);

}  // namespace tenon::schedule
