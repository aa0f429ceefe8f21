/* SPDX-License-Identifier: 0BSD
   cuda_tables.h: what is generated for a model that runs on a GPU, and what its entry points call.
   All of it is data: a table of variants, each with its images (cubins or PTX) and its launch plan,
   and postfix programs for what depends on the dimensions.

     generated as data, by codegen/bundle   tn_cuda_model, tn_cuda_variants, tn_cuda_launches, ...
     generated entry points                 N_open, N_run, ...: each calls its tn_cu_ function
     the runtime                            tn_cu_open, tn_cu_run, ...: this folder, one unit

   The tables hold numbers and offsets only, never an address: they need no relocation and lie in
   .rodata. Rows of dimensions, tensors and status texts are those of runtime/model_tables.h.
   tests/runtime/cuda/demo_tables.c is an example, written by hand. */
#ifndef TENON_RUNTIME_CUDA_CUDA_TABLES_H
#define TENON_RUNTIME_CUDA_CUDA_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/cuda/cuda_abi.h"
#include "runtime/model_tables.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifndef __cplusplus /* bundles are C; in C++ it would hide types, too */
#pragma GCC visibility push(hidden)
#endif

/* ---- programs ----

   The number of a program is the place of its first word in tn_cuda_code. It leaves one value:
     CONSTANT, 64, DIM, 0, MULTIPLY, END   ->   64 * batch
   Division and remainder round to minus infinity and have positive divisors; comparisons give 0 or
   1. No program needs more than TNC_MOST_STACK places, and nothing in it overflows for dimensions
   in range. */
enum {
  TNC_END = 0,
  TNC_CONSTANT = 1,
  TNC_DIM = 2,
  TNC_ADD = 3,
  TNC_SUBTRACT = 4,
  TNC_MULTIPLY = 5,
  TNC_DIVIDE = 6,
  TNC_REMAINDER = 7,
  TNC_MIN = 8,
  TNC_MAX = 9,
  TNC_EQUAL = 10,
  TNC_UNEQUAL = 11,
  TNC_LESS = 12,
  TNC_LESS_EQUAL = 13,
  TNC_AND = 14,
  TNC_OR = 15,
  TNC_NOT = 16,
  TNC_SELECT = 17
};
enum { TNC_MOST_STACK = 32, TNC_MOST_DIMS = 32, TNC_MOST_ARGUMENTS = 128 };

/* ---- rows ---- */

/* CUBIN runs on its major version with the same or a later minor one; EXACT on its own only; PTX on
   its version and all later ones, when the driver knows its language. */
enum { TNC_CUBIN = 0, TNC_CUBIN_EXACT = 1, TNC_PTX = 2 };
typedef struct tnc_variant {
  uint32_t kind;
  uint32_t architecture; /* 86 is sm_86 or compute_86 */
  uint32_t least_driver; /* as cuDriverGetVersion counts: 12040 is CUDA 12.4 */
  uint32_t first_image, image_count;
  uint32_t first_kernel, kernel_count;
  uint32_t first_launch, launch_count;
  uint32_t arena; /* program: bytes of the arena's buffers */
} tnc_variant;

typedef struct tnc_image {
  uint64_t offset, bytes; /* in tn_cuda_images, a multiple of 64; PTX ends with a 0 that counts */
} tnc_image;

typedef struct tnc_kernel {
  uint32_t name;     /* offset in tn_cuda_strings */
  uint32_t image;    /* among the variant's */
  uint32_t threads;  /* of a block */
  uint32_t reserved; /* 0 */
} tnc_kernel;

/* Nothing is launched where an extent of the grid is 0. */
typedef struct tnc_launch {
  uint32_t kernel;  /* among the variant's */
  uint32_t grid[3]; /* programs */
  uint32_t first_argument, argument_count;
} tnc_launch;

enum {
  TNC_ARENA = 0,   /* pointer: the arena's buffers + program */
  TNC_WEIGHTS = 1, /* pointer: the weights + program */
  TNC_TENSOR = 2,  /* pointer: the caller's tensor of that index + program */
  TNC_SIZE = 3,    /* int64_t: program */
  TNC_STATUS = 4   /* pointer: the run's status word */
};
typedef struct tnc_argument {
  uint32_t kind;
  uint32_t tensor;
  uint32_t program;
  uint32_t reserved; /* 0 */
} tnc_argument;

