/* SPDX-License-Identifier: 0BSD
   model_tables.h: the one interface between the code that the compiler generates for a model and
   the runtime.

   A bundle is generated parts, which this header declares, plus the runtime, which is the same for
   every model:

     generated as data, by codegen/bundle    tn_model, tn_model_dims, tn_model_tensors, ...
     generated as code, by codegen/llvm      tn_model_entry, tn_model_sizes, tn_model_run_group
     generated entry points                  N_open, N_run, ...: each calls its tn_rt_ function
     the runtime                             tn_rt_open, tn_rt_run, tn_rt_arena_bytes, ...

   The tables hold numbers and offsets only, never an address, so they need no relocation and live
   in .rodata. All of these names are internal to the finished object: only the entry points, which
   carry the model's prefix, are external.

   `N` is the model's prefix. tests/runtime/demo_model.c is an example, written by hand. */
#ifndef TENON_RUNTIME_MODEL_TABLES_H
#define TENON_RUNTIME_MODEL_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/abi.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifndef __cplusplus /* bundles are C; in C++ it would hide types, too */
#pragma GCC visibility push(hidden)
#endif

/* ---- the memory of a run ----

   arena:  control block | buffers of the memory plan | scratch of each body | 64 readable bytes

   Each part begins at a multiple of 64, so each buffer and each scratch slot is followed by 64
   bytes that may be read. The control block holds the counters from which bodies claim chunks and
   the sizes of this run (tn_model_sizes). */
#define TNR_ROUND_UP(bytes) (((uint64_t)(bytes) + 63u) & ~(uint64_t)63u)
#define TNR_CONTROL_BYTES(size_count) \
  ((uint64_t)192 + TNR_ROUND_UP((uint64_t)8 * (uint64_t)(size_count)))
#define TNR_TAIL_BYTES ((uint64_t)64)
#define TNR_ARENA_FIXED_BYTES(size_count, buffer_bytes) \
  (TNR_CONTROL_BYTES(size_count) + TNR_ROUND_UP(buffer_bytes) + TNR_TAIL_BYTES)

/* What a body hands to the kernels: the same for all bodies of a run but for scratch and status. */
typedef struct tnr_env {
  void *io; /* the caller's N_io; a tensor's pointer lies at tnr_tensor.io_offset */
  unsigned char
      *arena; /* the buffers of the memory plan: offset 0, aligned to tnr_model.arena_align */
  const unsigned char
      *weights;           /* the first weight: embedded, or in the caller's file after its header */
  const int64_t *dims;    /* [dim_count], in range */
  const int64_t *sizes;   /* [size_count], as tn_model_sizes made them */
  unsigned char *scratch; /* this body's own, entry[scratch] bytes, aligned to 64 */
  int32_t *status;        /* this body's word: a failed `require` stores its status if it is 0 */
} tnr_env;

/* ---- what codegen generates as code ---- */

/* The sizes that a call is checked with, computed before anything is written. `entry` is an array
   on the stack of the entry point:

     dims[dim_count] | bytes of the arena's buffers | bytes of scratch of a body |
     bytes of each tensor[tensor_count] | requirements[requirement_count]

   The function reads the dimensions, which are already in range, and writes the rest; a requirement
   is 1 if it holds (symbols that must be equal), else 0. That nothing overflows for dimensions in
   range was proved by the compiler. Must use no instruction beyond the architecture's baseline,
   since N_arena_bytes may be called on a processor that N_open refuses. */
void tn_model_entry(int64_t *entry);
#define TNR_ENTRY_ARENA(model) ((model)->dim_count)
#define TNR_ENTRY_SCRATCH(model) ((model)->dim_count + 1u)
#define TNR_ENTRY_TENSOR(model, tensor) ((model)->dim_count + 2u + (uint32_t)(tensor))
#define TNR_ENTRY_REQUIREMENT(model, index) \
  ((model)->dim_count + 2u + (model)->tensor_count + (uint32_t)(index))
#define TNR_ENTRY_COUNT(dim_count, tensor_count, requirement_count) \
  ((dim_count) + 2u + (tensor_count) + (requirement_count))

/* All other sizes of the run, computed once after the checks and kept in the arena. sizes[g], g <
   group_count, is the number of chunks of group g (0: nothing to do; below 2^31); the rest is
   codegen's own: offsets of buffers, extents, strides. */
