/* SPDX-License-Identifier: 0BSD
   abi.h: the types and codes that every bundle's header shares. What stands between the two marks is
   copied, byte for byte, into each generated header (codegen/bundle/header.cpp reads it from this
   file), and is frozen: several headers, of several versions of Tenon, may meet in one translation
   unit. What changes gets a new name. */
/* clang-format off */
#ifndef TENON_RUNTIME_ABI_H
#define TENON_RUNTIME_ABI_H
#include <stddef.h>
#include <stdint.h>

/* ---- begin of the shared block ---- */
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
/* ---- end of the shared block ---- */

#endif
