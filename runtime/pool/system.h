/* SPDX-License-Identifier: 0BSD
   system.h: what tenon_pool.c needs of the C library and of POSIX threads, declared here. So the pool
   is compiled for every target without that target's headers.

   Mutexes and conditions are memory that only the library looks into: room for the largest of
   glibc, musl and bionic on every architecture (48 bytes), which tests/bundle/pool.c holds against
   the real types. pthread_t is a word in all three. */
#ifndef TENON_POOL_SYSTEM_H
#define TENON_POOL_SYSTEM_H
#include <stddef.h>
#include <stdint.h>

typedef union system_mutex {
  uint64_t words[8];
} system_mutex;
typedef union system_condition {
  uint64_t words[8];
} system_condition;
typedef unsigned long system_thread;
/* struct timespec where time_t is a long, as the functions without a suffix have it. */
typedef struct system_time {
  long seconds, nanoseconds;
} system_time;
enum { SYSTEM_MONOTONIC_CLOCK = 1, SYSTEM_PROCESSOR_BYTES = 128 }; /* CLOCK_MONOTONIC; cpu_set_t */

int pthread_create(system_thread *thread, const void *attributes, void *(*run)(void *), void *arg);
int pthread_join(system_thread thread, void **result);
int pthread_mutex_init(system_mutex *mutex, const void *attributes);
int pthread_mutex_lock(system_mutex *mutex);
int pthread_mutex_unlock(system_mutex *mutex);
int pthread_mutex_destroy(system_mutex *mutex);
int pthread_cond_init(system_condition *condition, const void *attributes);
int pthread_cond_wait(system_condition *condition, system_mutex *mutex);
int pthread_cond_signal(system_condition *condition);
int pthread_cond_broadcast(system_condition *condition);
int pthread_cond_destroy(system_condition *condition);
int clock_gettime(int clock, system_time *now);
int sched_getaffinity(int process, size_t bytes, void *processors);
int posix_memalign(void **memory, size_t alignment, size_t bytes);
void free(void *memory);
void *memset(void *memory, int value, size_t bytes);

#endif
