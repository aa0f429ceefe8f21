/* SPDX-License-Identifier: 0BSD
   execute.c: runs a model's groups, on one thread or on several.

   The caller's parallel_for is called at most once a run; each body works on all groups, in order.
   All bodies share one word of the arena, `work`: the current group and the next chunk of it to
   claim. A body claims a chunk by adding 1, runs it and counts it in `done`; the body that finishes
   a group's last chunk makes the next group current. While a group has no chunk left to claim, the
   other bodies wait for those claimed; so a body waits only for bodies that are running, and
   nothing depends on how many there are: bodies run one after another on one thread work as well.

     group 0, 3 chunks; 2 bodies
       body 0: chunk 0, chunk 2, which ends the group: work = (group 1, chunk 0), ...
       body 1: chunk 1, waits, chunk 0 of group 1, ... */
#include "runtime/float_mode.h"
#include "runtime/internal.h"

/* work = group << 40 | next chunk. There are below 2^31 chunks, and a body overshoots by one. */
#define GROUP_SHIFT 40
#define CHUNK_MASK (((uint64_t)1 << GROUP_SHIFT) - 1)
#define NO_FAILURE UINT64_MAX

/* The head of the arena's control block; a cache line for each word that many bodies write. */
typedef struct shared_words {
  uint64_t work;
  uint64_t line0[7];
  uint64_t done; /* finished chunks of the current group */
  uint64_t line1[7];
  uint64_t failure; /* the least chunk << 32 | status of the current group, or NO_FAILURE */
  uint64_t stopped;
  uint64_t line2[6];
} shared_words;
_Static_assert(sizeof(shared_words) == TNR_CONTROL_BYTES(0),
               "model_tables.h fixes the size of the control block");

typedef struct execution {
  tnr_env env; /* scratch and status belong to a body: each takes a copy */
  shared_words *shared;
  unsigned char *scratch; /* of body 0 */
  uint64_t scratch_bytes;
  int (*stop)(void *context);
  void *context;
} execution;

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __asm__ volatile("pause");
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

/* Asks the caller's callback in the caller's own floating-point mode. */
static int asked_to_stop(const execution *run, tnr_float_mode caller) {
  if (run->stop == NULL) return 0;
  tnr_leave_float_mode(caller);
  const int stop = run->stop(run->context);
  tnr_write_float_mode(TNR_FLOAT_MODE);
  return stop != 0;
}

/* The next group that has chunks, after asking `stop` once for each boundary passed; group_count
   when all is done or the run ends early. Called by one body at a time. */
static uint32_t next_group(const execution *run, uint32_t group, tnr_float_mode caller,
                           uint64_t *stopped) {
  while (++group < tn_model.group_count) {
    if (asked_to_stop(run, caller)) {
      *stopped = 1;
      return tn_model.group_count;
    }
    if (run->env.sizes[group] > 0) break;
  }
  return group;
}

