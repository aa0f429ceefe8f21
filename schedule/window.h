// Windows: which part of a tensor one iteration of a loop touches. Buffers that hold just that
// (cache_write, compute_at, store_at), and what iterations may have to do with each other
// (parallel, vectorize, reorder).
#pragma once

#include "schedule/nest.h"

namespace tenon::schedule {

/// The box of a tensor that the leaves below a loop touch, for one iteration of it: first subscript
/// and extent of each axis, as expressions of the loops around (and the loop itself).
struct Window {
  std::vector<Expr> base;
  std::vector<Expr> extents;
};

enum class Access : uint8_t { Reads, Writes, Both };
Result<Window> window_of(const State& state, const std::string& tensor,
                         const std::string& loop_name, Access access);
/// The same, for a buffer of its own: fails where the window lies is an element of a tensor (of a
/// gather), which only the reader may look up.
Result<Window> buffer_window_of(const State& state, const std::string& tensor,
                                const std::string& loop_name, Access access);

/// The iterations of the loop write different elements of the tensor.
Status iterations_write_apart(const State& state, const std::string& tensor,
                              const std::string& loop_name);
/// What an iteration of the loop reads of the tensor it has written itself.
Status iterations_read_own_writes(const State& state, const std::string& tensor,
                                  const std::string& loop_name);
/// The same for all tensors that the loop writes: its iterations may run in any order.
Status iterations_are_independent(const State& state, const std::string& loop_name);
/// Where the tensor's buffer is declared inside a loop: all its readers are there too, and read
/// what the same iteration has written.
Status window_holds_reads(const State& state, const std::string& tensor);
/// True when some leaf of the function may read the tensor beyond its extents, in the padding of a
/// blocked layout, which the tensor must then keep (cache_write lets tiles run over there).
bool padding_is_read(const State& state, const std::string& tensor);
/// Tensors that leaves inside write and that are not declared inside.
std::vector<std::string> tensors_shared_by_iterations(const loop::Stmt& body);

/// Moves the local buffer of `tensor` into the body of the loop, as a window in `scope`. All its
/// readers and writers must be inside, and what an iteration reads it must have written. Register
/// and stack windows must have literal extents.
Status place_window(State& state, const std::string& tensor, const std::string& loop_name,
                    loop::Scope scope, Layout layout);

/// Reads `in SCOPE`, or gives `otherwise` when it is not there.
Result<loop::Scope> read_scope(Lexer& arguments, loop::Scope otherwise);

}  // namespace tenon::schedule
