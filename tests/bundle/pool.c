/* The pool that `tenon compile --pool` writes runs a model: the same bits as one thread, for pools
   of 1, 2, 3 and 8, and for two callers that share one pool. Quick: one run of one caller on a pool
   of 3.
     pool CASE [quick] */
#include "bundle_test.h"

#include <pthread.h>
#include <time.h>

#include "tenon_pool.h"

static const int thread_counts[] = {1, 2, 8, 3};
enum { COUNTS = sizeof thread_counts / sizeof thread_counts[0], RUNS = 5 };
static int runs = RUNS;

/* What runtime/pool/system.h takes for the types of the C library, which it does not include. */
typedef char room_for_a_mutex[sizeof(pthread_mutex_t) <= 64 ? 1 : -1];
typedef char room_for_a_condition[sizeof(pthread_cond_t) <= 64 ? 1 : -1];
typedef char thread_is_a_word[sizeof(pthread_t) == sizeof(unsigned long) ? 1 : -1];
typedef char time_is_two_words[sizeof(struct timespec) == 2 * sizeof(long) ? 1 : -1];

typedef struct Caller {
  const BUNDLE(model) * model;
  const Case* expected;
  tenon_pool* pool;
} Caller;

static void* call_often(void* argument) {
  const Caller* caller = (const Caller*)argument;
  const tn_call call = {tenon_pool_threads(caller->pool), tenon_pool_parallel_for, NULL,
                        caller->pool};
  Case own = with_own_outputs(caller->expected);
  int run;
  for (run = 0; run < runs; ++run) {
    forget_outputs(&own);
    run_case(caller->model, &own, &call);
    require_same_outputs(&own, caller->expected, "on a pool");
  }
  return NULL;
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  Case c;
  int i;
  const int quick = argc == 3 && strcmp(argv[2], "quick") == 0;
  REQUIRE(argc == 2 || quick, "pool CASE [quick]");
  if (quick) runs = 1;
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  for (i = quick ? COUNTS - 1 : 0; i < COUNTS; ++i) {
    Caller caller = {&model, &c, NULL};
    pthread_t other;
    caller.pool = tenon_pool_create(thread_counts[i], NULL, 0);
    REQUIRE(caller.pool && tenon_pool_threads(caller.pool) == thread_counts[i], "no pool of %d",
            thread_counts[i]);
    REQUIRE(quick || pthread_create(&other, NULL, call_often, &caller) == 0,
            "pthread_create failed");
    call_often(&caller);
    if (!quick) pthread_join(other, NULL);
    tenon_pool_destroy(caller.pool);
  }
  return 0;
}
