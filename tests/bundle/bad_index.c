/* An index out of range, known only at run time: TN_INDEX with the node's name, no write outside
   the outputs, and the next run is right again.
     bad_index CASE TENSOR NODE       TENSOR: an i64 input whose elements are indices of rows */
#include "bundle_test.h"

enum { MARGIN = 4096 };

static int index_of(const char* name) {
  int i;
  for (i = 0; i < TENSORS; ++i)
    if (strcmp(tensor(i)->name, name) == 0) return i;
  fail("there is no tensor %s", name);
  return -1;
}

/* Memory for the outputs between margins that must stay as they are. */
static Case with_margins(const Case* c) {
  Case copy = *c;
  int i;
  for (i = 0; i < TENSORS; ++i)
    if (!is_input(i))
      copy.data[i] = (unsigned char*)aligned_memory((size_t)c->bytes[i] + 2 * MARGIN) + MARGIN;
  return copy;
}

static void require_margins(const Case* c) {
  int i, j;
  for (i = 0; i < TENSORS; ++i)
    for (j = 0; j < MARGIN && !is_input(i); ++j)
      REQUIRE(c->data[i][-1 - j] == PATTERN && c->data[i][c->bytes[i] + j] == PATTERN,
              "a byte beside %s was written", tensor(i)->name);
}

int main(int argc, char** argv) {
  static const int64_t wrong[] = {INT64_MAX, INT64_MIN, 1 << 30, -(1 << 30)};
  const BUNDLE(model) model = open_model();
  Case c, other;
  BUNDLE(io) io;
  int64_t* indices;
  unsigned char* arena;
  size_t arena_bytes;
  int i, status, at_end;
  REQUIRE(argc == 4, "bad_index CASE TENSOR NODE");
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  other = with_margins(&c);
  io = io_of(&other);
  arena_bytes = arena_bytes_for(c.dims, 1);
  arena = (unsigned char*)aligned_memory(arena_bytes);
  indices = (int64_t*)(void*)c.data[index_of(argv[2])];
  for (i = 0; i < (int)(sizeof wrong / sizeof wrong[0]); ++i) {
    for (at_end = 0; at_end < 2; ++at_end) {
      int64_t* place = indices + (at_end ? c.bytes[index_of(argv[2])] / 8 - 1 : 0);
      const int64_t right = *place;
      *place = wrong[i];
      status = BUNDLE(run)(&model, &io, arena, arena_bytes, NULL);
      *place = right;
      REQUIRE(TN_CODE(status) == TN_INDEX, "index %lld: %s", (long long)wrong[i],
              BUNDLE(status_text)(status));
      REQUIRE(strstr(BUNDLE(status_text)(status), argv[3]), "the text does not name %s: %s",
              argv[3], BUNDLE(status_text)(status));
      require_margins(&other);
    }
  }
  REQUIRE_OK(BUNDLE(run)(&model, &io, arena, arena_bytes, NULL));
  require_same_outputs(&other, &c, "a run after bad indices");
  return 0;
}
