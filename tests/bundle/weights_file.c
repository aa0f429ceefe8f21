/* A bundle made with --weights=file: the weights are given to open in place, mapped or in flash,
   and wrong ones are refused.
     weights_file CASE WEIGHTS OTHER_WEIGHTS OUTPUTS       OTHER_WEIGHTS: another model's */
#include "bundle_test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const unsigned char* map_file(const char* path, size_t* bytes) {
  struct stat about;
  void* memory;
  const int file = open(path, O_RDONLY);
  REQUIRE(file >= 0 && fstat(file, &about) == 0, "cannot open %s", path);
  *bytes = (size_t)about.st_size;
  memory = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, file, 0);
  REQUIRE(memory != MAP_FAILED, "cannot map %s", path);
  return (const unsigned char*)memory;
}

static void require_refused(const void* weights, size_t bytes, const char* what) {
  BUNDLE(model) model;
  const int status = BUNDLE(open)(&model, BUNDLE_MACRO(ABI), weights, bytes);
  REQUIRE(TN_CODE(status) == TN_WEIGHTS, "%s: %s", what, BUNDLE(status_text)(status));
}

int main(int argc, char** argv) {
  BUNDLE(model) model;
  size_t bytes, other_bytes, i;
  const unsigned char *weights, *other;
  unsigned char* damaged;
  Case c;
  FILE* file;
  int t;
  REQUIRE(argc == 5, "weights_file CASE WEIGHTS OTHER_WEIGHTS OUTPUTS");
  c = load_case(argv[1]);
  weights = map_file(argv[2], &bytes);
  other = map_file(argv[3], &other_bytes);
  require_refused(NULL, 0, "no weights");
  require_refused(other, other_bytes, "another model's weights");
  require_refused(weights, bytes - 1, "weights without their last byte");
  require_refused(weights, 16, "the first bytes of the weights");
  damaged = (unsigned char*)aligned_memory(bytes + 64);
  memcpy(damaged + 8, weights, bytes);
  require_refused(damaged + 8, bytes, "unaligned weights");
  /* Magic, layout, byte order and length all stand in the first 40 bytes. */
  for (i = 0; i < 40; ++i) {
    memcpy(damaged, weights, bytes);
    damaged[i] ^= 0x10;
    require_refused(damaged, bytes, "weights with a changed header");
  }
  REQUIRE_OK(BUNDLE(open)(&model, BUNDLE_MACRO(ABI), weights, bytes));
  run_case(&model, &c, NULL);
  file = fopen(argv[4], "wb");
  REQUIRE(file, "cannot write %s", argv[4]);
  for (t = 0; t < TENSORS; ++t)
    if (!is_input(t)) fwrite(c.data[t], 1, (size_t)c.bytes[t], file);
  REQUIRE(fclose(file) == 0, "cannot write %s", argv[4]);
  return 0;
}
