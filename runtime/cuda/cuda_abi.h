/* SPDX-License-Identifier: 0BSD
   cuda_abi.h: the types that the headers of all bundles for CUDA share, besides those of
   runtime/abi.h. What stands between the two marks is copied, byte for byte, into each generated
   header, and is frozen as that is. */
/* clang-format off */
#ifndef TENON_RUNTIME_CUDA_CUDA_ABI_H
#define TENON_RUNTIME_CUDA_CUDA_ABI_H
#include <stddef.h>
#include <stdint.h>

/* ---- begin of the shared block ---- */
#ifndef TENON_CUDA_ABI_1
#define TENON_CUDA_ABI_1
struct CUctx_st;    /* CUcontext points to it */
struct CUstream_st; /* CUstream and cudaStream_t do; NULL is the legacy default stream */

typedef struct tn_cuda {       /* NULL or all zero: the current context, weights in memory of open's own */
  struct CUctx_st *context;    /* NULL: the thread's current one; if none, TN_CUDA. Never created or retained here */
  struct CUstream_st *stream;  /* carries the upload of the weights; open waits for it */
  void *device_weights;        /* NAME_WEIGHTS_BYTES, aligned 256; NULL: cuMemAlloc, freed by close */
  size_t device_weights_bytes;
  void *(*symbol)(void *user, const char *name); /* finds driver functions; NULL: dlopen of libcuda.so.1 */
  void *user;
} tn_cuda;
#endif
/* ---- end of the shared block ---- */

#endif
