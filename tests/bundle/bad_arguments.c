/* Each argument wrong in turn: open, run and arena_bytes answer with the code for it, the detail
   names the argument, and nothing is written: not the outputs, not the arena, not the io struct.
     bad_arguments CASE */
#include "bundle_test.h"

static Case c;
static BUNDLE(model) model;
static unsigned char* arena;
static size_t arena_bytes;

static int holds_pattern(const unsigned char* bytes, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (bytes[i] != PATTERN) return 0;
  return 1;
}

/* `what` is wrong: the status has this code and a text that names `argument`. */
static void require_status(int status, int code, const char* argument, const char* what) {
  const char* text = BUNDLE(status_text)(status);
  REQUIRE(TN_CODE(status) == code, "%s: code %d (%s), not %d", what, TN_CODE(status), text, code);
  REQUIRE(strstr(text, argument), "%s: the text does not name %s: %s", what, argument, text);
}

static void require_refused(const BUNDLE(model) * opened, BUNDLE(io) * io, void* memory,
                            size_t bytes, int code, const char* argument, const char* what) {
  BUNDLE(io) before;
  int i, status;
  if (io) memcpy(&before, io, sizeof before);
  status = BUNDLE(run)(opened, io, memory, bytes, NULL);
  require_status(status, code, argument, what);
  REQUIRE(!io || memcmp(&before, io, sizeof before) == 0, "%s: the io struct was changed", what);
  REQUIRE(holds_pattern(arena, arena_bytes + 64), "%s: the arena was written", what);
  for (i = 0; i < TENSORS; ++i)
    REQUIRE(is_input(i) || holds_pattern(c.data[i], (size_t)c.bytes[i]), "%s: %s was written", what,
            tensor(i)->name);
}

/* The same with one tensor's memory elsewhere. */
static void refuse_tensor(int index, unsigned char* data, int code, const char* what) {
  Case changed = c;
  BUNDLE(io) io;
  changed.data[index] = data;
  io = io_of(&changed);
  require_refused(&model, &io, arena, arena_bytes, code, tensor(index)->name, what);
}

static void refuse_pointers(void) {
  BUNDLE(io) io = io_of(&c);
  int i;
  require_refused(NULL, &io, arena, arena_bytes, TN_NULL, "_model", "no model");
  require_refused(&model, NULL, arena, arena_bytes, TN_NULL, "_io", "no io");
  require_refused(&model, &io, NULL, arena_bytes, TN_NULL, "arena", "no arena");
  require_refused(&model, &io, arena + 1, arena_bytes, TN_ALIGNMENT, "arena", "arena + 1");
  require_refused(&model, &io, arena + BUNDLE_MACRO(ARENA_ALIGN) / 2, arena_bytes, TN_ALIGNMENT,
                  "arena", "half the arena's alignment");
  require_refused(&model, &io, arena, arena_bytes - 1, TN_ARENA, "arena", "a byte too small");
  require_refused(&model, &io, arena, 0, TN_ARENA, "arena", "an empty arena");
  for (i = 0; i < TENSORS; ++i) refuse_tensor(i, NULL, TN_NULL, "no tensor");
}

static int element_bytes(int dtype) {
  switch (dtype) {
    case 1:
    case 6:
    case 12: return 4; /* f32, i32, u32 */
    case 7:
    case 11:
    case 13: return 8; /* i64, f64, u64 */
    case 4:
    case 5:
    case 10:
    case 16: return 2; /* u16, i16, f16, bf16 */
    default: return 1;
  }
}

