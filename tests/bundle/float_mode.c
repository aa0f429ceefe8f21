/* The caller's floating-point mode changes nothing, and is as before after the call: directed
   rounding, flush-to-zero, subnormals as zero, exceptions that trap. On the calling thread and in
   bodies of a parallel_for.
     float_mode CASE */
#include "bundle_test.h"

#if defined(__aarch64__) || defined(__arm__)

/* FPCR, and FPSCR, which holds the same bits and the sticky flags. Few processors trap. */
enum {
  TRAP_NOTHING = 0,
  ROUND_UP = 1 << 22,
  ROUND_DOWN = 2 << 22,
  ROUND_TOWARD_ZERO = 3 << 22,
  FLUSH = 1 << 24,
  QUIET_NAN = 1 << 25,
  FLAGS = 0x9F
};
static const unsigned modes[] = {ROUND_UP, ROUND_DOWN, ROUND_TOWARD_ZERO | FLUSH, FLUSH, QUIET_NAN};

static unsigned read_mode(void) {
#ifdef __aarch64__
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
#else
  unsigned mode;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
  mode &= 0x07FFFFFF; /* without the result of the last comparison */
#endif
  return (unsigned)mode;
}

static void write_mode(unsigned mode) {
#ifdef __aarch64__
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)mode));
#else
  __asm__ volatile("vmsr fpscr, %0" : : "r"(mode));
#endif
}

#else

#include <immintrin.h>

enum {
  TRAP_NOTHING = 0x1F80,
  FLUSH = 0x8000,       /* results below the least normal number become 0 */
  SUBNORMAL_0 = 0x0040, /* so do operands */
  FLAGS = 0x3F
};
static const unsigned modes[] = {TRAP_NOTHING | _MM_ROUND_UP, TRAP_NOTHING | _MM_ROUND_DOWN,
                                 TRAP_NOTHING | _MM_ROUND_TOWARD_ZERO | FLUSH | SUBNORMAL_0,
                                 TRAP_NOTHING | FLUSH,
                                 0 /* all exceptions trap, the inexact one too */};

static unsigned read_mode(void) { return _mm_getcsr(); }
static void write_mode(unsigned mode) { _mm_setcsr(mode); }

#endif

enum { MODES = sizeof modes / sizeof modes[0] };

/* Gives each body another mode, and demands it back. */
static void bodies_in_modes(void* context, int n, void (*body)(void*, int), void* arg) {
  const unsigned before = read_mode();
  int i;
  (void)context;
  for (i = 0; i < n; ++i) {
    const unsigned mode = modes[i % MODES];
    write_mode(mode);
    body(arg, i);
    REQUIRE((read_mode() & ~(unsigned)FLAGS) == mode, "a body left another mode behind");
  }
  write_mode(before);
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
    write_mode(modes[i]);
    run_case(&model, &other, NULL);
    after = read_mode();
    write_mode(TRAP_NOTHING);
    REQUIRE((after & ~(unsigned)FLAGS) == modes[i], "run left another mode behind");
    require_same_outputs(&other, &c, "another floating-point mode");
  }
  forget_outputs(&other);
  run_case(&model, &other, &call);
  require_same_outputs(&other, &c, "bodies in other floating-point modes");
  return 0;
}
