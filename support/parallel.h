// Runs a function for each of several numbers on several threads.
//
//   for_each_parallel(kernels.size(), processor_count(), [&](size_t i) { codes[i] = compile(i); });
#pragma once

#include <cstddef>
#include <functional>

namespace tenon {

/// The processors that the system shows this program, at least 1.
int processor_count();

/// Runs body(0) ... body(count-1), each once, in any order, on at most `threads` threads, this one
/// among them; what one throws, the first in order of number, is thrown here when all are done.
void for_each_parallel(size_t count, int threads, const std::function<void(size_t)>& body);

}  // namespace tenon
