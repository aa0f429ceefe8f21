/* bundle_test.h: one vocabulary for tests of any bundle.

   run.py compiles a model to a bundle and writes members.h for it:

     #include "kws.h"
     #define BUNDLE(suffix) kws_##suffix            kws_run    -> BUNDLE(run)
     #define BUNDLE_MACRO(suffix) KWS_##suffix      KWS_ABI    -> BUNDLE_MACRO(ABI)
     #define DIM_MEMBERS(X)                         X(batch) X(seq), in the order of kws_io
     #define TENSOR_MEMBERS(X) X(mfcc) X(probs)
     #define DIM_MAXIMA {KWS_BATCH_MAX, KWS_SEQ_MAX}    where there are dimensions
     #define BUNDLE_NAMESPACE kws, #define WRAPPER "kws.hpp"

   A test is one program: it reads a case file (below), tries something, and ends with exit status
   0, or 1 after a line on stderr that says what was wrong. */
#ifndef TENON_TESTS_BUNDLE_TEST_H
#define TENON_TESTS_BUNDLE_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"

#define COUNT_MEMBER(name) +1
enum { DIMS = 0 DIM_MEMBERS(COUNT_MEMBER), TENSORS = 0 TENSOR_MEMBERS(COUNT_MEMBER) };

/* Sizes and data of one run, as run.py wrote them: i64 dims, i64 bytes of each tensor, then the
   bytes of each input. An output's memory is filled with PATTERN. */
enum { PATTERN = 0xA5 };
typedef struct Case {
  int64_t dims[DIMS + 1];
  int64_t bytes[TENSORS];
  unsigned char* data[TENSORS];
} Case;

static void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

#define REQUIRE(condition, ...)          \
  do {                                   \
    if (!(condition)) fail(__VA_ARGS__); \
  } while (0)

#define REQUIRE_OK(status)                                                               \
  do {                                                                                   \
    const int found = (status);                                                          \
    if (found != TN_OK) fail("%s: %s (%d)", #status, BUNDLE(status_text)(found), found); \
  } while (0)

static const tn_tensor* tensor(int index) { return &BUNDLE(info)()->tensors[index]; }
static inline int is_input(int index) { return tensor(index)->role == TN_INPUT; }

static void* aligned_memory(size_t bytes) {
  void* memory = NULL;
  REQUIRE(posix_memalign(&memory, 4096, bytes ? bytes : 1) == 0, "out of memory");
  memset(memory, PATTERN, bytes ? bytes : 1);
  return memory;
}

static inline Case load_case(const char* path) {
  Case c;
  int i;
  FILE* file = fopen(path, "rb");
  REQUIRE(file, "cannot open %s", path);
  REQUIRE(BUNDLE(info)()->tensor_count == TENSORS && BUNDLE(info)()->dim_count == DIMS,
          "info counts other tensors or dimensions than the io struct");
  REQUIRE(fread(c.dims, 8, DIMS, file) == DIMS && fread(c.bytes, 8, TENSORS, file) == TENSORS,
          "%s is cut short", path);
  for (i = 0; i < TENSORS; ++i) {
    c.data[i] = (unsigned char*)aligned_memory((size_t)c.bytes[i]);
    if (is_input(i))
      REQUIRE(fread(c.data[i], 1, (size_t)c.bytes[i], file) == (size_t)c.bytes[i],
              "%s is cut short", path);
  }
  fclose(file);
  return c;
}

/* Other memory for the outputs of a case, the same inputs. */
static inline Case with_own_outputs(const Case* c) {
  Case copy = *c;
  int i;
  for (i = 0; i < TENSORS; ++i)
    if (!is_input(i)) copy.data[i] = (unsigned char*)aligned_memory((size_t)c->bytes[i]);
  return copy;
}

static inline void forget_outputs(const Case* c) {
  int i;
  for (i = 0; i < TENSORS; ++i)
    if (!is_input(i)) memset(c->data[i], PATTERN, (size_t)c->bytes[i]);
}

static inline void require_same_outputs(const Case* found, const Case* expected, const char* when) {
  int i;
  for (i = 0; i < TENSORS; ++i)
    if (!is_input(i))
      REQUIRE(memcmp(found->data[i], expected->data[i], (size_t)expected->bytes[i]) == 0,
              "%s: %s has other bits", when, tensor(i)->name);
}

static inline BUNDLE(io) io_of(const Case* c) {
  BUNDLE(io) io;
  int dim = 0, index = 0;
#define SET_DIM(name) io.name = c->dims[dim++];
#ifdef __cplusplus
#define SET_TENSOR(name) io.name = reinterpret_cast<decltype(io.name)>(c->data[index++]);
#else
#define SET_TENSOR(name) io.name = (void*)c->data[index++];
#endif
  DIM_MEMBERS(SET_DIM)
  TENSOR_MEMBERS(SET_TENSOR)
#undef SET_DIM
#undef SET_TENSOR
  (void)dim;
  return io;
}

/* N_arena_bytes, its dimensions from an array. */
static inline size_t arena_bytes_for(const int64_t* dims, int threads) {
  int dim = 0;
#define PASS_DIM(name) const int64_t name = dims[dim++];
  DIM_MEMBERS(PASS_DIM)
#undef PASS_DIM
#define ARGUMENT(name) name,
  (void)dim, (void)dims;
  return BUNDLE(arena_bytes)(DIM_MEMBERS(ARGUMENT) threads);
#undef ARGUMENT
}

static inline BUNDLE(model) open_model(void) {
  BUNDLE(model) model;
  REQUIRE_OK(BUNDLE(open)(&model, BUNDLE_MACRO(ABI), NULL, 0));
  return model;
}

/* One run with memory of its own; the arena is full of NaN, for it needs no initial value. */
static inline void run_case(const BUNDLE(model) * model, const Case* c, const tn_call* call) {
  BUNDLE(io) io = io_of(c);
  const int threads = call && call->threads > 1 ? call->threads : 1;
  const size_t bytes = arena_bytes_for(c->dims, threads);
  void* arena = aligned_memory(bytes);
  REQUIRE(bytes != 0, "arena_bytes is 0 for dimensions in range");
  memset(arena, 0xFF, bytes);
  REQUIRE_OK(BUNDLE(run)(model, &io, arena, bytes, call));
  free(arena);
}

#endif
