/* On a processor without the instructions, open says TN_CPU and which are absent, before anything
   could trap, and the model stays closed; run.py plays such a processor with qemu. On one that has
   them, open succeeds.
     old_processor WORD FEATURE     WORD: "old" or "new"; FEATURE: in the name of what is absent */
#include "bundle_test.h"

int main(int argc, char** argv) {
  BUNDLE(model) model;
  unsigned char* arena = (unsigned char*)aligned_memory(4096);
  int status;
  REQUIRE(argc == 3, "old_processor WORD FEATURE");
  memset(&model, 0, sizeof model);
  status = BUNDLE(open)(&model, BUNDLE_MACRO(ABI), NULL, 0);
  if (strcmp(argv[1], "new") == 0) {
    REQUIRE_OK(status);
  } else {
    BUNDLE(io) io;
    memset(&io, 0, sizeof io);
    REQUIRE(TN_CODE(status) == TN_CPU, "open: %s", BUNDLE(status_text)(status));
    REQUIRE(strstr(BUNDLE(status_text)(status), argv[2]), "the text names no instructions: %s",
            BUNDLE(status_text)(status));
    status = BUNDLE(run)(&model, &io, arena, 4096, NULL);
    REQUIRE(TN_CODE(status) == TN_ABI, "run: %s", BUNDLE(status_text)(status));
  }
  free(arena);
  return 0;
}
