/* Everything that the header declares, used once, in what C99, C11, C17 and C++11 to C++20 have in
   common. Compiled with -Wall -Wextra -pedantic -Werror and linked; never called with real data. */
#include "members.h"

TN_ALIGN(BUNDLE_MACRO(ARENA_ALIGN)) static unsigned char arena[BUNDLE_MACRO(ARENA_BYTES)(1)];

int main(int argc, char** argv) {
  BUNDLE(model) model;
  BUNDLE(io) io;
  tn_call call = {1, NULL, NULL, NULL};
  int status = BUNDLE(open)(&model, BUNDLE_MACRO(ABI), NULL, 0);
#define CLEAR(name) io.name = 0;
  DIM_MEMBERS(CLEAR)
  TENSOR_MEMBERS(CLEAR)
  (void)argc;
  if (status == TN_OK) status = BUNDLE(run)(&model, &io, arena, sizeof arena, &call);
  /* The tensors are null pointers. */
  if (TN_CODE(status) != TN_NULL || TN_DETAIL(status) != 0) return 1;
  if (BUNDLE_MACRO(STACK_BYTES) <= 0 || BUNDLE(info)()->tensor_count < 1) return 1;
  return BUNDLE(status_text)(status)[0] == argv[0][0] && argv[0][0] == 0;
}
