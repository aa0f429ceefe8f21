/* A bundle made with --selftest and --weights=file: the self-test passes in exactly the arena that
   the header names, and fails when the weights have the right layout and wrong contents, with the
   node that gives the first wrong output.
     selftest WEIGHTS NODE...      one node for each output, in the order of the model */
#include "bundle_test.h"

static unsigned char* read_file(const char* path, size_t* bytes) {
  FILE* file = fopen(path, "rb");
  unsigned char* data;
  long size;
  REQUIRE(file && fseek(file, 0, SEEK_END) == 0, "cannot open %s", path);
  size = ftell(file);
  rewind(file);
  data = (unsigned char*)aligned_memory((size_t)size);
  REQUIRE(fread(data, 1, (size_t)size, file) == (size_t)size, "cannot read %s", path);
  fclose(file);
  *bytes = (size_t)size;
  return data;
}

/* True when the text ends with "node NAME" for one of the names. */
static int names_one_of(const char* text, char** names, int count) {
  const size_t length = strlen(text);
  int i;
  for (i = 0; i < count; ++i) {
    const size_t bytes = strlen(names[i]);
    if (length > bytes + 5 && strcmp(text + length - bytes, names[i]) == 0 &&
        strncmp(text + length - bytes - 5, "node ", 5) == 0)
      return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  const size_t arena_bytes = BUNDLE_MACRO(SELFTEST_BYTES), header_bytes = 64;
  unsigned char *arena = (unsigned char*)aligned_memory(arena_bytes + 1), *weights;
  BUNDLE(model) model;
  size_t bytes, i;
  int status;
  REQUIRE(argc > 2, "selftest WEIGHTS NODE...");
  weights = read_file(argv[1], &bytes);
  REQUIRE_OK(BUNDLE(open)(&model, BUNDLE_MACRO(ABI), weights, bytes));
  REQUIRE_OK(BUNDLE(selftest)(&model, arena, arena_bytes));
  REQUIRE(arena[arena_bytes] == PATTERN, "a byte behind the arena was written");
  status = BUNDLE(selftest)(&model, arena, arena_bytes - 1);
  REQUIRE(TN_CODE(status) == TN_ARENA, "an arena that is a byte too small: %d", status);

  for (i = header_bytes; i + 4 <= bytes; i += 4) weights[i + 3] ^= 0x80; /* the sign of a float */
  status = BUNDLE(selftest)(&model, arena, arena_bytes);
  /* Weights that hold indices are out of range before a wrong output is seen. */
  REQUIRE(TN_CODE(status) == TN_SELFTEST || TN_CODE(status) == TN_INDEX, "with wrong weights: %d",
          status);
  REQUIRE(TN_CODE(status) != TN_SELFTEST ||
              names_one_of(BUNDLE(status_text)(status), argv + 2, argc - 2),
          "the text names no node that gives an output: %s", BUNDLE(status_text)(status));
  return 0;
}
