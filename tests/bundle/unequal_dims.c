/* Two dimensions that the model makes equal, each within its bounds and yet different: TN_DIM, the
   text names both, and nothing is written. Equal ones run.
     unequal_dims CASE FIRST SECOND       FIRST, SECOND: names of dimensions */
#include "bundle_test.h"

static int dim_of(const char* name) {
  int i;
  for (i = 0; i < DIMS; ++i)
    if (strcmp(BUNDLE(info)()->dims[i], name) == 0) return i;
  fail("there is no dimension %s", name);
  return -1;
}

static void require_pattern(const unsigned char* bytes, size_t count, const char* what) {
  size_t i;
  for (i = 0; i < count; ++i) REQUIRE(bytes[i] == PATTERN, "%s was written", what);
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  Case c;
  unsigned char* arena;
  size_t arena_bytes;
  int i, side;
  REQUIRE(argc == 4, "unequal_dims CASE FIRST SECOND");
  c = load_case(argv[1]);
  arena_bytes = arena_bytes_for(c.dims, 1);
  arena = (unsigned char*)aligned_memory(arena_bytes);
  for (side = 0; side < 2; ++side) {
    Case changed = c;
    BUNDLE(io) io;
    const char* text;
    int status;
    changed.dims[dim_of(argv[2 + side])] -= 1; /* the memory stays large enough */
    io = io_of(&changed);
    status = BUNDLE(run)(&model, &io, arena, arena_bytes, NULL);
    text = BUNDLE(status_text)(status);
    REQUIRE(TN_CODE(status) == TN_DIM, "%s smaller: %s", argv[2 + side], text);
    REQUIRE(strstr(text, argv[2]) && strstr(text, argv[3]), "the text names not both: %s", text);
    require_pattern(arena, arena_bytes, "the arena");
    for (i = 0; i < TENSORS; ++i)
      if (!is_input(i)) require_pattern(c.data[i], (size_t)c.bytes[i], tensor(i)->name);
  }
  run_case(&model, &c, NULL);
  free(arena);
  return 0;
}