typedef struct tnc_model {
  uint32_t abi;           /* N_ABI */
  uint32_t io_bytes;      /* sizeof(N_io) */
  uint32_t result_offset; /* of the pointer to N_result in N_io */
  uint32_t dim_count, tensor_count, requirement_count, variant_count, status_text_count;
  uint32_t weights_embedded; /* 1: tn_cuda_weights holds them; 0: the caller's file does */
  uint32_t holds;            /* offset in tn_cuda_strings: "sm_75, sm_80 and PTX of compute_80" */
  uint64_t weights_bytes;    /* without the file's header */
  uint64_t weights_layout[2];
} tnc_model;

/* An array without elements has one zero element: C knows no empty array. A unit that defines the
   tables itself, static, and includes the runtime behind them, says TNC_ONE_UNIT. */
#ifndef TNC_ONE_UNIT
extern const tnc_model tn_cuda_model;
extern const tnr_dim tn_cuda_dims[];
extern const tnr_tensor tn_cuda_tensors[];
extern const uint32_t tn_cuda_tensor_bytes[]; /* program of each tensor's bytes */
extern const uint32_t tn_cuda_requirements[]; /* programs that must not give 0 */
extern const tnc_variant tn_cuda_variants[];  /* any order */
extern const tnc_image tn_cuda_image_places[];
extern const tnc_kernel tn_cuda_kernels[];
extern const tnc_launch tn_cuda_launches[];
extern const tnc_argument tn_cuda_arguments[];
extern const int64_t tn_cuda_code[];
extern const tnr_status_text
    tn_cuda_status_texts[];          /* sorted; those of TN_CUDA are the runtime's */
extern const char tn_cuda_strings[]; /* begins with the text for a status that is not known */
/* Of N_selftest, where there is one: as tn_model_golden and its kin. */
extern const tnr_golden tn_cuda_golden[];
extern const int64_t tn_cuda_golden_dims[];
extern const unsigned char tn_cuda_golden_bytes[];
extern const unsigned char tn_cuda_images[];  /* aligned to 64 */
extern const unsigned char tn_cuda_weights[]; /* aligned to 64 */
#endif

/* ---- memory of the GPU ----

   arena:  status word, in TNC_CONTROL_BYTES | buffers of the memory plan
   The weights are copied as they are, without the file's header. Both are aligned to
   TNC_DEVICE_ALIGN. */
#define TNC_CONTROL_BYTES 256
#define TNC_DEVICE_ALIGN 256
#define TNC_TENSOR_ALIGN 16

/* ---- details of TN_CUDA ----   a CUresult, or one of these, which no driver uses */
enum {
  TNC_NO_DRIVER = 10001,        /* libcuda.so.1 is not there */
  TNC_MISSING_FUNCTION = 10002, /* the driver lacks a function that this needs */
  TNC_NO_VARIANT = 10003,       /* no code for this device and driver */
  TNC_NO_CONTEXT = 10004        /* none given, none current */
};

/* ---- what the entry points call ---- */

typedef struct tnc_opened {
  uint64_t opaque[96]; /* as N_model */
} tnc_opened;
typedef struct tnc_graph {
  uint64_t opaque[8]; /* as N_graph */
} tnc_graph;

#ifndef TNC_FUNCTION
#define TNC_FUNCTION
#endif
TNC_FUNCTION int tn_cu_open(tnc_opened *model, uint32_t abi, const void *weights,
                            size_t weights_bytes, const tn_cuda *cuda);
TNC_FUNCTION const char *tn_cu_open_text(const tnc_opened *model);
TNC_FUNCTION void tn_cu_close(tnc_opened *model);
/* dims[dim_count] */
TNC_FUNCTION size_t tn_cu_arena_bytes(const tnc_opened *model, const int64_t *dims);
TNC_FUNCTION int tn_cu_run(const tnc_opened *model, const void *io, void *arena, size_t arena_bytes,
                           struct CUstream_st *stream);
TNC_FUNCTION int tn_cu_graph_open(tnc_graph *graph, const tnc_opened *model, const void *io,
                                  void *arena, size_t arena_bytes);
TNC_FUNCTION int tn_cu_graph_run(tnc_graph *graph, const void *io, struct CUstream_st *stream);
TNC_FUNCTION void tn_cu_graph_close(tnc_graph *graph);
TNC_FUNCTION const char *tn_cu_status_text(int status);
#ifdef TNC_SELFTEST
TNC_FUNCTION int tn_cu_selftest(const tnc_opened *model, void *memory, size_t memory_bytes,
                                struct CUstream_st *stream);
#endif

#ifndef __cplusplus
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
