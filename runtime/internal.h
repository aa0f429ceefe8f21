/* SPDX-License-Identifier: 0BSD
   internal.h: what the runtime's files share. Everything is compiled once, to LLVM bitcode, when
   Tenon is built; it is linked into each model and specialised by the model's tables, which are
   constants there. So nothing here allocates, locks, calls the system or keeps state, and the only
   outside functions are memcpy, memmove and memset. */
#ifndef TENON_RUNTIME_INTERNAL_H
#define TENON_RUNTIME_INTERNAL_H

#include "runtime/model_tables.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(hidden)

/* What N_open leaves in the caller's N_model; run trusts weights only if `mark` is right. */
typedef struct tnr_opened_fields {
  uint64_t mark; /* tnr_open_mark() */
  uint64_t weights;
  uint64_t reserved[6];
} tnr_opened_fields;

/* An N_model that was never opened, or by another bundle, does not have it: it depends on the
   header's hash. */
static inline uint64_t tnr_open_mark(void) {
  return 0x7e4f6e6f70656e21u ^ (uint64_t)tn_model.abi << 17;
}

/* Number of the first feature of the mask that this processor, or its operating system, lacks; -1
   if none. */
int tn_rt_missing_cpu_feature(uint64_t features);

/* All of run's checks, in the order of docs/bundle.md; fills `entry`. Writes nothing but `entry`.
   `threads` is at least 1. Returns a status. */
int tn_rt_check(const tnr_opened_fields *model, const unsigned char *io, const unsigned char *arena,
                size_t arena_bytes, int threads, int64_t *entry);

/* Bytes of the arena for an entry whose sizes are filled in; 0 if that leaves size_t. */
size_t tn_rt_arena_total(const int64_t *entry, int threads);

/* True if tn_model_entry may be asked: all dimensions in range. Else *dim is the first that is not.
   */
int tn_rt_dims_in_range(const int64_t *entry, uint32_t *dim);

/* Runs the groups on this thread, or through call->parallel_for. Everything is checked. Returns a
   status. */
int tn_rt_execute(const tnr_opened_fields *model, void *io, unsigned char *arena,
                  const tn_call *call, const int64_t *entry);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
