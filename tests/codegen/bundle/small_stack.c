/* small_stack.c: runs the demo bundle on a stack of DEMO_STACK_BYTES above a page that may not be
   touched, alone and with a parallel_for that runs the bodies on the same stack. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "demo.h"

static demo_model model;
static demo_io io;
TN_ALIGN(64) static unsigned char arena[DEMO_ARENA_BYTES(2)];
static int status = -1;
static ucontext_t back, small;
static const tn_call* call;

static void run_reversed(void* context, int n, void (*body)(void* arg, int i), void* arg) {
  (void)context;
  while (n-- > 0) body(arg, n);
}

static void on_small_stack(void) { status = demo_run(&model, &io, arena, sizeof arena, call); }

int main(void) {
  static float x[128], y[128], z[16];
  static int64_t indices[16];
  static const tn_call two = {2, run_reversed, NULL, NULL};
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t bytes = (DEMO_STACK_BYTES + page - 1) / page * page;
  unsigned char* memory =
      mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) return 1;
  if (demo_open(&model, DEMO_ABI, NULL, 0) != TN_OK) return 2;
  io.batch = io.rows = 16;
  io.x = x;
  io.indices = indices;
  io.y = y;
  io.z = z;
  for (int i = 0; i < 2; ++i) {
    call = i ? &two : NULL;
    getcontext(&small);
    /* makecontext's own needs, the return into uc_link and run_reversed's frame, are not run's. */
    small.uc_stack.ss_sp = memory + page;
    small.uc_stack.ss_size = DEMO_STACK_BYTES + 256;
    small.uc_link = &back;
    makecontext(&small, on_small_stack, 0);
    swapcontext(&back, &small);
    if (status != TN_OK || z[15] != 0.5f) return 3;
    z[15] = 0;
  }
  puts("ok");
  return 0;
}
