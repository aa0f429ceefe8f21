// Fibers: stacks that a program switches between by hand. The emulator runs a block's threads on
// them, each until it waits at a barrier.
//
//   FiberPool pool(work);              // work(): the body of every fiber, never returns
//   Fiber* fiber = pool.take();  pool.resume(fiber);  ...  in work(): pool.leave();
//
// One pool belongs to one thread of the operating system.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace tenon::codegen {

struct Fiber {
  void* stack_pointer = nullptr;
  unsigned char* stack = nullptr;  // kFiberStackBytes, above a page that nothing may touch
};

inline constexpr size_t kFiberStackBytes = 256 * 1024;

class FiberPool {
 public:
  explicit FiberPool(std::function<void()> work);
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;

  /// A fiber that starts, or starts anew, with a call of `work`.
  Fiber* take();
  /// Continues a fiber until it leaves.
  void resume(Fiber* fiber);
  /// Called on a fiber: returns to whoever resumed it, until it is resumed again.
  void leave();
  /// Gives a fiber back; it need not have ended, what its stack held is forgotten.
  void give_back(Fiber* fiber) { free_.push_back(fiber); }

  Fiber* current() const { return current_; }

 private:
  static void enter();

  std::function<void()> work_;
  std::vector<Fiber*> all_, free_;
  Fiber* current_ = nullptr;
  void* resumer_stack_pointer_ = nullptr;
};

}  // namespace tenon::codegen
