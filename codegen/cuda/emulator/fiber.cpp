// The context switch: saves what the calling convention says a call keeps, changes the stack
// pointer, restores. About 10 instructions, where swapcontext makes a system call for the signal
// mask.
//   switch_stack(&mine, theirs)   ->   returns when somebody switches back to mine
#include "codegen/cuda/emulator/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "support/check.h"

extern "C" void tenon_switch_stack(void** save, void* load);

#if defined(__x86_64__)
asm(R"(
.text
.hidden tenon_switch_stack
.globl tenon_switch_stack
.type tenon_switch_stack, @function
tenon_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size tenon_switch_stack, . - tenon_switch_stack
)");
#elif defined(__aarch64__)
asm(R"(
.text
.hidden tenon_switch_stack
.globl tenon_switch_stack
.type tenon_switch_stack, %function
tenon_switch_stack:
  sub sp, sp, #160
  stp x19, x20, [sp]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size tenon_switch_stack, . - tenon_switch_stack
)");
#else
#error "the emulator's context switch is written for x86-64 and AArch64"
#endif

namespace tenon::codegen {
namespace {

// Which pool the fiber that starts belongs to: an entry point has no arguments.
thread_local FiberPool* entering = nullptr;

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

FiberPool::FiberPool(std::function<void()> work) : work_(std::move(work)) {}

FiberPool::~FiberPool() {
  for (Fiber* fiber : all_) {
    munmap(fiber->stack - page_bytes(), kFiberStackBytes + page_bytes());
    delete fiber;
  }
}

void FiberPool::enter() {
  entering->work_();
  TENON_CHECK(false, "a fiber's work came to its end");
}

Fiber* FiberPool::take() {
  if (free_.empty()) {
    const size_t page = page_bytes();
    void* memory = mmap(nullptr, kFiberStackBytes + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TENON_CHECK(memory != MAP_FAILED, "no memory for the stack of a fiber");
    mprotect(memory, page, PROT_NONE);
    all_.push_back(new Fiber{nullptr, static_cast<unsigned char*>(memory) + page});
    free_.push_back(all_.back());
  }
  Fiber* fiber = free_.back();
  free_.pop_back();
  // The frame that tenon_switch_stack pops: registers, then where to go.
  void** top = reinterpret_cast<void**>(fiber->stack + kFiberStackBytes);
#if defined(__x86_64__)
  *--top = nullptr;  // so that the stack is aligned as after a call
  *--top = reinterpret_cast<void*>(&FiberPool::enter);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
#else
  for (int i = 0; i < 20; ++i) *--top = nullptr;
  top[11] = reinterpret_cast<void*>(&FiberPool::enter);  // x30, the link register
#endif
  fiber->stack_pointer = top;
  return fiber;
}

void FiberPool::resume(Fiber* fiber) {
  Fiber* const before = current_;
  current_ = fiber;
  entering = this;
  tenon_switch_stack(&resumer_stack_pointer_, fiber->stack_pointer);
  current_ = before;
}

void FiberPool::leave() { tenon_switch_stack(&current_->stack_pointer, resumer_stack_pointer_); }

}  // namespace tenon::codegen
