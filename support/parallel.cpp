// Threads that take the next number until there is none.
#include "support/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace tenon {

int processor_count() {
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void for_each_parallel(size_t count, int threads, const std::function<void(size_t)>& body) {
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> faults(count);
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < count;) try {
        body(i);
      } catch (...) {
        faults[i] = std::current_exception();
      }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads && static_cast<size_t>(i) < count; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& fault : faults)
    if (fault) std::rethrow_exception(fault);
}

}  // namespace tenon
