/* The pool that `tenon compile --pool` writes runs a model: the same bits as one thread, for pools
   of 1, 2, 3 and 8, and for two callers that share one pool.
     pool CASE */
#include "bundle_test.h"

#include <pthread.h>

#include "tenon_pool.h"

static const int thread_counts[] = {1, 2, 3, 8};
enum { COUNTS = sizeof thread_counts / sizeof thread_counts[0], RUNS = 5 };

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
  for (run = 0; run < RUNS; ++run) {
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
  REQUIRE(argc == 2, "pool CASE");
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  for (i = 0; i < COUNTS; ++i) {
    Caller caller = {&model, &c, NULL};
    pthread_t other;
    caller.pool = tenon_pool_create(thread_counts[i], NULL, 0);
    REQUIRE(caller.pool && tenon_pool_threads(caller.pool) == thread_counts[i], "no pool of %d",
            thread_counts[i]);
    REQUIRE(pthread_create(&other, NULL, call_often, &caller) == 0, "pthread_create failed");
    call_often(&caller);
    pthread_join(other, NULL);
    tenon_pool_destroy(caller.pool);
  }
  return 0;
}
