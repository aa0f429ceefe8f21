/* The caller's floating-point mode changes nothing, and is as before after the call: directed
   rounding, flush-to-zero, subnormals as zero, exceptions that trap. On the calling thread and in
   bodies of a parallel_for.
     float_mode CASE */
#include "bundle_test.h"

#include <immintrin.h>

enum {
  TRAP_NOTHING = 0x1F80,
  FLUSH = 0x8000,      /* results below the least normal number become 0 */
  SUBNORMAL_0 = 0x0040 /* so do operands */
};
static const unsigned modes[] = {TRAP_NOTHING | _MM_ROUND_UP, TRAP_NOTHING | _MM_ROUND_DOWN,
                                 TRAP_NOTHING | _MM_ROUND_TOWARD_ZERO | FLUSH | SUBNORMAL_0,
                                 TRAP_NOTHING | FLUSH,
                                 0 /* all exceptions trap, the inexact one too */};
enum { MODES = sizeof modes / sizeof modes[0], FLAGS = 0x3F };

/* Gives each body another mode, and demands it back. */
static void bodies_in_modes(void* context, int n, void (*body)(void*, int), void* arg) {
  const unsigned before = _mm_getcsr();
  int i;
  (void)context;
  for (i = 0; i < n; ++i) {
    const unsigned mode = modes[i % MODES];
    _mm_setcsr(mode);
    body(arg, i);
    REQUIRE((_mm_getcsr() & ~(unsigned)FLAGS) == mode, "a body left another mode behind");
  }
  _mm_setcsr(before);
}

int main(int argc, char** argv) {
  const BUNDLE(model) model = open_model();
  const tn_call call = {MODES, bodies_in_modes, NULL, NULL};
  Case c, other;
  int i;
  REQUIRE(argc == 2, "float_mode CASE");
  c = load_case(argv[1]);
  other = with_own_outputs(&c);
  run_case(&model, &c, NULL);
  for (i = 0; i < MODES; ++i) {
    unsigned after;
    forget_outputs(&other);
    _mm_setcsr(modes[i]);
    run_case(&model, &other, NULL);
    after = _mm_getcsr();
    _mm_setcsr(TRAP_NOTHING);
    REQUIRE((after & ~(unsigned)FLAGS) == modes[i], "run left another mode behind");
    require_same_outputs(&other, &c, "another floating-point mode");
  }
  forget_outputs(&other);
  run_case(&model, &other, &call);
  require_same_outputs(&other, &c, "bodies in other floating-point modes");
  return 0;
}
