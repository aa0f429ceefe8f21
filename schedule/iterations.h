// What the iterations of a loop have to do with each other: whether they may run side by side
// (parallel, vectorize, bind) or in another order (reorder), and whether a buffer may be each
// iteration's own (place_window). A refusal means "not proved".
#pragma once

#include "schedule/nest.h"

namespace tenon::schedule {

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
/// Tensors that leaves inside write and that are not declared inside.
std::vector<std::string> tensors_shared_by_iterations(const loop::Stmt& body);

}  // namespace tenon::schedule
