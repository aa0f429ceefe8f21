/* Runs models on data from a file: the other side of emulated_models.cpp.

     emulated_models RUNS RESULTS
     RUNS     for each run: seven numbers (Head), then the offset and value of each dimension in io,
              the offset, byte count and data of each input, the offset and byte count of each
              output; numbers are uint64_t
     RESULTS  for each run: the status as int32_t, then the data of the outputs */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Open(void *model, uint32_t abi, const void *weights, size_t weights_bytes);
typedef int Run(const void *model, void *io, void *arena, size_t arena_bytes, const void *call);
extern const struct {
  Open *open;
  Run *run;
} models[];

typedef struct {
  uint64_t model, abi, io_bytes, arena_bytes, dims, inputs, outputs;
} Head;

enum { MOST_TENSORS = 64, MODEL_BYTES = 64, TAIL_BYTES = 64 };

static FILE *runs;

static void take(void *to, uint64_t bytes) {
  if (fread(to, 1, (size_t)bytes, runs) != bytes) exit(2);
}

static uint64_t number(void) {
  uint64_t value;
  take(&value, sizeof value);
  return value;
}

static void *memory(uint64_t bytes) {
  void *result = NULL;
  if (posix_memalign(&result, 64, (size_t)bytes + TAIL_BYTES) != 0) exit(3);
  memset(result, 0, (size_t)bytes + TAIL_BYTES);
  return result;
}

int main(int argc, char **argv) {
  FILE *results = argc == 3 ? fopen(argv[2], "wb") : NULL;
  Head head;
  runs = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (!runs || !results) return 2;
  while (fread(&head, sizeof head, 1, runs) == 1) {
    char *io = memory(head.io_bytes), *arena = memory(head.arena_bytes);
    void *model = memory(MODEL_BYTES), *tensors[MOST_TENSORS];
    uint64_t bytes[MOST_TENSORS], count = head.inputs + head.outputs, i;
    int32_t status;
    if (count > MOST_TENSORS) return 2;
    for (i = 0; i < head.dims; ++i) {
      uint64_t offset = number();
      take(io + offset, sizeof(int64_t));
    }
    for (i = 0; i < count; ++i) {
      uint64_t offset = number();
      bytes[i] = number();
      tensors[i] = memory(bytes[i]);
      if (i < head.inputs) take(tensors[i], bytes[i]);
      memcpy(io + offset, &tensors[i], sizeof tensors[i]);
    }
    status = models[head.model].open(model, (uint32_t)head.abi, NULL, 0);
    if (status == 0)
      status = models[head.model].run(model, io, arena, (size_t)head.arena_bytes, NULL);
    fwrite(&status, sizeof status, 1, results);
    for (i = head.inputs; i < count; ++i) fwrite(tensors[i], 1, (size_t)bytes[i], results);
    fflush(results);
    for (i = 0; i < count; ++i) free(tensors[i]);
    free(io);
    free(arena);
    free(model);
  }
  return fclose(results) == 0 ? 0 : 2;
}
