/* Runs kernels on data from a file: the other side of emulated.cpp.

     emulated_main CALLS RESULTS
     CALLS    for each call: its function's number, the count of its buffers, then bytes and data of
              each; numbers are uint64_t
     RESULTS  the data of all buffers after the calls, in the same order */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef void Entry(void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end,
                   void *scratch, int32_t *status);
extern Entry *const entries[];

enum { MOST_BUFFERS = 64, SCRATCH_BYTES = 1 << 16, TAIL_BYTES = 64 };

static void *memory(uint64_t bytes) {
  void *result = NULL;
  if (posix_memalign(&result, 64, (size_t)bytes + TAIL_BYTES) != 0) exit(3);
  return result;
}

int main(int argc, char **argv) {
  FILE *calls = argc == 3 ? fopen(argv[1], "rb") : NULL;
  FILE *results = argc == 3 ? fopen(argv[2], "wb") : NULL;
  void *scratch = memory(SCRATCH_BYTES);
  uint64_t head[2];
  if (!calls || !results) return 2;
  while (fread(head, sizeof head, 1, calls) == 1) {
    void *buffers[MOST_BUFFERS];
    uint64_t bytes[MOST_BUFFERS], i;
    int32_t status = 0;
    if (head[1] > MOST_BUFFERS) return 2;
    for (i = 0; i < head[1]; ++i) {
      if (fread(&bytes[i], sizeof bytes[i], 1, calls) != 1) return 2;
      buffers[i] = memory(bytes[i]);
      if (fread(buffers[i], 1, (size_t)bytes[i], calls) != bytes[i]) return 2;
    }
    entries[head[0]](buffers, NULL, 0, 1, scratch, &status);
    if (status != 0) return 4;
    for (i = 0; i < head[1]; ++i) {
      fwrite(buffers[i], 1, (size_t)bytes[i], results);
      free(buffers[i]);
    }
  }
  return fclose(results) == 0 ? 0 : 2;
}