/* The first failure in the order of chunks, so that the status does not depend on who ran what. */
static void record_failure(shared_words *shared, uint64_t chunk, int32_t status) {
  const uint64_t mine = chunk << 32 | (uint32_t)status;
  uint64_t least = __atomic_load_n(&shared->failure, __ATOMIC_RELAXED);
  while (mine < least && !__atomic_compare_exchange_n(&shared->failure, &least, mine, 1,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

/* One body of parallel_for: what `tn_call` calls body(arg, i). */
static void execute_body(void *argument, int index) {
  const execution *run = (const execution *)argument;
  shared_words *shared = run->shared;
  int32_t status;
  tnr_env env = run->env;
  env.scratch = run->scratch + run->scratch_bytes * (uint64_t)index;
  env.status = &status;
  const tnr_float_mode caller = tnr_enter_float_mode();
  for (;;) {
    uint64_t work = __atomic_load_n(&shared->work, __ATOMIC_ACQUIRE);
    if (work >> GROUP_SHIFT >= tn_model.group_count) break;
    if ((work & CHUNK_MASK) >= (uint64_t)env.sizes[work >> GROUP_SHIFT]) {
      pause_briefly();
      continue;
    }
    /* By now `work` may belong to a later group: what is added here says which chunk of which group
       is claimed. */
    work = __atomic_fetch_add(&shared->work, 1, __ATOMIC_ACQUIRE);
    const uint32_t group = (uint32_t)(work >> GROUP_SHIFT);
    const uint64_t chunk = work & CHUNK_MASK;
    if (group >= tn_model.group_count) break;
    const uint64_t chunks = (uint64_t)env.sizes[group];
    if (chunk >= chunks) continue;
    status = TN_OK;
    tn_model_run_group(&env, (int32_t)group, (int64_t)chunk, (int64_t)chunk + 1);
    if (status != TN_OK) record_failure(shared, chunk, status);
    if (__atomic_add_fetch(&shared->done, 1, __ATOMIC_ACQ_REL) != chunks) continue;
    /* All chunks of the group are done, and what they wrote is visible here: this body alone moves
       on. */
    uint32_t next = tn_model.group_count;
    if (__atomic_load_n(&shared->failure, __ATOMIC_RELAXED) == NO_FAILURE)
      next = next_group(run, group, caller, &shared->stopped);
    __atomic_store_n(&shared->done, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&shared->work, (uint64_t)next << GROUP_SHIFT, __ATOMIC_RELEASE);
  }
  tnr_leave_float_mode(caller);
}

/* The same without sharing: each group's chunks in one call. */
static int execute_alone(const execution *run, uint32_t first) {
  int32_t status = TN_OK;
  uint64_t stopped = 0;
  tnr_env env = run->env;
  env.scratch = run->scratch;
  env.status = &status;
  const tnr_float_mode caller = tnr_enter_float_mode();
  for (uint32_t group = first; group < tn_model.group_count && status == TN_OK;) {
    tn_model_run_group(&env, (int32_t)group, 0, env.sizes[group]);
    if (status == TN_OK) group = next_group(run, group, caller, &stopped);
  }
  tnr_leave_float_mode(caller);
  return stopped ? TN_STOPPED : status;
}

/* More bodies than the widest group has chunks would only wait. */
static int useful_threads(const int64_t *chunks, int threads) {
  int64_t widest = 1;
  for (uint32_t group = 0; group < tn_model.group_count; ++group)
    if (chunks[group] > widest) widest = chunks[group];
  return widest < threads ? (int)widest : threads;
}

int tn_rt_execute(const tnr_opened_fields *model, void *io, unsigned char *arena,
                  const tn_call *call, const int64_t *entry) {
  int64_t *sizes = (int64_t *)(void *)(arena + sizeof(shared_words));
  unsigned char *buffers = arena + TNR_CONTROL_BYTES(tn_model.size_count);
  tn_model_sizes(entry, sizes);
  execution run = {
      .env = {.io = io,
              .arena = buffers,
              .weights = (const unsigned char *)(uintptr_t)model->weights,
              .dims = entry,
              .sizes = sizes},
      .shared = (shared_words *)(void *)arena,
      .scratch = buffers + TNR_ROUND_UP(entry[TNR_ENTRY_ARENA(&tn_model)]),
      .scratch_bytes = TNR_ROUND_UP(entry[TNR_ENTRY_SCRATCH(&tn_model)]),
      .stop = call != NULL ? call->stop : NULL,
      .context = call != NULL ? call->context : NULL,
  };
  uint32_t first = 0;
  while (first < tn_model.group_count && sizes[first] <= 0) ++first;
  int threads = call != NULL && call->parallel_for != NULL ? call->threads : 1;
  if (threads > 1) threads = useful_threads(sizes, threads);
  if (threads <= 1) return execute_alone(&run, first);

  shared_words *shared = run.shared;
  shared->done = 0;
  shared->failure = NO_FAILURE;
  shared->stopped = 0;
  __atomic_store_n(&shared->work, (uint64_t)first << GROUP_SHIFT, __ATOMIC_RELEASE);
  call->parallel_for(call->context, threads, execute_body, &run);
  if (shared->failure != NO_FAILURE) return (int)(uint32_t)shared->failure;
  return shared->stopped ? TN_STOPPED : TN_OK;
}
