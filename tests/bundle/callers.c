/* Eight threads run one open model at once, each with its own io and arena: the same bits.
     callers CASE */
#include "bundle_test.h"

#include <pthread.h>

enum { CALLERS = 8, RUNS = 10 };

typedef struct Caller {
  const BUNDLE(model) * model;
  const Case *expected;
} Caller;

static void *call_often(void *argument) {
  const Caller *caller = (const Caller *)argument;
  Case own = with_own_outputs(caller->expected);
  int run;
  for (run = 0; run < RUNS; ++run) {
    forget_outputs(&own);
    run_case(caller->model, &own, NULL);
    require_same_outputs(&own, caller->expected, "eight callers at once");
  }
  return NULL;
}

int main(int argc, char **argv) {
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
  for (i = 0; i < CALLERS; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, call_often, &caller) == 0, "pthread_create failed");
  for (i = 0; i < CALLERS; ++i) pthread_join(threads[i], NULL);
  return 0;
}