void tn_model_sizes(const int64_t *dims, int64_t *sizes);

/* Runs chunks begin <= c < end of a group: a switch over the groups that calls kernels directly.
   Different chunks of a group may run at once and in any order, and one call over [0, 5) does
   exactly what five calls over one chunk do. A group starts when all chunks of the one before are
   done. */
void tn_model_run_group(const tnr_env *env, int32_t group, int64_t begin, int64_t end);

/* ---- what codegen generates as data ---- */

typedef struct tnr_dim {
  uint32_t io_offset; /* of the int64_t in N_io */
  uint32_t reserved;  /* 0 */
  int64_t least, most;
} tnr_dim;

typedef struct tnr_tensor {
  uint32_t io_offset; /* of the pointer in N_io */
  int32_t role;       /* TN_INPUT, TN_OUTPUT, TN_STATE */
  int32_t dtype;      /* ONNX TensorProto.DataType */
  uint32_t alignment; /* that the pointer must have: the element's, a power of two */
} tnr_tensor;

/* Found by exact status; sorted by it, each once. */
typedef struct tnr_status_text {
  int32_t status;
  uint32_t text; /* offset in tn_model_strings */
} tnr_status_text;

/* One for each tensor, in their order, when the bundle has a self-test: the stored bytes of an
   input, or the expected bytes of an output. An element agrees if it is equal or |found - expected|
   <= absolute + relative * |expected|. */
typedef struct tnr_golden {
  uint64_t offset;   /* in tn_model_golden_bytes, a multiple of 64 */
  int32_t node;      /* detail of TN_SELFTEST if this output is wrong */
  uint32_t reserved; /* 0 */
  double absolute, relative;
} tnr_golden;

typedef struct tnr_model {
  uint32_t abi;      /* N_ABI */
  uint32_t io_bytes; /* sizeof(N_io) */
  uint32_t dim_count, tensor_count, requirement_count, group_count;
  uint32_t size_count; /* at least group_count */
  uint32_t status_text_count;
  uint32_t golden_count; /* 0: no self-test; else tensor_count */
  uint32_t arena_align;  /* a power of two, at least 64 */
  uint32_t weights_align;
  uint32_t weights_embedded;  /* 1: tn_model_weights holds them; 0: the caller's file does */
  uint64_t weights_bytes;     /* without the file's header */
  uint64_t weights_layout[2]; /* hash of names, shapes, transforms and offsets */
  uint64_t cpu_features;      /* TNR_CPU_..., all of them needed */
} tnr_model;

/* An array without elements has one zero element: C knows no empty array. */
extern const tnr_model tn_model;
extern const tnr_dim tn_model_dims[];
extern const tnr_tensor tn_model_tensors[];
extern const tnr_status_text tn_model_status_texts[];
/* Begins with the text for a status that is not in the table. */
extern const char tn_model_strings[];
/* Aligned to weights_align, followed by 64 readable bytes. */
extern const unsigned char tn_model_weights[];
extern const tnr_golden tn_model_golden[];
extern const int64_t tn_model_golden_dims[];
extern const unsigned char tn_model_golden_bytes[]; /* aligned to 64 */

/* ---- details of a status (TN_DETAIL) ----

   TN_NULL, TN_ALIGNMENT, TN_OVERLAP   the tensor's index, or one of the arguments below
   TN_DIM                              the dimension's index, or dim_count + the requirement's index
   TN_ARENA                            0
   TN_WEIGHTS, TN_ABI                  one of the reasons below
   TN_CPU                              the first missing feature's bit number
   TN_INDEX, TN_SELFTEST               the node's number, chosen by codegen */
#define TNR_STATUS(code, detail) ((int32_t)((uint32_t)(code) | (uint32_t)(detail) << 8))
#define TNR_ARGUMENT_IO(model) ((model)->tensor_count)
#define TNR_ARGUMENT_MODEL(model) ((model)->tensor_count + 1u)
#define TNR_ARGUMENT_ARENA(model) ((model)->tensor_count + 2u)
enum { TNR_ABI_HEADER = 0, TNR_ABI_NOT_OPEN = 1 };
enum {
  TNR_WEIGHTS_MISSING = 0, /* NULL, and none in the library */
  TNR_WEIGHTS_UNALIGNED = 1,
  TNR_WEIGHTS_SHORT = 2,
  TNR_WEIGHTS_MAGIC = 3,
  TNR_WEIGHTS_BYTE_ORDER = 4,
  TNR_WEIGHTS_LAYOUT = 5
};

