/* use_demo.c: a program that uses one bundle of the demo model, called NAME with the macros' prefix
   UPPER; prints "ok" when everything is as tests/runtime/demo_kernels.c says. */
#include <stdio.h>
#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define F(name) JOIN(NAME, name)
#define M(name) JOIN(UPPER, name)
#define CHECK(condition)                             \
  do {                                               \
    if (!(condition)) {                              \
      printf("line %d: %s\n", __LINE__, #condition); \
      return 1;                                      \
    }                                                \
  } while (0)

#include HEADER

static void run_reversed(void* context, int n, void (*body)(void* arg, int i), void* arg) {
  (void)context;
  while (n-- > 0) body(arg, n);
}

int FUNCTION(const void* weights, size_t weights_bytes);

int FUNCTION(const void* weights, size_t weights_bytes) {
  TN_ALIGN(64) static unsigned char arena[M(_SELFTEST_BYTES)];
  float x[8] = {1, 1, 1, 1, 1, 1, 1, 1}, y[8] = {0}, z[1] = {0};
  int64_t indices[1] = {7};
  tn_call call = {2, run_reversed, NULL, NULL};
  F(_model) model;
  F(_io) io;
  const tn_info* info = F(_info)();
  int status;
  memset(&io, 0, sizeof io);
  io.batch = 1;
  io.rows = 1;
  io.x = x;
  io.indices = indices;
  io.y = y;
  io.z = z;
  CHECK(F(_open)(&model, M(_ABI) + 1u, weights, weights_bytes) == TN_ABI);
  CHECK(F(_run)(&model, &io, arena, sizeof arena, NULL) == (TN_ABI | 1 << 8));
  status = F(_open)(&model, M(_ABI), weights, weights_bytes);
  if (status != TN_OK) printf("open: %s\n", F(_status_text)(status));
  CHECK(status == TN_OK);
  CHECK(F(_arena_bytes)(1, 1, 1) > 0 && F(_arena_bytes)(16, 16, 2) == M(_ARENA_BYTES)(2));
  CHECK(F(_arena_bytes)(1, 2, 1) == 0 && F(_arena_bytes)(17, 17, 1) == 0);
  CHECK(F(_run)(&model, &io, arena, F(_arena_bytes)(1, 1, 1), NULL) == TN_OK);
  CHECK(z[0] == 4 && y[0] == 8 && y[7] == 1);
  memset(y, 0, sizeof y);
  io.batch = 2;
  CHECK(strcmp(F(_status_text)(F(_run)(&model, &io, arena, sizeof arena, &call)),
               "rows and batch differ") == 0);
  CHECK(y[0] == 0);
  io.batch = 1;
  CHECK(F(_run)(&model, &io, arena, sizeof arena, &call) == TN_OK);
  CHECK(z[0] == 4 && y[0] == 8 && y[7] == 1);
  indices[0] = -1;
  status = F(_run)(&model, &io, arena, sizeof arena, NULL);
  CHECK(strcmp(F(_status_text)(status), "an index is out of range at node /even/Gather") == 0);
  io.y = NULL;
  status = F(_run)(&model, &io, arena, sizeof arena, NULL);
  CHECK(strcmp(F(_status_text)(status), "y is a null pointer") == 0);
  CHECK(F(_selftest)(&model, arena, sizeof arena) == TN_OK);

  CHECK(info->size == sizeof(tn_info) && info->abi == M(_ABI));
  CHECK(strcmp(info->model, "demo.onnx") == 0 && strlen(info->model_sha256) == 64);
  CHECK(info->weights_bytes == 32 && info->stack_bytes == M(_STACK_BYTES));
  CHECK(info->arena_bytes == M(_ARENA_BYTES)(1));
  CHECK(info->tensor_count == 4 && info->dim_count == 2 && strcmp(info->dims[1], "rows") == 0);
  CHECK(strcmp(info->tensors[1].name, "indices") == 0 && info->tensors[1].dtype == 7);
  CHECK(strcmp(info->tensors[2].shape, "batch,8") == 0 && info->tensors[2].role == TN_OUTPUT);
  CHECK(info->tensors[2].rank == 2 && info->tensors[2].least[0] == 0);
  CHECK(info->tensors[2].most[0] == 16 && info->tensors[2].most[1] == 8);
  CHECK(info->tensors[0].scale == 0);
  return 0;
}

#ifndef NO_MAIN
int main(int argc, char** argv) {
  TN_ALIGN(64) static unsigned char weights[4096];
  size_t bytes = 0;
  if (argc > 1) {
    FILE* file = fopen(argv[1], "rb");
    if (!file) return 2;
    bytes = fread(weights, 1, sizeof weights, file);
    fclose(file);
  }
  if (FUNCTION(bytes ? weights : NULL, bytes)) return 1;
  puts("ok");
  return 0;
}
#endif
