/* demo.h: what the header of the demo model for CUDA would say: y = x * w, z = the sums of the rows
   of y; node 7 requires that no x is negative. Written by hand, in the form of generated headers.
    */
#ifndef TESTS_RUNTIME_CUDA_DEMO_H
#define TESTS_RUNTIME_CUDA_DEMO_H
#include "runtime/abi.h"
#include "runtime/cuda/cuda_abi.h"
#ifdef __cplusplus
extern "C" {
#endif

#define DEMO_ABI 0x5ca1ab1eu
#define DEMO_WEIGHTS_BYTES 32
#define DEMO_ARENA_BYTES ((size_t)1024)
#define DEMO_SELFTEST_BYTES ((size_t)(3 * 256 + 512))

typedef struct demo_model {
  uint64_t opaque[96];
} demo_model;
typedef struct demo_graph {
  uint64_t opaque[8];
} demo_graph;
typedef struct demo_result {
  int32_t status, reserved;
} demo_result;
typedef struct demo_io {
  int64_t batch;       /* 0..16 */
  const float *x;      /* f32[batch,8] */
  float *y;            /* f32[batch,8] */
  float *z;            /* f32[batch] */
  demo_result *result; /* device or pinned memory; NULL: not wanted */
} demo_io;

int demo_open(demo_model *, uint32_t abi, const void *weights, size_t weights_bytes,
              const tn_cuda *);
const char *demo_open_text(const demo_model *);
void demo_close(demo_model *);
size_t demo_arena_bytes(const demo_model *, int64_t batch);
int demo_run(const demo_model *, const demo_io *, void *arena, size_t arena_bytes,
             struct CUstream_st *);
int demo_graph_open(demo_graph *, const demo_model *, const demo_io *, void *arena,
                    size_t arena_bytes);
int demo_graph_run(demo_graph *, const demo_io *, struct CUstream_st *);
void demo_graph_close(demo_graph *);
int demo_selftest(const demo_model *, void *memory, size_t memory_bytes, struct CUstream_st *);
const char *demo_status_text(int status);

#ifdef __cplusplus
}
#endif
#endif
