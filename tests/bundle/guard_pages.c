/* Inputs, outputs and the arena between pages that may not be touched: a load or store outside them
   ends the program. First every buffer ends at such a page, then every buffer begins at one.
     guard_pages CASE */
#include "bundle_test.h"

#include <sys/mman.h>

enum { PAGE = 4096 };

/* Memory for `bytes` with a forbidden page on both sides, adjacent on one. */
static unsigned char* guarded(size_t bytes, int at_end) {
  const size_t inside = (bytes + PAGE - 1) / PAGE * PAGE;
  unsigned char* base =
      (unsigned char*)mmap(NULL, inside + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(base != MAP_FAILED, "mmap failed");
  REQUIRE(mprotect(base + PAGE, inside ? inside : PAGE, PROT_READ | PROT_WRITE) == 0,
          "mprotect failed");
  return base + PAGE + (at_end ? inside - bytes : 0);
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  Case c, moved;
  int at_end, i;
  REQUIRE(argc == 2, "guard_pages CASE");
  c = load_case(argv[1]);
  run_case(&model, &c, NULL);
  for (at_end = 0; at_end < 2; ++at_end) {
    const size_t arena_bytes = arena_bytes_for(c.dims, 1);
    unsigned char* arena = guarded(arena_bytes, at_end);
    BUNDLE(io) io;
    REQUIRE((size_t)arena % BUNDLE_MACRO(ARENA_ALIGN) == 0,
            "arena_bytes is no multiple of the arena's alignment: it cannot end at a page");
    moved = c;
    for (i = 0; i < TENSORS; ++i) {
      moved.data[i] = guarded((size_t)c.bytes[i], at_end);
      if (is_input(i)) memcpy(moved.data[i], c.data[i], (size_t)c.bytes[i]);
    }
    io = io_of(&moved);
    REQUIRE_OK(BUNDLE(run)(&model, &io, arena, arena_bytes, NULL));
    require_same_outputs(&moved, &c, at_end ? "buffers that end at a page" : "that begin at one");
    for (i = 0; i < TENSORS; ++i)
      REQUIRE(!is_input(i) || memcmp(moved.data[i], c.data[i], (size_t)c.bytes[i]) == 0,
              "the input %s was changed", tensor(i)->name);
  }
  return 0;
}
