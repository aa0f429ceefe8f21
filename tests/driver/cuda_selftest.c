/* cuda_selftest.c: the self-test of the digits model, over libcuda.so.1: its status, in words.
     cuda_selftest digits_weights.bin   ->   "ok", and what it says of memory that does not fit */
#include <dlfcn.h>
#include <stdio.h>
#include "digits.h"

static void* driver;
static TN_ALIGN(64) unsigned char weights[1 << 20];

static int call(const char* name, void* first, size_t second) {
  int (*function)(void*, size_t);
  *(void**)&function = dlsym(driver, name);
  return function(first, second);
}
static void show(const char* what, int status) {
  printf("%s: %d, %s\n", what, TN_CODE(status), digits_status_text(status));
}

int main(int count, char** arguments) {
  struct CUctx_st* context = NULL;
  unsigned long long memory = 0;
  digits_model model;
  FILE* const file = count > 1 ? fopen(arguments[1], "rb") : NULL;
  const size_t bytes = file != NULL ? fread(weights, 1, sizeof weights, file) : 0;
  if (file != NULL) fclose(file);
  driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == NULL) return 2;
  call("cuInit", NULL, 0);
  call("cuDevicePrimaryCtxRetain", &context, 0);
  call("cuCtxPushCurrent_v2", context, 0);
  call("cuMemAlloc_v2", &memory, DIGITS_SELFTEST_BYTES);
  unsigned char* const given = (unsigned char*)(size_t)memory;
  show("open", digits_open(&model, DIGITS_ABI, bytes != 0 ? weights : NULL, bytes, NULL));
  show("selftest", digits_selftest(&model, given, DIGITS_SELFTEST_BYTES, NULL));
  show("null", digits_selftest(&model, NULL, DIGITS_SELFTEST_BYTES, NULL));
  show("short", digits_selftest(&model, given, DIGITS_SELFTEST_BYTES - 256, NULL));
  show("shorter", digits_selftest(&model, given, 256, NULL));
  show("unaligned", digits_selftest(&model, given + 16, DIGITS_SELFTEST_BYTES, NULL));
  digits_close(&model);
  show("closed", digits_selftest(&model, given, DIGITS_SELFTEST_BYTES, NULL));
  call("cuMemFree_v2", (void*)(size_t)memory, 0);
  call("cuCtxPopCurrent_v2", &context, 0);
  call("cuDevicePrimaryCtxRelease_v2", NULL, 0);
  return 0;
}
