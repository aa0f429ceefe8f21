/* SPDX-License-Identifier: 0BSD
   float_mode.h: the floating-point control register, one set of functions per architecture.

   A model computes with round-to-nearest, subnormals kept and no trap, whatever mode the caller's
   thread is in, and leaves the caller's mode (and its sticky exception flags) as it was:
     caller = tnr_enter_float_mode();  ...kernels...  tnr_leave_float_mode(caller); */
#ifndef TENON_RUNTIME_FLOAT_MODE_H
#define TENON_RUNTIME_FLOAT_MODE_H

#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)

typedef uint32_t tnr_float_mode; /* MXCSR */

static inline tnr_float_mode tnr_read_float_mode(void) {
  uint32_t mode;
  __asm__ volatile("stmxcsr %0" : "=m"(mode));
  return mode;
}

static inline void tnr_write_float_mode(tnr_float_mode mode) {
  __asm__ volatile("ldmxcsr %0" : : "m"(mode) : "memory");
}

#define TNR_FLOAT_MODE 0x1f80u /* all exceptions masked, nearest even, neither FTZ nor DAZ */

#elif defined(__aarch64__)

typedef uint64_t tnr_float_mode; /* FPSR, the sticky flags, above FPCR */

static inline tnr_float_mode tnr_read_float_mode(void) {
  uint64_t control, flags;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(flags));
  return flags << 32 | (uint32_t)control;
}

static inline void tnr_write_float_mode(tnr_float_mode mode) {
  const uint64_t control = (uint32_t)mode, flags = mode >> 32;
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(control), "r"(flags) : "memory");
}

#define TNR_FLOAT_MODE 0u /* nearest even, no FZ, FZ16 or DN, no trap */

#elif defined(__arm__) && defined(__ARM_FP)

typedef uint32_t tnr_float_mode; /* FPSCR */

static inline tnr_float_mode tnr_read_float_mode(void) {
  uint32_t mode;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
  return mode;
}

static inline void tnr_write_float_mode(tnr_float_mode mode) {
  __asm__ volatile("vmsr fpscr, %0" : : "r"(mode) : "memory");
}

/* Nearest even, no trap, VFP keeps subnormals. NEON takes them for zero in any mode: of ARMv7 the
   contract says so. */
#define TNR_FLOAT_MODE 0u

#else
#error "float_mode.h: this architecture needs its functions here"
#endif

static inline tnr_float_mode tnr_enter_float_mode(void) {
  const tnr_float_mode caller = tnr_read_float_mode();
  tnr_write_float_mode(TNR_FLOAT_MODE);
  return caller;
}

static inline void tnr_leave_float_mode(tnr_float_mode caller) { tnr_write_float_mode(caller); }

#endif
