/* demo_kernels.c: what codegen would generate as code for the demo model, written by hand.

   x[batch, 8], indices[rows] i64, weights w[8]  ->  y[batch, 8], z[rows];  requires rows == batch
     group 0, a chunk for each row:  t[b, j] = x[b, j] * w[j]                 t in the arena
     group 1, one chunk:             s[j] = sum over b of t[b, j], in order   s in the arena
     group 2, a chunk for each row:  y[b, 7 - j] = t[b, j] + s[j]             by way of scratch
                                     z[b] = w[indices[b]]
   An index outside of 0..7 is TN_INDEX: of node 1, or in odd rows of node 2. */
#include "runtime/model_tables.h"

#include "tests/runtime/demo.h"

enum { COLUMNS = 8, BATCH = 0, ROWS = 1, OFFSET_S = 3 };

/* batch, rows | arena, scratch | x, indices, y, z | rows == batch */
void tn_model_entry(int64_t *entry) {
  const int64_t batch = entry[BATCH], rows = entry[ROWS];
  entry[2] = batch * COLUMNS * 4 + COLUMNS * 4;
  entry[3] = COLUMNS * 4;
  entry[4] = batch * COLUMNS * 4;
  entry[5] = rows * 8;
  entry[6] = batch * COLUMNS * 4;
  entry[7] = rows * 4;
  entry[8] = batch == rows;
}

/* chunks of groups 0, 1, 2 | offset of s */
void tn_model_sizes(const int64_t *dims, int64_t *sizes) {
  sizes[0] = dims[BATCH];
  sizes[1] = 1;
  sizes[2] = dims[BATCH];
  sizes[OFFSET_S] = dims[BATCH] * COLUMNS * 4;
}

static void scale_rows(const tnr_env *env, int64_t begin, int64_t end) {
  const float *x = ((const demo_io *)env->io)->x, *w = (const float *)(const void *)env->weights;
  float *t = (float *)(void *)env->arena;
  for (int64_t b = begin; b < end; ++b)
    for (int64_t j = 0; j < COLUMNS; ++j) t[b * COLUMNS + j] = x[b * COLUMNS + j] * w[j];
}

static void sum_columns(const tnr_env *env) {
  const float *t = (const float *)(const void *)env->arena;
  float *s = (float *)(void *)(env->arena + env->sizes[OFFSET_S]);
  for (int64_t j = 0; j < COLUMNS; ++j) {
    s[j] = 0;
    for (int64_t b = 0; b < env->dims[BATCH]; ++b) s[j] += t[b * COLUMNS + j];
  }
}

static void add_and_gather(const tnr_env *env, int64_t begin, int64_t end) {
  demo_io *io = (demo_io *)env->io;
  const float *t = (const float *)(const void *)env->arena,
              *w = (const float *)(const void *)env->weights;
  const float *s = (const float *)(const void *)(env->arena + env->sizes[OFFSET_S]);
  float *row = (float *)(void *)env->scratch;
  for (int64_t b = begin; b < end; ++b) {
    for (int64_t j = 0; j < COLUMNS; ++j) row[COLUMNS - 1 - j] = t[b * COLUMNS + j] + s[j];
    for (int64_t j = 0; j < COLUMNS; ++j) io->y[b * COLUMNS + j] = row[j];
    int64_t index = io->indices[b];
    if (index < 0 || index >= COLUMNS) {
      if (*env->status == TN_OK) *env->status = TNR_STATUS(TN_INDEX, b % 2 ? 2 : 1);
      index = index < 0 ? 0 : COLUMNS - 1;
    }
    io->z[b] = w[index];
  }
}

void tn_model_run_group(const tnr_env *env, int32_t group, int64_t begin, int64_t end) {
  switch (group) {
    case 0: scale_rows(env, begin, end); break;
    case 1: sum_columns(env); break;
    case 2: add_and_gather(env, begin, end); break;
  }
}
