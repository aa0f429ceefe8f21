/* SPDX-License-Identifier: 0BSD
   cpu.c: which of the features that the model's code uses does this processor lack?
     tn_rt_missing_cpu_feature(1 << TNR_CPU_AVX2 | 1 << TNR_CPU_FMA)  ->  -1, or TNR_CPU_AVX2

   x86: the processor is asked (CPUID) and so is what the operating system saves (XGETBV): AVX
   registers that are not saved count as missing.
   AArch64: its identification registers are read. Programs may not, but Linux answers for them since
   4.11 (2017), and lists there what it lets programs use. A bundle that requires no feature reads
   none, and opens on any AArch64; one that requires some is for that Linux or newer, or for a system
   whose programs run privileged. Asking the C library (getauxval) would need a symbol of it.
   ARMv7: programs cannot ask, and no one answers for the processor. NEON and VFPv4 are what the
   target armv7-neon is: whoever chose it answers for them. */
#include "runtime/internal.h"

#if defined(__x86_64__) || defined(__i386__)

enum { EAX, EBX, ECX, EDX };
enum { LEAF_1, LEAF_7, LEAF_7_1, LEAF_80000001, LEAF_COUNT };
/* What the operating system must save: bits of XCR0. */
enum { NOTHING = 0x0, YMM = 0x6, ZMM = 0xe6 };

typedef struct feature_place {
  uint8_t leaf, output, bit, state;
} feature_place;

/* Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E. */
static const feature_place places[TNR_CPU_X86_COUNT] = {
    [TNR_CPU_SSE3] = {LEAF_1, ECX, 0, NOTHING},
    [TNR_CPU_SSSE3] = {LEAF_1, ECX, 9, NOTHING},
    [TNR_CPU_SSE4_1] = {LEAF_1, ECX, 19, NOTHING},
    [TNR_CPU_SSE4_2] = {LEAF_1, ECX, 20, NOTHING},
    [TNR_CPU_POPCNT] = {LEAF_1, ECX, 23, NOTHING},
    [TNR_CPU_CX16] = {LEAF_1, ECX, 13, NOTHING},
    [TNR_CPU_LAHF] = {LEAF_80000001, ECX, 0, NOTHING},
    [TNR_CPU_AVX] = {LEAF_1, ECX, 28, YMM},
    [TNR_CPU_AVX2] = {LEAF_7, EBX, 5, YMM},
    [TNR_CPU_FMA] = {LEAF_1, ECX, 12, YMM},
    [TNR_CPU_F16C] = {LEAF_1, ECX, 29, YMM},
    [TNR_CPU_BMI] = {LEAF_7, EBX, 3, NOTHING},
    [TNR_CPU_BMI2] = {LEAF_7, EBX, 8, NOTHING},
    [TNR_CPU_LZCNT] = {LEAF_80000001, ECX, 5, NOTHING},
    [TNR_CPU_MOVBE] = {LEAF_1, ECX, 22, NOTHING},
    [TNR_CPU_AVX512F] = {LEAF_7, EBX, 16, ZMM},
    [TNR_CPU_AVX512CD] = {LEAF_7, EBX, 28, ZMM},
    [TNR_CPU_AVX512BW] = {LEAF_7, EBX, 30, ZMM},
    [TNR_CPU_AVX512DQ] = {LEAF_7, EBX, 17, ZMM},
    [TNR_CPU_AVX512VL] = {LEAF_7, EBX, 31, ZMM},
    [TNR_CPU_AVX512VNNI] = {LEAF_7, ECX, 11, ZMM},
    [TNR_CPU_AVX512BF16] = {LEAF_7_1, EAX, 5, ZMM},
    [TNR_CPU_AVX512VBMI] = {LEAF_7, ECX, 1, ZMM},
    [TNR_CPU_AVX512VBMI2] = {LEAF_7, ECX, 6, ZMM},
    [TNR_CPU_AVX512BITALG] = {LEAF_7, ECX, 12, ZMM},
    [TNR_CPU_AVX512VPOPCNTDQ] = {LEAF_7, ECX, 14, ZMM},
    [TNR_CPU_AVX512IFMA] = {LEAF_7, EBX, 21, ZMM},
    [TNR_CPU_AVX512FP16] = {LEAF_7, EDX, 23, ZMM},
    [TNR_CPU_GFNI] = {LEAF_7, ECX, 8, NOTHING},
    [TNR_CPU_VAES] = {LEAF_7, ECX, 9, YMM},
    [TNR_CPU_VPCLMULQDQ] = {LEAF_7, ECX, 10, YMM},
    [TNR_CPU_AVXVNNI] = {LEAF_7_1, EAX, 4, YMM},
};

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]) {
  __asm__ volatile("cpuid"
                   : "=a"(out[EAX]), "=b"(out[EBX]), "=c"(out[ECX]), "=d"(out[EDX])
                   : "a"(leaf), "c"(subleaf));
}

