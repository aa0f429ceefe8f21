/* SPDX-License-Identifier: 0BSD
   internal.h: what the files of runtime/cuda share. They are one unit (host.c). Nothing here
   allocates memory of the process, locks, or keeps state: handles lie in the caller's N_model and
   N_graph and in pinned memory that open gets from the driver. The only outside functions are
   dlopen, dlsym, memcpy and memset. */
#ifndef TENON_RUNTIME_CUDA_INTERNAL_H
#define TENON_RUNTIME_CUDA_INTERNAL_H

#include "runtime/cuda/cuda_tables.h"
#include "runtime/cuda/driver.h"

/* What N_open leaves in N_model. */
typedef struct tnc_opened_fields {
  uint64_t mark; /* tnc_open_mark() once open */
  tnc_driver driver;
  struct CUctx_st *context;
  tnc_pointer weights;
  void **handles; /* pinned: modules[image_count], then functions[kernel_count]; 0: not there */
  uint32_t variant;
  uint32_t owns_weights;
  char text[384]; /* N_open_text; "" before open */
} tnc_opened_fields;
typedef char tnc_opened_fits[sizeof(tnc_opened_fields) <= sizeof(tnc_opened) ? 1 : -1];

/* What N_graph_open leaves in N_graph. */
typedef struct tnc_graph_fields {
  uint64_t mark; /* tnc_open_mark() once open */
  const tnc_opened_fields *model;
  unsigned char *arena;
  tnc_cugraph graph;
  tnc_exec exec;
  unsigned char *host; /* pinned: nodes[launch_count], then N_io as the graph has it */
  uint64_t reserved[2];
} tnc_graph_fields;
typedef char tnc_graph_fits[sizeof(tnc_graph_fields) <= sizeof(tnc_graph) ? 1 : -1];

static inline uint64_t tnc_open_mark(void) {
  return 0x7e4f6e4375646121u ^ (uint64_t)tn_cuda_model.abi << 17;
}

static inline const tnc_variant *tnc_variant_of(const tnc_opened_fields *model) {
  return &tn_cuda_variants[model->variant];
}

/* TN_CUDA with a CUresult or a reason of cuda_tables.h. */
static inline int tnc_failure(int detail) { return TNR_STATUS(TN_CUDA, detail); }

/* Makes the model's context current; *pushed says whether it has to be popped again. */
static tnc_result tnc_enter(const tnc_opened_fields *model, int *pushed);
static void tnc_leave(const tnc_opened_fields *model, int pushed);

/* The value of a program of cuda_tables.h. */
static int64_t tnc_evaluate(uint32_t program, const int64_t *dims);

/* All of run's checks; fills dims. Touches no memory of the GPU. Returns a status. */
static int tnc_check(const tnc_opened_fields *model, const unsigned char *io,
                     const unsigned char *arena, size_t arena_bytes, int64_t *dims);
static int tnc_dims_in_range(const int64_t *dims, uint32_t *dim);

/* One launch with its values: parameters[i] points to values[i]. */
typedef struct tnc_prepared {
  uint64_t values[TNC_MOST_ARGUMENTS];
  void *parameters[TNC_MOST_ARGUMENTS];
  tnc_kernel_node node;
} tnc_prepared;
/* False where the grid is empty. */
static int tnc_prepare(const tnc_opened_fields *model, const tnc_launch *launch,
                       const unsigned char *io, unsigned char *arena, const int64_t *dims,
                       tnc_prepared *prepared);
static const void *tnc_tensor_pointer(const unsigned char *io, uint32_t tensor);
/* Copies the status word to the caller's result, if there is one. */
static int tnc_copy_result(const tnc_opened_fields *model, const unsigned char *io,
                           const unsigned char *arena, struct CUstream_st *stream);

#endif