static void refuse_alignment_and_overlap(void) {
  int i, j;
  for (i = 0; i < TENSORS; ++i) {
    if (element_bytes(tensor(i)->dtype) > 1)
      refuse_tensor(i, c.data[i] + 1, TN_ALIGNMENT, "a tensor between two elements");
    if (c.bytes[i] == 0) continue;
    refuse_tensor(i, arena, TN_OVERLAP, "a tensor at the arena's begin");
    refuse_tensor(i, arena + arena_bytes - 64, TN_OVERLAP, "a tensor at the arena's end");
    for (j = 0; j < TENSORS; ++j) {
      Case changed = c;
      BUNDLE(io) io;
      if (i == j || is_input(i) || c.bytes[j] == 0) continue;
      /* The output's last element over the other tensor's first. */
      changed.data[i] = c.data[j] - (c.bytes[i] - element_bytes(tensor(i)->dtype));
      if ((size_t)changed.data[i] % (size_t)element_bytes(tensor(i)->dtype)) continue;
      io = io_of(&changed);
      require_refused(&model, &io, arena, arena_bytes, TN_OVERLAP, "", "an output over a tensor");
    }
  }
}

static void refuse_dimensions(void) {
#ifdef DIM_MAXIMA
  static const int64_t far_out[] = {0, -1, INT64_MIN, INT64_MAX, (int64_t)1 << 62};
  static const int64_t most[] = DIM_MAXIMA;
  const char* const* names = BUNDLE(info)()->dims;
  int dim, i;
  for (dim = 0; dim < DIMS; ++dim) {
    for (i = -1; i < (int)(sizeof far_out / sizeof far_out[0]); ++i) {
      Case changed = c;
      BUNDLE(io) io;
      changed.dims[dim] = i < 0 ? most[dim] + 1 : far_out[i];
      io = io_of(&changed);
      require_refused(&model, &io, arena, arena_bytes, TN_DIM, names[dim], "a dimension too far");
      REQUIRE(arena_bytes_for(changed.dims, 1) == 0, "arena_bytes of a dimension too far");
    }
  }
#endif
}

static void refuse_open(void) {
  BUNDLE(model) unopened;
  BUNDLE(io) io = io_of(&c);
  unsigned char* weights = (unsigned char*)aligned_memory(4096 + 64);
  require_status(BUNDLE(open)(NULL, BUNDLE_MACRO(ABI), NULL, 0), TN_NULL, "_model", "open nothing");
  memset(&unopened, 0, sizeof unopened);
  require_refused(&unopened, &io, arena, arena_bytes, TN_ABI, "open", "a model not opened");
  memset(&unopened, PATTERN, sizeof unopened);
  require_refused(&unopened, &io, arena, arena_bytes, TN_ABI, "open", "a model of noise");
  unopened = model;
  require_status(BUNDLE(open)(&unopened, BUNDLE_MACRO(ABI) + 1, NULL, 0), TN_ABI, "builds",
                 "another header");
  require_refused(&unopened, &io, arena, arena_bytes, TN_ABI, "open", "after a failed open");
  require_status(BUNDLE(open)(&unopened, BUNDLE_MACRO(ABI), weights + 4, 4096), TN_WEIGHTS,
                 "weights", "unaligned weights");
  require_status(BUNDLE(open)(&unopened, BUNDLE_MACRO(ABI), weights, 4096), TN_WEIGHTS, "weights",
                 "weights of noise");
  require_status(BUNDLE(open)(&unopened, BUNDLE_MACRO(ABI), weights, 1), TN_WEIGHTS, "weights",
                 "one byte of weights");
  free(weights);
}

int main(int argc, char** argv) {
  int i, j;
  REQUIRE(argc == 2, "bad_arguments CASE");
  c = load_case(argv[1]);
  model = open_model();
  arena_bytes = arena_bytes_for(c.dims, 1);
  arena = (unsigned char*)aligned_memory(arena_bytes + 64);
  REQUIRE(arena_bytes_for(c.dims, 0) == 0 && arena_bytes_for(c.dims, -1) == 0,
          "arena_bytes of no threads");
  refuse_pointers();
  refuse_alignment_and_overlap();
  refuse_dimensions();
  refuse_open();
  for (i = 0; i < 256; ++i)
    for (j = -2; j < 300; ++j)
      REQUIRE(BUNDLE(status_text)((int)((unsigned)i | (unsigned)j << 8)), "a status without text");
  run_case(&model, &c, NULL); /* what was refused left nothing behind */
  return 0;
}
