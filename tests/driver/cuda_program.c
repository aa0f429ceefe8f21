/* cuda_program.c: how a program calls a bundle for CUDA: the digits model, its image from stdin,
   its probabilities to stdout, first by run, then by a graph. */
#include "digits.h"
#include <dlfcn.h>
#include <stdio.h>

static void *driver;

static int call_context(const char *name, void *argument, int device) {
  int (*function)(void *, int);
  *(void **)&function = dlsym(driver, name);
  return function(argument, device);
}
static int call_pointer(const char *name, void *argument) {
  int (*function)(void *);
  *(void **)&function = dlsym(driver, name);
  return function(argument);
}
static void *allocate(size_t bytes) {
  unsigned long long pointer = 0;
  int (*function)(unsigned long long *, size_t);
  *(void **)&function = dlsym(driver, "cuMemAlloc_v2");
  function(&pointer, bytes);
  return (void *)(size_t)pointer;
}
static void copy(const char *name, const void *to, const void *from, size_t bytes) {
  int (*function)(const void *, const void *, size_t);
  *(void **)&function = dlsym(driver, name);
  function(to, from, bytes);
}
static void release(void *pointer) { call_pointer("cuMemFree_v2", pointer); }
static void show(const digits_io *io) {
  float probabilities[10] = {0};
  digits_result result = {0, 0};
  copy("cuMemcpyDtoH_v2", probabilities, io->probabilities, sizeof probabilities);
  copy("cuMemcpyDtoH_v2", &result, io->result, sizeof result);
  for (int i = 0; i < 10; ++i) printf("%.9g ", result.status == TN_OK ? probabilities[i] : -1.0f);
  printf("\n");
}

int main(void) {
  float image[64];
  struct CUctx_st *context = NULL;
  digits_model model;
  digits_graph graph;
  digits_io io;
  driver = dlopen("libcuda.so.1", RTLD_NOW);
  for (int i = 0; i < 64; ++i)
    if (scanf("%f", &image[i]) != 1) return 2;
  if (driver != NULL) {
    call_pointer("cuInit", NULL);
    call_context("cuDevicePrimaryCtxRetain", &context, 0);
    call_pointer("cuCtxPushCurrent_v2", context);
  }
  int status = digits_open(&model, DIGITS_ABI, NULL, 0, NULL);
  printf("%s\n", digits_open_text(&model));
  if (status == TN_OK) {
    float *x = allocate(sizeof image);
    void *arena = allocate(DIGITS_ARENA_BYTES);
    copy("cuMemcpyHtoD_v2", x, image, sizeof image);
    io.image = x;
    io.probabilities = allocate(40);
    io.result = allocate(sizeof *io.result);
    status = digits_run(&model, &io, arena, DIGITS_ARENA_BYTES, NULL);
    show(&io);
    if (!status) status = digits_graph_open(&graph, &model, &io, arena, DIGITS_ARENA_BYTES);
    if (!status) status = digits_graph_run(&graph, &io, NULL);
    show(&io);
    digits_graph_close(&graph);
    digits_close(&model);
    release(x);
    release(arena);
    release(io.probabilities);
    release(io.result);
  }
  if (status) fprintf(stderr, "digits: %s\n", digits_status_text(status));
  if (context != NULL) {
    call_pointer("cuCtxPopCurrent_v2", &context);
    call_context("cuDevicePrimaryCtxRelease_v2", NULL, 0);
  }
  return status != TN_OK;
}