/* XCR0, or 0 where the operating system does not use XSAVE. */
static uint32_t saved_state(const uint32_t leaf_1[4]) {
  if (!(leaf_1[ECX] >> 27 & 1)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

int tn_rt_missing_cpu_feature(uint64_t features) {
  if (features == 0) return -1;
  uint32_t leaves[LEAF_COUNT][4] = {{0}}, highest[4];
  cpuid(0, 0, highest);
  cpuid(1, 0, leaves[LEAF_1]);
  if (highest[EAX] >= 7) {
    uint32_t subleaves;
    cpuid(7, 0, leaves[LEAF_7]);
    subleaves = leaves[LEAF_7][EAX];
    if (subleaves >= 1) cpuid(7, 1, leaves[LEAF_7_1]);
  }
  cpuid(0x80000000u, 0, highest);
  if (highest[EAX] >= 0x80000001u) cpuid(0x80000001u, 0, leaves[LEAF_80000001]);
  const uint32_t saved = saved_state(leaves[LEAF_1]);
  for (int i = 0; i < TNR_CPU_X86_COUNT; ++i) {
    if (!(features >> i & 1)) continue;
    const feature_place place = places[i];
    if (!(leaves[place.leaf][place.output] >> place.bit & 1) ||
        (saved & place.state) != place.state)
      return i;
  }
  for (int i = TNR_CPU_X86_COUNT; i < 64; ++i)
    if (features >> i & 1) return i; /* none that this runtime knows: a bundle of mixed versions */
  return -1;
}

#elif defined(__aarch64__)

enum { PROCESSOR_0, INSTRUCTIONS_0, INSTRUCTIONS_1, REGISTER_COUNT };

/* Four bits of a register; the feature is there from `least` on. Arm Architecture Reference Manual,
   D19.2: ID_AA64PFR0_EL1, ID_AA64ISAR0_EL1, ID_AA64ISAR1_EL1. */
typedef struct feature_place {
  uint8_t feature, id_register, shift, least;
} feature_place;

static const feature_place places[] = {
    {TNR_CPU_FULLFP16, PROCESSOR_0, 20, 1}, /* AdvSIMD: 15 is none, 1 has half precision */
    {TNR_CPU_DOTPROD, INSTRUCTIONS_0, 44, 1},
    {TNR_CPU_I8MM, INSTRUCTIONS_1, 52, 1},
    {TNR_CPU_BF16, INSTRUCTIONS_1, 44, 1},
};

int tn_rt_missing_cpu_feature(uint64_t features) {
  if (features == 0) return -1;
  uint64_t registers[REGISTER_COUNT];
  __asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(registers[PROCESSOR_0]));
  __asm__ volatile("mrs %0, id_aa64isar0_el1" : "=r"(registers[INSTRUCTIONS_0]));
  __asm__ volatile("mrs %0, id_aa64isar1_el1" : "=r"(registers[INSTRUCTIONS_1]));
  for (size_t i = 0; i < sizeof places / sizeof places[0]; ++i) {
    const feature_place place = places[i];
    if (!(features >> place.feature & 1)) continue;
    features &= ~((uint64_t)1 << place.feature);
    const uint64_t found = registers[place.id_register] >> place.shift & 15;
    if (found < place.least || found == 15) return place.feature;
  }
  for (int i = 0; i < 64; ++i)
    if (features >> i & 1) return i; /* none that this runtime knows: a bundle of mixed versions */
  return -1;
}

#else

int tn_rt_missing_cpu_feature(uint64_t features) {
  features &= ~((uint64_t)1 << TNR_CPU_NEON | (uint64_t)1 << TNR_CPU_VFP4);
  for (int i = 0; i < 64; ++i)
    if (features >> i & 1) return i; /* none that this runtime knows: a bundle of mixed versions */
  return -1;
}

#endif
