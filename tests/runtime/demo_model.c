/* demo_model.c: all that is generated as data for a bundle, and its entry points, written by hand
   for the demo model of demo_kernels.c: an example of runtime/model_tables.h. Variants, for tests:
     DEMO_FILE_WEIGHTS      the weights are not in the library
     DEMO_CPU_FEATURES=n    the processor features that open asks for
     DEMO_WRONG_GOLDEN      the self-test expects a z that is wrong in its last element */
#include "runtime/model_tables.h"
#include "tests/runtime/demo.h"

#ifndef DEMO_CPU_FEATURES
#define DEMO_CPU_FEATURES 0
#endif

enum { DIMS = 2, TENSORS = 4, REQUIREMENTS = 1, GROUPS = 3, SIZES = 4, TEXTS = 6 };
enum { ENTRY = TNR_ENTRY_COUNT(DIMS, TENSORS, REQUIREMENTS) };
enum { BATCH, ROWS };
enum { X, INDICES };

const tnr_model tn_model = {
    .abi = DEMO_ABI,
    .io_bytes = sizeof(demo_io),
    .dim_count = DIMS,
    .tensor_count = TENSORS,
    .requirement_count = REQUIREMENTS,
    .group_count = GROUPS,
    .size_count = SIZES,
    .status_text_count = TEXTS,
    .golden_count = TENSORS,
    .arena_align = DEMO_ARENA_ALIGN,
    .weights_align = DEMO_WEIGHTS_ALIGN,
#ifdef DEMO_FILE_WEIGHTS
    .weights_embedded = 0,
#else
    .weights_embedded = 1,
#endif
    .weights_bytes = 32,
    .weights_layout = {0x6c61796f7574, 0x64656d6f},
    .cpu_features = DEMO_CPU_FEATURES,
};

const tnr_dim tn_model_dims[DIMS] = {
    {offsetof(demo_io, batch), 0, 0, 16},
    {offsetof(demo_io, rows), 0, 0, 16},
};

const tnr_tensor tn_model_tensors[TENSORS] = {
    {offsetof(demo_io, x), TN_INPUT, 1, 4},
    {offsetof(demo_io, indices), TN_INPUT, 7, 8},
    {offsetof(demo_io, y), TN_OUTPUT, 1, 4},
    {offsetof(demo_io, z), TN_OUTPUT, 1, 4},
};

/* Each text with its offset: texts lie one behind the other, each with its final 0. */
#define STATUS_TEXTS(X)                        \
  X(unknown, "not a status of this model")     \
  X(ok, "ok")                                  \
  X(null_x, "x is a null pointer")             \
  X(dim_batch, "batch is outside 0..16")       \
  X(null_indices, "indices is a null pointer") \
  X(dim_rows, "rows is outside 0..16")         \
  X(requirement, "rows and batch differ")
#define TEXT(name, text) text "\0"
const char tn_model_strings[] = STATUS_TEXTS(TEXT);
#define MEMBER(name, text) char name[sizeof(text)];
struct text_offsets {
  STATUS_TEXTS(MEMBER)
};

const tnr_status_text tn_model_status_texts[TEXTS] = {
    {TN_OK, offsetof(struct text_offsets, ok)},
    {TNR_STATUS(TN_NULL, X), offsetof(struct text_offsets, null_x)},
    {TNR_STATUS(TN_DIM, BATCH), offsetof(struct text_offsets, dim_batch)},
    {TNR_STATUS(TN_NULL, INDICES), offsetof(struct text_offsets, null_indices)},
    {TNR_STATUS(TN_DIM, ROWS), offsetof(struct text_offsets, dim_rows)},
    {TNR_STATUS(TN_DIM, DIMS + 0), offsetof(struct text_offsets, requirement)},
};

/* Values as bytes, the least significant first. */
#define F32(bits) (bits) & 255, (bits) >> 8 & 255, (bits) >> 16 & 255, (bits) >> 24
#define I64(value) (value), 0, 0, 0, 0, 0, 0, 0
#define ZEROS_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* w = 0.5, 1, ..., 4, and 64 bytes that may be read. */
TN_ALIGN(64)
const unsigned char tn_model_weights[96] = {
    F32(0x3f000000), F32(0x3f800000), F32(0x3fc00000), F32(0x40000000),
    F32(0x40200000), F32(0x40400000), F32(0x40600000), F32(0x40800000),
};

/* Self-test: batch = rows = 2. */
const int64_t tn_model_golden_dims[DIMS] = {2, 2};
const tnr_golden tn_model_golden[TENSORS] = {
    {.offset = 0},
    {.offset = 64},
    {.offset = 128, .node = 3, .relative = 1e-6},
    {.offset = 192, .node = 1},
};
TN_ALIGN(64)
const unsigned char tn_model_golden_bytes[256] = {
    /* x */
    F32(0x3f800000), F32(0x40000000), F32(0x40400000), F32(0x40800000), F32(0x40a00000),
    F32(0x40c00000), F32(0x40e00000), F32(0x41000000), F32(0x41000000), F32(0x40e00000),
    F32(0x40c00000), F32(0x40a00000), F32(0x40800000), F32(0x40400000), F32(0x40000000),
    F32(0x3f800000),
    /* indices */
    I64(3), I64(7), ZEROS_16, ZEROS_16, ZEROS_16,
    /* y */
    F32(0x42880000), F32(0x42600000), F32(0x42340000), F32(0x420c0000), F32(0x41d00000),
    F32(0x41900000), F32(0x41300000), F32(0x40a00000), F32(0x42200000), F32(0x421a0000),
    F32(0x42100000), F32(0x42020000), F32(0x41e00000), F32(0x41b40000), F32(0x41800000),
    F32(0x41080000),
/* z */
#ifdef DEMO_WRONG_GOLDEN
    F32(0x40000000), F32(0x40600000)
#else
    F32(0x40000000), F32(0x40800000)
#endif
};

int demo_open(demo_model *model, uint32_t abi, const void *weights, size_t weights_bytes) {
  return tn_rt_open((tnr_opened *)model, abi, weights, weights_bytes);
}

size_t demo_arena_bytes(int64_t batch, int64_t rows, int threads) {
  int64_t entry[ENTRY];
  entry[BATCH] = batch;
  entry[ROWS] = rows;
  return tn_rt_arena_bytes(entry, threads);
}

int demo_run(const demo_model *model, demo_io *io, void *arena, size_t arena_bytes,
             const tn_call *call) {
  int64_t entry[ENTRY];
  return tn_rt_run((const tnr_opened *)model, io, arena, arena_bytes, call, entry);
}

int demo_selftest(const demo_model *model, void *arena, size_t arena_bytes) {
  int64_t entry[ENTRY];
  return tn_rt_selftest((const tnr_opened *)model, arena, arena_bytes, entry);
}

const char *demo_status_text(int status) { return tn_rt_status_text(status); }

const tn_info *demo_info(void) {
  static const tn_info info = {.size = sizeof(tn_info), .abi = DEMO_ABI, .model = "demo.onnx"};
  return &info;
}
