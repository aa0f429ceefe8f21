/* demo_tables.c: all that is generated as data for a model on CUDA, and its entry points, written
   by hand: an example of runtime/cuda/cuda_tables.h. Variants for seven architectures and two PTX
   versions; sm_90 has a launch plan of its own, with one kernel where the others have two. The
   images hold no code, only what tells which device they are for.
     DEMO_FILE_WEIGHTS   the weights are not in the library */
#include "runtime/cuda/cuda_tables.h"
#include "tests/runtime/cuda/demo.h"

enum { X, Y, Z, TENSORS };
enum { TEXTS = 4 };

/* Programs. */
enum {
  CODE_0 = 0,
  CODE_1 = 3,
  CODE_BATCH = 6,
  CODE_32_BATCH = 9,
  CODE_4_BATCH = 15,
  CODE_BLOCKS = 21,
  CODE_8_BATCH = 30
};
const int64_t tn_cuda_code[] = {
    TNC_CONSTANT,
    0,
    TNC_END,
    TNC_CONSTANT,
    1,
    TNC_END,
    TNC_DIM,
    0,
    TNC_END,
    TNC_CONSTANT,
    32,
    TNC_DIM,
    0,
    TNC_MULTIPLY,
    TNC_END,
    TNC_CONSTANT,
    4,
    TNC_DIM,
    0,
    TNC_MULTIPLY,
    TNC_END,
    /* blocks of 4 rows: (batch + 3) // 4 */
    TNC_DIM,
    0,
    TNC_CONSTANT,
    3,
    TNC_ADD,
    TNC_CONSTANT,
    4,
    TNC_DIVIDE,
    TNC_END,
    TNC_CONSTANT,
    8,
    TNC_DIM,
    0,
    TNC_MULTIPLY,
    TNC_END,
};

/* Each text with its offset: texts lie one behind the other, each with its final 0. */
#define STRINGS(X)                                                                             \
  X(unknown, "not a status of this model")                                                     \
  X(ok, "ok")                                                                                  \
  X(dim_batch, "batch is outside 0..16")                                                       \
  X(index, "/Check: an index is out of range")                                                 \
  X(null_x, "x is a null pointer")                                                             \
  X(holds, "sm_75, sm_80, sm_86, sm_89, sm_90, sm_100, sm_120, PTX of compute_75, compute_80") \
  X(scale, "demo_scale")                                                                       \
  X(sums, "demo_sums")                                                                         \
  X(fused, "demo_fused")
#define TEXT(name, text) text "\0"
const char tn_cuda_strings[] = STRINGS(TEXT);
#define MEMBER(name, text) char name[sizeof(text)];
struct offsets {
  STRINGS(MEMBER)
};
#define OFFSET(name) offsetof(struct offsets, name)

const tnr_status_text tn_cuda_status_texts[TEXTS] = {
    {TN_OK, OFFSET(ok)},
    {TNR_STATUS(TN_NULL, X), OFFSET(null_x)},
    {TNR_STATUS(TN_DIM, 0), OFFSET(dim_batch)},
    {TNR_STATUS(TN_INDEX, 7), OFFSET(index)},
};

/* An ELF file's header, for CUDA, 64 bytes; the architecture stands in byte 49. */
#define CUBIN(architecture)                                                                        \
  0x7f, 'E', 'L', 'F', 2, 1, 1, 0x41, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0, 190, 0, 1, 0, 0, 0, 0, 0, 0,   \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, architecture, 0, 0, 64, 0, \
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0
TN_ALIGN(64)
const unsigned char tn_cuda_images[] = {
    CUBIN(75), CUBIN(80), CUBIN(86), CUBIN(89), CUBIN(90), CUBIN(100), CUBIN(120),
    /* 64 bytes each, zeros included */
    '.', 'v', 'e', 'r', 's', 'i', 'o', 'n', ' ', '6', '.', '3', '\n', '.', 't', 'a', 'r', 'g', 'e',
    't', ' ', 's', 'm', '_', '7', '5', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '.', 'v', 'e', 'r', 's', 'i', 'o', 'n',
    ' ', '7', '.', '8', '\n', '.', 't', 'a', 'r', 'g', 'e', 't', ' ', 's', 'm', '_', '8', '0', '\n',
    0};
const tnc_image tn_cuda_image_places[] = {{0, 64},   {64, 64},  {128, 64}, {192, 64}, {256, 64},
                                          {320, 64}, {384, 64}, {448, 28}, {512, 28}};

/* Kernels and launches 0 and 1 for all but sm_90, which has 2. */
#define COMMON 0, 2, 0, 2, CODE_32_BATCH
const tnc_variant tn_cuda_variants[] = {
    {TNC_CUBIN, 75, 12000, 0, 1, COMMON},
    {TNC_CUBIN, 80, 12000, 1, 1, COMMON},
    {TNC_CUBIN, 86, 12000, 2, 1, COMMON},
    {TNC_CUBIN, 89, 12000, 3, 1, COMMON},
    {TNC_CUBIN, 90, 12000, 4, 1, 2, 1, 2, 1, CODE_0},
    {TNC_CUBIN, 100, 12080, 5, 1, COMMON},
    {TNC_CUBIN, 120, 12080, 6, 1, COMMON},
    {TNC_PTX, 75, 11000, 7, 1, COMMON},
    {TNC_PTX, 80, 11080, 8, 1, COMMON},
};
const tnc_kernel tn_cuda_kernels[] = {
    {OFFSET(scale), 0, 32, 0}, {OFFSET(sums), 0, 8, 0}, {OFFSET(fused), 0, 8, 0}};
