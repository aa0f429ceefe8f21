/* SPDX-License-Identifier: 0BSD
   tenon_pool.c: the thread pool of tenon_pool.h.

   One word, `job`, says all that a worker needs to claim a body: which job (a number that grows),
   how many bodies it has and which is the next. A worker that claims by compare-and-exchange knows
   that the job is still the one it saw: its caller cannot return before the claimed body ends, so
   the job's fields stay as they are.
     job = number << 32 | bodies << 16 | next     (7, 4, 2)  ->  (7, 4, 3): body 2 is mine */
#include "runtime/pool/tenon_pool.h"

#include "runtime/pool/system.h"

enum { MAX_THREADS = 4096, MAX_BODIES = 0xffff, SPIN_NANOSECONDS = 50000, POLLS_PER_CLOCK = 64 };

struct tenon_pool {
  uint64_t job;
  char line0[56];
  uint32_t finished; /* bodies of the current job */
  uint32_t ending;   /* destroy was called */
  uint32_t busy;     /* a caller has the pool */
  uint32_t sleepers; /* workers in wait_for_work; changed under mutex */
  uint32_t caller_sleeps;
  char line1[44];
  void (*body)(void *arg, int i);
  void *arg;
  uint32_t number; /* of the current job; used by the caller that has the pool */
  int threads;     /* that were started, and one */
  int allocated;
  system_mutex mutex;
  system_condition work, done;
  system_thread handles[];
};

static uint32_t bodies_of(uint64_t job) { return (uint32_t)(job >> 16) & 0xffffu; }
static uint32_t next_of(uint64_t job) { return (uint32_t)job & 0xffffu; }

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __asm__ volatile("pause");
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
  system_time now = {0, 0};
  clock_gettime(SYSTEM_MONOTONIC_CLOCK, &now);
  return (int64_t)now.seconds * 1000000000 + now.nanoseconds;
}

/* Polls for about SPIN_NANOSECONDS; true when the condition came to hold. */
static int spin(tenon_pool *pool, int (*holds)(const tenon_pool *)) {
  const int64_t begin = nanoseconds();
  do {
    for (int i = 0; i < POLLS_PER_CLOCK; ++i) {
      if (holds(pool)) return 1;
      pause_briefly();
    }
  } while (nanoseconds() - begin < SPIN_NANOSECONDS);
  return 0;
}

static int has_work(const tenon_pool *pool) {
  const uint64_t job = __atomic_load_n(&pool->job, __ATOMIC_SEQ_CST);
  return next_of(job) < bodies_of(job) || __atomic_load_n(&pool->ending, __ATOMIC_ACQUIRE);
}

static int is_finished(const tenon_pool *pool) {
  return __atomic_load_n(&pool->finished, __ATOMIC_SEQ_CST) ==
         bodies_of(__atomic_load_n(&pool->job, __ATOMIC_RELAXED));
}

