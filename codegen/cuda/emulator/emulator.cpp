// Blocks, threads and barriers.
//   a block of 256 threads, one tn_sync each   ->   256 calls, each parked on a fiber at it,
//                                                   then 256 continuations, in another order
// A kernel without a barrier needs one fiber: a thread that ends leaves it to the next.
#include "codegen/cuda/emulator/emulator.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "codegen/cuda/emulator/fiber.h"

namespace tenon::codegen {
namespace {

// A permutation of 0..count-1 by the seed; xorshift, so that a seed means the same everywhere.
std::vector<uint32_t> ordered(uint32_t count, uint64_t seed) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (seed == 1) std::reverse(order.begin(), order.end());
  if (seed < 2) return order;
  uint64_t random = seed * 0x9e3779b97f4a7c15ull + 1;
  for (uint32_t i = count; i-- > 1;) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    std::swap(order[i], order[random % (i + 1)]);
  }
  return order;
}

class BlockRunner {
 public:
  BlockRunner(const tenon_emulated_library& library, const tenon_emulated_kernel& kernel,
              uint32_t threads, void* const* parameters, const std::vector<EmulatedBuffer>& buffers,
              const EmulatorOptions& options)
      : state_(*library.state),
        kernel_(kernel),
        parameters_(parameters),
        options_(options),
        order_(ordered(threads, options.order)),
        last_line_(threads) {
    if (options.check) checker_.emplace(library, kernel, buffers);
  }

  std::optional<Fault> run(uint32_t index_of_block);

 private:
  struct Waiting {
    uint32_t thread;
    Fiber* fiber;
    int line;
  };

  void run_threads();              // the work of every fiber
  void wait_at_barrier(int line);  // called on a fiber
  void record(const void* address, size_t bytes, bool writes, bool atomic);
  void stop(Fault fault);  // called on a fiber, never returns
  void resume(uint32_t thread, Fiber* fiber);
  std::optional<Fault> check_barrier() const;

  // What the state's functions reach; one launch at a time in a thread.
  static thread_local BlockRunner* running_;
  // Outlives the launch: stacks are made once.
  static FiberPool& pool() {
    static thread_local FiberPool pool([] { running_->run_threads(); });
    return pool;
  }

  tenon_emulation_state& state_;
  const tenon_emulated_kernel& kernel_;
  void* const* parameters_;
  const EmulatorOptions& options_;
  std::optional<Checker> checker_;
  std::vector<uint32_t> order_;  // of the threads
  std::vector<int> last_line_;   // of each thread's last barrier
  size_t started_ = 0;           // threads, in `order_`
  uint32_t ended_ = 0, ended_thread_ = 0;
  std::vector<Waiting> waiting_;
  std::optional<Fault> fault_;
};

thread_local BlockRunner* BlockRunner::running_ = nullptr;

// Runs threads until all have begun. A thread that waits keeps this fiber; another goes on with the
// threads that have not begun.
void BlockRunner::run_threads() {
  for (;;) {
    while (started_ < order_.size()) {
      state_.thread = order_[started_++];
      last_line_[state_.thread] = 0;
      kernel_.call(parameters_);
      ++ended_;
      ended_thread_ = state_.thread;
    }
    Fiber* const mine = pool().current();
    pool().give_back(mine);
    pool().leave();
  }
}

void BlockRunner::wait_at_barrier(int line) {
  waiting_.push_back({state_.thread, pool().current(), line});
  pool().leave();
  last_line_[state_.thread] = line;
}

void BlockRunner::resume(uint32_t thread, Fiber* fiber) {
  state_.thread = thread;
  pool().resume(fiber);
}

void BlockRunner::stop(Fault fault) {
  fault.kernel = kernel_.name;
  std::copy(state_.block, state_.block + 3, fault.block);
  fault.thread = state_.thread;
  fault.after_line = last_line_[state_.thread];
  fault_ = std::move(fault);
  Fiber* const mine = pool().current();
  pool().give_back(mine);
  pool().leave();
}