const tnc_launch tn_cuda_launches[] = {
    {0, {CODE_BLOCKS, CODE_1, CODE_1}, 0, 6},
    {1, {CODE_BATCH, CODE_1, CODE_1}, 6, 2},
    {0, {CODE_BATCH, CODE_1, CODE_1}, 8, 5},
};
const tnc_argument tn_cuda_arguments[] = {
    {TNC_TENSOR, X, CODE_0, 0},  {TNC_WEIGHTS, 0, CODE_0, 0},    {TNC_TENSOR, Y, CODE_0, 0},
    {TNC_ARENA, 0, CODE_0, 0},   {TNC_SIZE, 0, CODE_8_BATCH, 0}, {TNC_STATUS, 0, 0, 0},
    {TNC_ARENA, 0, CODE_0, 0},   {TNC_TENSOR, Z, CODE_0, 0},     {TNC_TENSOR, X, CODE_0, 0},
    {TNC_WEIGHTS, 0, CODE_0, 0}, {TNC_TENSOR, Y, CODE_0, 0},     {TNC_TENSOR, Z, CODE_0, 0},
    {TNC_STATUS, 0, 0, 0},
};

const tnc_model tn_cuda_model = {
    .abi = DEMO_ABI,
    .io_bytes = sizeof(demo_io),
    .result_offset = offsetof(demo_io, result),
    .dim_count = 1,
    .tensor_count = TENSORS,
    .requirement_count = 0,
    .variant_count = sizeof tn_cuda_variants / sizeof *tn_cuda_variants,
    .status_text_count = TEXTS,
#ifndef DEMO_FILE_WEIGHTS
    .weights_embedded = 1,
#endif
    .holds = OFFSET(holds),
    .weights_bytes = DEMO_WEIGHTS_BYTES,
    .weights_layout = {1, 2},
};
const tnr_dim tn_cuda_dims[] = {{offsetof(demo_io, batch), 0, 0, 16}};
const tnr_tensor tn_cuda_tensors[TENSORS] = {
    {offsetof(demo_io, x), TN_INPUT, 1, TNC_TENSOR_ALIGN},
    {offsetof(demo_io, y), TN_OUTPUT, 1, TNC_TENSOR_ALIGN},
    {offsetof(demo_io, z), TN_OUTPUT, 1, TNC_TENSOR_ALIGN},
};
const uint32_t tn_cuda_tensor_bytes[TENSORS] = {CODE_32_BATCH, CODE_32_BATCH, CODE_4_BATCH};
const uint32_t tn_cuda_requirements[] = {0};

/* w = 0.5, 1, ..., 4, the least significant byte first. */
#define F32(bits) (bits) & 255, (bits) >> 8 & 255, (bits) >> 16 & 255, (bits) >> 24
TN_ALIGN(64)
const unsigned char tn_cuda_weights[] = {
    F32(0x3f000000), F32(0x3f800000), F32(0x3fc00000), F32(0x40000000),
    F32(0x40200000), F32(0x40400000), F32(0x40600000), F32(0x40800000),
};

/* The self-test: a row of ones gives y = w and z = 18. */
const int64_t tn_cuda_golden_dims[] = {1};
const tnr_golden tn_cuda_golden[TENSORS] = {
    {0, 0, 0, 0, 0}, {64, 3, 0, 0, 1e-6}, {128, 4, 0, 0, 1e-6}};
#define ONE F32(0x3f800000)
#define NONE F32(0)
const unsigned char tn_cuda_golden_bytes[] = {
    ONE,
    ONE,
    ONE,
    ONE,
    ONE,
    ONE,
    ONE,
    ONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    F32(0x3f000000),
    F32(0x3f800000),
    F32(0x3fc00000),
    F32(0x40000000),
    F32(0x40200000),
    F32(0x40400000),
    F32(0x40600000),
    F32(0x40800000),
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    NONE,
    F32(0x41900000),
};

int demo_open(demo_model *model, uint32_t abi, const void *weights, size_t weights_bytes,
              const tn_cuda *cuda) {
  return tn_cu_open((tnc_opened *)model, abi, weights, weights_bytes, cuda);
}
const char *demo_open_text(const demo_model *model) {
  return tn_cu_open_text((const tnc_opened *)model);
}
void demo_close(demo_model *model) { tn_cu_close((tnc_opened *)model); }
size_t demo_arena_bytes(const demo_model *model, int64_t batch) {
  return tn_cu_arena_bytes((const tnc_opened *)model, &batch);
}
int demo_run(const demo_model *model, const demo_io *io, void *arena, size_t arena_bytes,
             struct CUstream_st *stream) {
  return tn_cu_run((const tnc_opened *)model, io, arena, arena_bytes, stream);
}
int demo_graph_open(demo_graph *graph, const demo_model *model, const demo_io *io, void *arena,
                    size_t arena_bytes) {
  return tn_cu_graph_open((tnc_graph *)graph, (const tnc_opened *)model, io, arena, arena_bytes);
}
int demo_graph_run(demo_graph *graph, const demo_io *io, struct CUstream_st *stream) {
  return tn_cu_graph_run((tnc_graph *)graph, io, stream);
}
void demo_graph_close(demo_graph *graph) { tn_cu_graph_close((tnc_graph *)graph); }
int demo_selftest(const demo_model *model, void *memory, size_t memory_bytes,
                  struct CUstream_st *stream) {
  return tn_cu_selftest((const tnc_opened *)model, memory, memory_bytes, stream);
}
const char *demo_status_text(int status) { return tn_cu_status_text(status); }
