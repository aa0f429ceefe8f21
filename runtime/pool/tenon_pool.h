/* tenon_pool.h: a small thread pool for the models that tenon compiles. SPDX-License-Identifier:
   0BSD. C99, C++11. One pool serves any number of models and callers:

     tenon_pool *pool = tenon_pool_create(4, NULL, 0);
     tn_call call = {4, tenon_pool_parallel_for, NULL, pool};
     mlp_run(&model, &io, arena, sizeof arena, &call);      arena: MLP_ARENA_BYTES(4)
     tenon_pool_destroy(pool);

   Link libtenon_pool.a and, with a C library older than glibc 2.34, -pthread. */
#ifndef TENON_POOL_H
#define TENON_POOL_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct tenon_pool tenon_pool;

/* Starts threads - 1 threads; the caller of parallel_for is the last one. 0: one thread for each
   processor that this process may use. memory: tenon_pool_bytes(threads) bytes of the caller's,
   aligned to 64, or NULL and 0 for malloc. NULL if memory is missing or a thread cannot be started.
   */
tenon_pool *tenon_pool_create(int threads, void *memory, size_t memory_bytes);

/* Ends the threads and frees what create allocated. No parallel_for may be under way. */
void tenon_pool_destroy(tenon_pool *);

/* As create counts them: 0 becomes the number of processors. */
int tenon_pool_threads(const tenon_pool *);
size_t tenon_pool_bytes(int threads);

/* For tn_call.parallel_for, with the pool as context: body(arg, i) once for each i < n, on the
   pool's threads and on the caller's, which works too. While another caller has the pool, bodies
   run one after another on the caller's thread: no caller waits for another. Threads that have
   found no work for about 50 microseconds sleep. */
void tenon_pool_parallel_for(void *pool, int n, void (*body)(void *arg, int i), void *arg);

#ifdef __cplusplus
}
#endif
#endif