void BlockRunner::record(const void* address, size_t bytes, bool writes, bool atomic) {
  if (!checker_ || pool().current() == nullptr) return;
  if (std::optional<Fault> fault =
          checker_->check({address, bytes, writes, atomic, state_.thread, pool().current()->stack}))
    stop(std::move(*fault));
}

// All threads have ended or wait: they must all wait, and at the same barrier.
std::optional<Fault> BlockRunner::check_barrier() const {
  const Waiting& first = waiting_.front();
  Fault fault{FaultKind::kBarrier, kernel_.name, {}, first.thread, last_line_[first.thread], ""};
  std::copy(state_.block, state_.block + 3, fault.block);
  if (ended_ > 0) {
    fault.what = fmt::format("waits at line {}, but {} of {} threads, thread {} among them, ended",
                             first.line, ended_, order_.size(), ended_thread_);
    return fault;
  }
  for (const Waiting& other : waiting_) {
    if (other.line == first.line) continue;
    fault.what = fmt::format("waits at line {}, but thread {} waits at line {}", first.line,
                             other.thread, other.line);
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> BlockRunner::run(uint32_t index_of_block) {
  running_ = this;
  state_.sync = [](int line) { running_->wait_at_barrier(line); };
  state_.access = [](const void* address, size_t bytes, int writes, int atomic) {
    running_->record(address, bytes, writes != 0, atomic != 0);
  };
  started_ = 0;
  ended_ = 0;
  if (checker_) checker_->begin_block(index_of_block);
  while (started_ < order_.size() && !fault_) pool().resume(pool().take());
  while (!waiting_.empty() && !fault_) {
    fault_ = check_barrier();
    if (fault_) break;
    if (checker_) checker_->pass_barrier();
    std::vector<Waiting> released;
    released.swap(waiting_);
    for (size_t i = 0; i < released.size(); ++i) {
      // What a fault leaves behind is given back below.
      if (fault_)
        waiting_.push_back(released[i]);
      else
        resume(released[i].thread, released[i].fiber);
    }
  }
  for (const Waiting& left : waiting_) pool().give_back(left.fiber);
  waiting_.clear();
  running_ = nullptr;
  return std::move(fault_);
}

}  // namespace

Result<EmulatedLibrary> EmulatedLibrary::open(const std::string& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return Failure{dlerror()};
  EmulatedLibrary library;
  library.handle_ = std::shared_ptr<void>(handle, [](void* opened) { dlclose(opened); });
  library.contents_ = static_cast<const tenon_emulated_library*>(
      dlsym(handle, "tenon_emulated_library_of_kernels"));
  if (library.contents_ == nullptr) return Failure{path + " holds no emulated kernels"};
  return library;
}

const tenon_emulated_kernel* EmulatedLibrary::find(std::string_view name) const {
  for (size_t i = 0; i < contents_->kernel_count; ++i)
    if (name == contents_->kernels[i].name) return &contents_->kernels[i];
  return nullptr;
}

std::optional<Fault> launch(const EmulatedLibrary& library, const tenon_emulated_kernel& kernel,
                            EmulatedGrid grid, uint32_t threads, void* const* parameters,
                            const std::vector<EmulatedBuffer>& buffers,
                            const EmulatorOptions& options) {
  tenon_emulation_state& state = *library.contents().state;
  const uint32_t extents[3] = {grid.x, grid.y, grid.z};
  std::copy(extents, extents + 3, state.grid);
  BlockRunner runner(library.contents(), kernel, threads, parameters, buffers, options);
  for (const uint32_t block : ordered(grid.x * grid.y * grid.z, options.order)) {
    state.block[0] = block % grid.x;
    state.block[1] = block / grid.x % grid.y;
    state.block[2] = block / grid.x / grid.y;
    if (std::optional<Fault> fault = runner.run(block)) return fault;
  }
  return std::nullopt;
}

}  // namespace tenon::codegen
