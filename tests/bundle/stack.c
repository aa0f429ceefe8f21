/* run, and each body of a parallel_for, on stacks of N_STACK_BYTES above a page that may not be
   touched. Linked with -z now: the dynamic linker would need more to look up memcpy.
     stack CASE */
#include "bundle_test.h"

#include <sys/mman.h>
#include <ucontext.h>

enum {
  PAGE = 4096,
  TRAMPOLINE = 256, /* of the functions below, which are not run's: they call it */
  BYTES = (BUNDLE_MACRO(STACK_BYTES) + TRAMPOLINE + 15) / 16 * 16
};

static ucontext_t main_context;

static struct {
  const BUNDLE(model) * model;
  BUNDLE(io) io;
  void* arena;
  size_t arena_bytes;
  int status;
} run_job;

static struct {
  void (*body)(void* arg, int i);
  void* arg;
  int index;
} body_job;

static void call_run(void) {
  run_job.status =
      BUNDLE(run)(run_job.model, &run_job.io, run_job.arena, run_job.arena_bytes, NULL);
}

static void call_body(void) { body_job.body(body_job.arg, body_job.index); }

/* The stack grows down from base + BYTES to the forbidden page that ends at base. */
static unsigned char* small_stack(void) {
  const size_t inside = (BYTES + PAGE - 1) / PAGE * PAGE;
  unsigned char* base =
      (unsigned char*)mmap(NULL, PAGE + inside, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(base != MAP_FAILED && mprotect(base + PAGE, inside, PROT_READ | PROT_WRITE) == 0,
          "no memory for a stack");
  return base + PAGE;
}

static void call_on(unsigned char* stack, void (*function)(void)) {
  ucontext_t context;
  REQUIRE(getcontext(&context) == 0, "getcontext failed");
  context.uc_stack.ss_sp = stack;
  context.uc_stack.ss_size = BYTES;
  context.uc_link = &main_context;
  makecontext(&context, function, 0);
  REQUIRE(swapcontext(&main_context, &context) == 0, "swapcontext failed");
}

static void bodies_on_small_stacks(void* context, int n, void (*body)(void*, int), void* arg) {
  int i;
  for (i = 0; i < n; ++i) {
    body_job.body = body;
    body_job.arg = arg;
    body_job.index = i;
    call_on((unsigned char*)context, call_body);
  }
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  tn_call call = {3, bodies_on_small_stacks, NULL, NULL};
  Case c, other;
  REQUIRE(argc == 2, "stack CASE");
  REQUIRE(BUNDLE_MACRO(STACK_BYTES) >= 512 && BUNDLE_MACRO(STACK_BYTES) <= 16 * 1024,
          "STACK_BYTES is %d", (int)BUNDLE_MACRO(STACK_BYTES));
  c = load_case(argv[1]);
  other = with_own_outputs(&c);
  run_case(&model, &c, NULL);

  run_job.model = &model;
  run_job.io = io_of(&other);
  run_job.arena_bytes = arena_bytes_for(c.dims, 1);
  run_job.arena = aligned_memory(run_job.arena_bytes);
  call_on(small_stack(), call_run);
  REQUIRE_OK(run_job.status);
  require_same_outputs(&other, &c, "run on a small stack");

  forget_outputs(&other);
  call.context = small_stack();
  run_case(&model, &other, &call);
  require_same_outputs(&other, &c, "bodies on a small stack");
  return 0;
}
