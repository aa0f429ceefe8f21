/* race.c: three threads' work on the demo model and on the pool, for ThreadSanitizer. Exits with 0
   when all answers are right. SEEDED_RACE adds one race, which the sanitizer must report: all
   bodies add to one plain counter. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "runtime/pool/tenon_pool.h"
#include "tests/runtime/demo.h"

enum { CALLERS = 8, RUNS = 60, THREADS = 3 };

typedef struct caller {
  const demo_model *model;
  tenon_pool *pool;
  float x[128], y[128], z[16];
  int64_t indices[16];
  int good;
  TN_ALIGN(64) unsigned char arena[DEMO_ARENA_BYTES(THREADS)];
} caller;

#ifdef SEEDED_RACE
static int bodies_run;
typedef struct wrapped {
  void (*body)(void *, int);
  void *arg;
} wrapped;

static void counting_body(void *arg, int i) {
  const wrapped *inner = (const wrapped *)arg;
  ++bodies_run;
  inner->body(inner->arg, i);
}

static void parallel_for(void *pool, int n, void (*body)(void *, int), void *arg) {
  wrapped inner = {body, arg};
  tenon_pool_parallel_for(pool, n, counting_body, &inner);
}
#else
#define parallel_for tenon_pool_parallel_for
#endif

static void *run_often(void *argument) {
  caller *self = (caller *)argument;
  tn_call call = {THREADS, parallel_for, NULL, self->pool};
  for (int run = 0; run < RUNS; ++run) {
    demo_io io = {16, 16, self->x, self->indices, self->y, self->z};
    for (int i = 0; i < 16; ++i) self->indices[i] = (i + run) % 8;
    memset(self->y, 0, sizeof self->y);
    if (demo_run(self->model, &io, self->arena, sizeof self->arena, &call) != TN_OK) continue;
    int right = 1;
    for (int i = 0; i < 128; ++i) right &= self->y[i] == 17.0f * 0.5f * (float)(8 - i % 8);
    for (int i = 0; i < 16; ++i) right &= self->z[i] == 0.5f * (float)(self->indices[i] + 1);
    self->good += right;
  }
  return NULL;
}

int main(void) {
  static caller callers[CALLERS];
  demo_model model;
  pthread_t threads[CALLERS];
  tenon_pool *pools[2] = {tenon_pool_create(THREADS, NULL, 0), tenon_pool_create(THREADS, NULL, 0)};
  int good = 0;
  if (demo_open(&model, DEMO_ABI, NULL, 0) != TN_OK) return 1;
  for (int i = 0; i < CALLERS; ++i) {
    callers[i].model = &model;
    callers[i].pool = pools[i % 2];
    for (int j = 0; j < 128; ++j) callers[i].x[j] = 1;
    pthread_create(&threads[i], NULL, run_often, &callers[i]);
  }
  for (int i = 0; i < CALLERS; ++i) {
    pthread_join(threads[i], NULL);
    good += callers[i].good;
  }
  tenon_pool_destroy(pools[0]);
  tenon_pool_destroy(pools[1]);
#ifdef SEEDED_RACE
  printf("%d bodies\n", bodies_run);
#endif
  printf("%d of %d runs right\n", good, CALLERS * RUNS);
  return good != CALLERS * RUNS;
}
