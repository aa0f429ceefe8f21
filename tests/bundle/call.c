/* The plain call: open, run, outputs to a file, which run.py compares with the reference.
     call CASE OUTPUTS */
#include "bundle_test.h"

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  Case c;
  FILE* file;
  int i;
  REQUIRE(argc == 3, "call CASE OUTPUTS");
  c = load_case(argv[1]);
  REQUIRE(BUNDLE(info)()->abi == BUNDLE_MACRO(ABI) && BUNDLE(info)()->size == sizeof(tn_info),
          "info is of another version");
  REQUIRE(arena_bytes_for(c.dims, 1) <= BUNDLE_MACRO(ARENA_BYTES)(1),
          "the arena for these dimensions is larger than the bound in the header");
  run_case(&model, &c, NULL);
  file = fopen(argv[2], "wb");
  REQUIRE(file, "cannot write %s", argv[2]);
  for (i = 0; i < TENSORS; ++i)
    if (!is_input(i)) fwrite(c.data[i], 1, (size_t)c.bytes[i], file);
  REQUIRE(fclose(file) == 0, "cannot write %s", argv[2]);
  return 0;
}
