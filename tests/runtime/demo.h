/* demo.h: from demo.onnx, by tenon 0.1.0, for x86_64-linux-gnu x86-64-v2. Generated; SPDX-License-Identifier: 0BSD. C99, C++11.
   All memory is the caller's. No function allocates, locks, does I/O or keeps global state. */
#ifndef DEMO_H
#define DEMO_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#ifndef TENON_ABI_1 /* the same in every bundle, and frozen: what changes gets a new name */
#define TENON_ABI_1
#if defined(__cplusplus)
#define TN_ALIGN(n) alignas(n) /* TN_ALIGN(64) static unsigned char arena[...]; */
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define TN_ALIGN(n) _Alignas(n)
#elif defined(_MSC_VER)
#define TN_ALIGN(n) __declspec(align(n))
#else
#define TN_ALIGN(n) __attribute__((aligned(n)))
#endif
enum { TN_OK = 0, TN_NULL = 1, TN_DIM = 2, TN_INDEX = 3, TN_CAPACITY = 4, TN_ALIGNMENT = 5, TN_ARENA = 6, TN_OVERLAP = 7,
       TN_WEIGHTS = 8, TN_ABI = 9, TN_CPU = 10, TN_STOPPED = 11, TN_SELFTEST = 12, TN_CUDA = 13 };
#define TN_CODE(status) ((status) & 255)  /* one of these; later versions may add some */
#define TN_DETAIL(status) ((status) >> 8) /* which tensor, dimension (TN_DIM), node (TN_INDEX, TN_SELFTEST), CUresult */
enum { TN_INPUT = 0, TN_OUTPUT = 1, TN_STATE = 2 };

typedef struct tn_call { /* NULL or all zero: on the calling thread alone, to the end */
  int threads;           /* largest n wanted, 0 as 1; the arena holds scratch for so many */
  void (*parallel_for)(void *context, int n, void (*body)(void *arg, int i), void *arg);
                         /* body(arg, i) once for each i < n, on any threads, even one after another; returns after the last */
  int (*stop)(void *context); /* NULL, or asked between groups, on a thread that runs a body, never by two at once; not 0: TN_STOPPED */
  void *context;
} tn_call;

typedef struct tn_tensor {
  const char *name, *shape;      /* as in the model; as in "batch,240,320,3" */
  int32_t role, dtype, rank;     /* TN_INPUT...; ONNX TensorProto.DataType */
  int32_t zero_point;            /* real = (stored - zero_point) * scale */
  float scale;                   /* 0: not quantised */
  const int64_t *least, *most;   /* extents, [rank] */
} tn_tensor;

typedef struct tn_info {
  uint32_t size, abi;            /* sizeof(tn_info) as built; as NAME_ABI */
  const char *model, *model_sha256, *compiler, *options, *target;
  uint64_t weights_bytes, arena_bytes, stack_bytes; /* arena: any dimensions, one thread */
  int32_t tensor_count, dim_count;
  const tn_tensor *tensors;      /* in the order of the members of NAME_io */
  const char *const *dims;
} tn_info;
#endif

#define DEMO_ABI 0xef2d1c27u              /* header and library of different builds refuse each other */
#define DEMO_BATCH_MAX 16
#define DEMO_ROWS_MAX 16
#define DEMO_ARENA_ALIGN 64
#define DEMO_ARENA_BYTES(threads) ((size_t)896 + (size_t)64 * (size_t)(threads)) /* any dimensions; threads >= 1 */
#define DEMO_SELFTEST_BYTES ((size_t)704) /* arena of the self-test */
#define DEMO_STACK_BYTES 1024             /* of demo_run and of each body, without the callbacks */
#define DEMO_WEIGHTS_ALIGN 64             /* of a mapped weights file */

typedef struct demo_model { uint64_t opaque[8]; } demo_model; /* read-only once open: threads may share it */

typedef struct demo_io { /* one for each run under way; pointers need no more than their element's alignment */
  int64_t batch;          /* 0..16 */
  int64_t rows;           /* 0..16 */
  const float *x;         /* f32[batch,8] */
  const int64_t *indices; /* i64[rows] */
  float *y;               /* f32[batch,8] */
  float *z;               /* f32[rows] */
} demo_io;

/* Checks header, processor and weights. NULL: those in the library; else the mapped file, which must outlive the model. */
int demo_open(demo_model *, uint32_t abi, const void *weights, size_t weights_bytes);
size_t demo_arena_bytes(int64_t batch, int64_t rows, int threads); /* exact; 0: out of range */
/* Arguments are checked before anything is written. Inputs may overlap inputs, nothing else may. The arena keeps nothing. */
int demo_run(const demo_model *, demo_io *, void *arena, size_t arena_bytes, const tn_call *);
int demo_selftest(const demo_model *, void *arena, size_t arena_bytes);
const char *demo_status_text(int status); /* names the argument; static, never NULL */
const tn_info *demo_info(void);

#ifdef __cplusplus
}
#endif
#endif