/* ---- the weights file ----

   This header, then weights_bytes bytes, then 64 zero bytes. The address of the file must have
   weights_align (64). */
#define TNR_WEIGHTS_MAGIC_TEXT "TENONWT1"
#define TNR_WEIGHTS_BYTE_ORDER_MARK 0x01020304u
typedef struct tnr_weights_header {
  unsigned char magic[8];
  uint64_t layout[2];
  uint32_t byte_order;   /* TNR_WEIGHTS_BYTE_ORDER_MARK as the file's machine writes it */
  uint32_t header_bytes; /* sizeof(tnr_weights_header): where the weights begin */
  uint64_t weights_bytes;
  uint64_t reserved[3]; /* 0 */
} tnr_weights_header;

/* ---- processor features that N_open asks for ----

   Bit numbers; frozen, since they are the details of TN_CPU. x86-64 below 32, then ARMv7, and
   AArch64 from 40 on. */
/* clang-format off */
enum {
  TNR_CPU_SSE3 = 0, TNR_CPU_SSSE3 = 1, TNR_CPU_SSE4_1 = 2, TNR_CPU_SSE4_2 = 3, TNR_CPU_POPCNT = 4,
  TNR_CPU_CX16 = 5, TNR_CPU_LAHF = 6, TNR_CPU_AVX = 7, TNR_CPU_AVX2 = 8, TNR_CPU_FMA = 9,
  TNR_CPU_F16C = 10, TNR_CPU_BMI = 11, TNR_CPU_BMI2 = 12, TNR_CPU_LZCNT = 13, TNR_CPU_MOVBE = 14,
  TNR_CPU_AVX512F = 15, TNR_CPU_AVX512CD = 16, TNR_CPU_AVX512BW = 17, TNR_CPU_AVX512DQ = 18,
  TNR_CPU_AVX512VL = 19, TNR_CPU_AVX512VNNI = 20, TNR_CPU_AVX512BF16 = 21,
  TNR_CPU_AVX512VBMI = 22, TNR_CPU_AVX512VBMI2 = 23, TNR_CPU_AVX512BITALG = 24,
  TNR_CPU_AVX512VPOPCNTDQ = 25, TNR_CPU_AVX512IFMA = 26, TNR_CPU_AVX512FP16 = 27, TNR_CPU_GFNI = 28,
  TNR_CPU_VAES = 29, TNR_CPU_VPCLMULQDQ = 30, TNR_CPU_AVXVNNI = 31,
  TNR_CPU_X86_COUNT = 32,
  TNR_CPU_NEON = 32, TNR_CPU_VFP4 = 33,
  TNR_CPU_FULLFP16 = 40, TNR_CPU_DOTPROD = 41, TNR_CPU_I8MM = 42, TNR_CPU_BF16 = 43
};
/* clang-format on */

/* ---- what the entry points call ----

   int N_open(N_model *model, uint32_t abi, const void *weights, size_t weights_bytes) {
     return tn_rt_open(model, abi, weights, weights_bytes);
   }
   size_t N_arena_bytes(int64_t batch, int64_t seq, int threads) {
     int64_t entry[TNR_ENTRY_COUNT(...)];
     entry[0] = batch;
     entry[1] = seq;
     return tn_rt_arena_bytes(entry, threads);
   }
   int N_run(const N_model *model, N_io *io, void *arena, size_t arena_bytes, const tn_call *call) {
     int64_t entry[TNR_ENTRY_COUNT(...)];
     return tn_rt_run(model, io, arena, arena_bytes, call, entry);
   } */
typedef struct tnr_opened {
  uint64_t opaque[8]; /* as N_model */
} tnr_opened;

int tn_rt_open(tnr_opened *model, uint32_t abi, const void *weights, size_t weights_bytes);
size_t tn_rt_arena_bytes(int64_t *entry, int threads);
int tn_rt_run(const tnr_opened *model, void *io, void *arena, size_t arena_bytes,
              const tn_call *call, int64_t *entry);
int tn_rt_selftest(const tnr_opened *model, void *arena, size_t arena_bytes, int64_t *entry);
const char *tn_rt_status_text(int status);

#ifndef __cplusplus
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
