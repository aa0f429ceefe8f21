/* Eight threads run one open model at once, each with its own io and arena: the same bits.
   With -DSEEDED_RACE they share one arena, which the contract forbids: on instrumented code
   ThreadSanitizer must say so, or it would not see a race inside the bundle either.
     callers CASE */
#include "bundle_test.h"

#include <pthread.h>

enum { CALLERS = 8, RUNS = 10 };

typedef struct Caller {
  const BUNDLE(model) * model;
  const Case* expected;
  void* arena; /* of all callers, for the seeded race */
  size_t arena_bytes;
} Caller;

static void* call_often(void* argument) {
  const Caller* caller = (const Caller*)argument;
  Case own = with_own_outputs(caller->expected);
  int run;
  for (run = 0; run < RUNS; ++run) {
#ifdef SEEDED_RACE
    BUNDLE(io) io = io_of(&own);
    REQUIRE_OK(BUNDLE(run)(caller->model, &io, caller->arena, caller->arena_bytes, NULL));
#else
    forget_outputs(&own);
    run_case(caller->model, &own, NULL);
    require_same_outputs(&own, caller->expected, "eight callers at once");
#endif
  }
  return NULL;
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  pthread_t threads[CALLERS];
  Caller caller;
  Case c;
  int i;
  REQUIRE(argc == 2, "callers CASE");
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  caller.model = &model;
  caller.expected = &c;
  caller.arena_bytes = arena_bytes_for(c.dims, 1);
  caller.arena = aligned_memory(caller.arena_bytes);
  for (i = 0; i < CALLERS; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, call_often, &caller) == 0, "pthread_create failed");
  for (i = 0; i < CALLERS; ++i) pthread_join(threads[i], NULL);
  return 0;
}
