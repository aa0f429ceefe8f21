/* Whatever a parallel_for does, the bits are those of one thread: bodies in reverse order on the
   calling thread, threads of a pool of 1, 2, 3 and 8, fewer threads than bodies. And what the
   contract says of the callbacks: one parallel_for a run, stop asked by one body at a time.
     parallel CASE [WORD]       WORD: the runs are large enough to use parallel_for, and must */
#include "bundle_test.h"

#include <pthread.h>

static const int thread_counts[] = {1, 2, 3, 8};
enum { COUNTS = sizeof thread_counts / sizeof thread_counts[0], MOST_THREADS = 8, ROUNDS = 5 };

typedef struct Work {
  void (*body)(void* arg, int i);
  void* arg;
  int next, n;
} Work;

typedef struct Context {
  int workers;       /* threads that run bodies; 0: the caller's, last body first */
  int calls;         /* of parallel_for */
  int most;          /* bodies that a call may want */
  int asked, answer; /* stop: times asked, and at which one it says yes */
  int asking;
} Context;

static void* run_bodies(void* argument) {
  Work* work = (Work*)argument;
  int i;
  while ((i = __atomic_fetch_add(&work->next, 1, __ATOMIC_SEQ_CST)) < work->n)
    work->body(work->arg, i);
  return NULL;
}

static void parallel_for(void* context, int n, void (*body)(void*, int), void* arg) {
  Context* c = (Context*)context;
  Work work = {body, arg, 0, n};
  pthread_t threads[MOST_THREADS];
  int i;
  ++c->calls;
  REQUIRE(n >= 1 && n <= c->most, "%d bodies wanted, %d allowed", n, c->most);
  if (c->workers == 0) {
    for (i = n - 1; i >= 0; --i) body(arg, i);
    return;
  }
  for (i = 0; i < c->workers; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, run_bodies, &work) == 0, "pthread_create failed");
  for (i = 0; i < c->workers; ++i) pthread_join(threads[i], NULL);
}

static int stop(void* context) {
  Context* c = (Context*)context;
  int answer;
  REQUIRE(__atomic_exchange_n(&c->asking, 1, __ATOMIC_SEQ_CST) == 0, "stop asked by two at once");
  answer = ++c->asked == c->answer;
  __atomic_store_n(&c->asking, 0, __ATOMIC_SEQ_CST);
  return answer;
}

static int must_be_parallel;

static void require_same_bits(const BUNDLE(model) * model, const Case* c, int bodies, int workers) {
  Case other = with_own_outputs(c);
  Context context = {0, 0, 0, 0, 0, 0};
  const tn_call call = {bodies, parallel_for, NULL, &context};
  char when[80];
  context.workers = workers;
  context.most = bodies;
  run_case(model, &other, &call);
  snprintf(when, sizeof when, "%d bodies on %d threads", bodies, workers);
  require_same_outputs(&other, c, when);
  REQUIRE(context.calls <= 1, "%d calls of parallel_for in a run", context.calls);
  REQUIRE(context.calls == 1 || !must_be_parallel || bodies == 1, "%s: all on one thread", when);
}

/* Stopped at the first, second, ... question; later runs are not disturbed. Negative workers: no
   parallel_for at all. */
static void try_stopping(const BUNDLE(model) * model, const Case* c, int workers) {
  const size_t bytes = arena_bytes_for(c->dims, MOST_THREADS);
  unsigned char* arena = (unsigned char*)aligned_memory(bytes);
  Case other = with_own_outputs(c);
  int answer, status = TN_STOPPED;
  for (answer = 1; status == TN_STOPPED && answer < 100; ++answer) {
    Context context = {0, 0, 0, 0, 0, 0};
    const tn_call call = {MOST_THREADS, workers < 0 ? NULL : parallel_for, stop, &context};
    BUNDLE(io) io = io_of(&other);
    context.workers = workers;
    context.most = MOST_THREADS;
    context.answer = answer;
    forget_outputs(&other);
    status = BUNDLE(run)(model, &io, arena, bytes, &call);
    REQUIRE(status == TN_OK || status == TN_STOPPED, "stop: %s", BUNDLE(status_text)(status));
    REQUIRE((status == TN_STOPPED) == (context.asked == answer), "stop's answer was not heeded");
    REQUIRE(context.asked <= answer, "stop was asked again after it had said yes");
  }
  if (status == TN_OK) require_same_outputs(&other, c, "a run after stopped ones");
  free(arena);
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  Case c;
  int i, round;
  REQUIRE(argc == 2 || argc == 3, "parallel CASE [WORD]");
  must_be_parallel = argc == 3;
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  for (i = 0; i < COUNTS; ++i) {
    require_same_bits(&model, &c, thread_counts[i], 0);
    for (round = 0; round < ROUNDS; ++round)
      require_same_bits(&model, &c, thread_counts[i], thread_counts[i]);
  }
  require_same_bits(&model, &c, 8, 2);
  for (i = -1; i <= 2; ++i) try_stopping(&model, &c, i);
  return 0;
}