/* Runs bodies until none is left to claim. */
static void work(tenon_pool *pool) {
  uint64_t job = __atomic_load_n(&pool->job, __ATOMIC_ACQUIRE);
  while (next_of(job) < bodies_of(job)) {
    if (!__atomic_compare_exchange_n(&pool->job, &job, job + 1, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
      continue;
    pool->body(pool->arg, (int)next_of(job));
    /* The last one wakes a caller that sleeps. Both sides write one word and then read the other's,
       in one total order: either the caller sees `finished` full, or the worker sees it asleep. */
    if (__atomic_add_fetch(&pool->finished, 1, __ATOMIC_SEQ_CST) == bodies_of(job) &&
        __atomic_load_n(&pool->caller_sleeps, __ATOMIC_SEQ_CST)) {
      pthread_mutex_lock(&pool->mutex);
      pthread_cond_signal(&pool->done);
      pthread_mutex_unlock(&pool->mutex);
    }
    job = __atomic_load_n(&pool->job, __ATOMIC_ACQUIRE);
  }
}

static void wait_for_work(tenon_pool *pool) {
  if (spin(pool, has_work)) return;
  pthread_mutex_lock(&pool->mutex);
  __atomic_add_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  while (!has_work(pool)) pthread_cond_wait(&pool->work, &pool->mutex);
  __atomic_sub_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker(void *argument) {
  tenon_pool *pool = (tenon_pool *)argument;
  while (!__atomic_load_n(&pool->ending, __ATOMIC_ACQUIRE)) {
    wait_for_work(pool);
    work(pool);
  }
  return NULL;
}

static void wake_workers(tenon_pool *pool) {
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_until_finished(tenon_pool *pool) {
  if (spin(pool, is_finished)) return;
  pthread_mutex_lock(&pool->mutex);
  __atomic_store_n(&pool->caller_sleeps, 1, __ATOMIC_SEQ_CST);
  while (!is_finished(pool)) pthread_cond_wait(&pool->done, &pool->mutex);
  __atomic_store_n(&pool->caller_sleeps, 0, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&pool->mutex);
}

void tenon_pool_parallel_for(void *context, int n, void (*body)(void *arg, int i), void *arg) {
  tenon_pool *pool = (tenon_pool *)context;
  uint32_t expected = 0;
  if (n <= 1 || n > MAX_BODIES || pool->threads == 1 ||
      !__atomic_compare_exchange_n(&pool->busy, &expected, 1, 0, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED)) {
    for (int i = 0; i < n; ++i) body(arg, i);
    return;
  }
  pool->body = body;
  pool->arg = arg;
  __atomic_store_n(&pool->finished, 0, __ATOMIC_RELAXED);
  const uint64_t job = (uint64_t)++pool->number << 32 | (uint64_t)(uint32_t)n << 16;
  __atomic_store_n(&pool->job, job, __ATOMIC_SEQ_CST);
  wake_workers(pool);
  work(pool);
  wait_until_finished(pool);
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
}

/* Processors that this process may use; 1 where the system does not say. */
static int count_processors(void) {
  unsigned char allowed[SYSTEM_PROCESSOR_BYTES] = {0};
  if (sched_getaffinity(0, sizeof allowed, allowed) != 0) return 1;
  int count = 0;
  for (size_t i = 0; i < sizeof allowed; ++i)
    for (unsigned bits = allowed[i]; bits != 0; bits &= bits - 1) ++count;
  return count;
}

static int count_of(int threads) {
  if (threads <= 0) threads = count_processors();
  return threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
}

size_t tenon_pool_bytes(int threads) {
  const size_t bytes = sizeof(tenon_pool) + (size_t)count_of(threads) * sizeof(system_thread);
  return (bytes + 63) / 64 * 64;
}

int tenon_pool_threads(const tenon_pool *pool) { return pool->threads; }

tenon_pool *tenon_pool_create(int threads, void *memory, size_t memory_bytes) {
  const size_t bytes = tenon_pool_bytes(threads);
  const int allocated = memory == NULL;
  if (allocated) {
    if (posix_memalign(&memory, 64, bytes) != 0) return NULL;
  } else if (memory_bytes < bytes || (uintptr_t)memory % 64 != 0) {
    return NULL;
  }
  tenon_pool *pool = (tenon_pool *)memory;
  memset(pool, 0, bytes);
  pool->allocated = allocated;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->done, NULL);
  pool->threads = 1;
  const int wanted = count_of(threads);
  for (; pool->threads < wanted; ++pool->threads) {
    if (pthread_create(&pool->handles[pool->threads - 1], NULL, worker, pool) != 0) {
      tenon_pool_destroy(pool);
      return NULL;
    }
  }
  return pool;
}

void tenon_pool_destroy(tenon_pool *pool) {
  if (pool == NULL) return;
  __atomic_store_n(&pool->ending, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int i = 0; i < pool->threads - 1; ++i) pthread_join(pool->handles[i], NULL);
  pthread_cond_destroy(&pool->work);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->mutex);
  if (pool->allocated) free(pool);
}
