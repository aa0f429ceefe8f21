/* The machine's names (tn_cuda.h) for a C++ compiler of the host: the CPU runs a kernel's threads
   one after another (codegen/cuda/emulator). One unit includes the kernels, each after its name:

     #define TN_EMULATED_KERNEL scale
     #include "scale.cu"
     TN_EMULATED_END(scale)
     #undef TN_EMULATED_KERNEL

   With TN_EMULATED_CHECKS, shared variables lie in a section per kernel with guards between them,
   and emulated_hooks.h reports every access. */
#ifndef TN_EMULATED_H
#define TN_EMULATED_H

#include <math.h>
#include <string.h>

#include "emulated_kernels.h"

static struct tenon_emulation_state tn_state;

#define TN_KERNEL(threads) extern "C" __attribute__((visibility("hidden"))) void
#define TN_DEVICE static inline __attribute__((always_inline))
#define TN_MEMBER inline __attribute__((always_inline))
#define TN_UNROLL
#define TN_RESTRICT __restrict__
#define TN_WORDS(words) TN_WORDS_(words)
#define TN_WORDS_(words) #words
#define TN_JOINED(a, b) TN_JOINED_(a, b)
#define TN_JOINED_(a, b) a##b

#ifdef TN_EMULATED_CHECKS
#define TN_SHARED_SECTION __attribute__((section("tn_shared_" TN_WORDS(TN_EMULATED_KERNEL)), used))
#define TN_GUARD(line)                                                                 \
  static struct tenon_shared_guard TN_JOINED(tn_guard_, __COUNTER__) TN_SHARED_SECTION \
      __attribute__((aligned(256))) = {{TENON_GUARD_MARK}, line, {0}};
#define TN_SHARED TN_GUARD(__LINE__) static TN_SHARED_SECTION __attribute__((aligned(16)))
#define TN_EMULATED_END(name)                                                                \
  TN_GUARD(0)                                                                                \
  extern "C" __attribute__((visibility("hidden"))) unsigned char __start_tn_shared_##name[]; \
  extern "C" __attribute__((visibility("hidden"))) unsigned char __stop_tn_shared_##name[];
#define TN_SHARED_RANGE(name) __start_tn_shared_##name, __stop_tn_shared_##name
#define TN_UNCHECKED __attribute__((disable_sanitizer_instrumentation))
#include "emulated_hooks.h"
#else
#define TN_SHARED static __attribute__((aligned(16)))
#define TN_EMULATED_END(name)
#define TN_SHARED_RANGE(name) 0, 0
#define TN_UNCHECKED
#endif

TN_DEVICE int tn_block_x() { return (int)tn_state.block[0]; }
TN_DEVICE int tn_block_y() { return (int)tn_state.block[1]; }
TN_DEVICE int tn_block_z() { return (int)tn_state.block[2]; }
TN_DEVICE int tn_thread() { return (int)tn_state.thread; }
/* A macro, for the line: threads that wait must all wait at the same one. */
#define tn_sync() tn_state.sync(__LINE__)
static TN_UNCHECKED void tn_fail(int* status, int node) {
  tn_state.access(status, sizeof *status, 1, 1);
  const int failed = 3 | node << 8; /* TN_INDEX */
  if (*status == 0 || failed < *status) *status = failed;
}

template <class T, int N>
struct alignas(sizeof(T) * N) tn_vector {
  T lanes[N];
  T& operator[](int i) { return lanes[i]; }
  const T& operator[](int i) const { return lanes[i]; }
};
#ifdef TN_EMULATED_CHECKS
/* One access of the whole vector, where the compiler would make one of each lane. */
template <int N, class T>
TN_UNCHECKED tn_vector<T, N> tn_load(const T* from) {
  tn_vector<T, N> value;
  tn_state.access(from, sizeof value, 0, 0);
  memcpy(&value, from, sizeof value);
  return value;
}
template <int N, class T>
TN_UNCHECKED void tn_store(T* to, const tn_vector<T, N>& value) {
  tn_state.access(to, sizeof value, 1, 0);
  memcpy(to, &value, sizeof value);
}
#else
template <int N, class T>
TN_DEVICE tn_vector<T, N> tn_load(const T* from) {
  tn_vector<T, N> value;
  memcpy(&value, from, sizeof value);
  return value;
}
template <int N, class T>
TN_DEVICE void tn_store(T* to, const tn_vector<T, N>& value) {
  memcpy(to, &value, sizeof value);
}
#endif

TN_DEVICE float tn_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
TN_DEVICE double tn_fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
TN_DEVICE float tn_sqrt(float x) { return __builtin_sqrtf(x); }
TN_DEVICE double tn_sqrt(double x) { return __builtin_sqrt(x); }
TN_DEVICE float tn_floor(float x) { return __builtin_floorf(x); }
TN_DEVICE double tn_floor(double x) { return __builtin_floor(x); }
TN_DEVICE float tn_ceil(float x) { return __builtin_ceilf(x); }
TN_DEVICE double tn_ceil(double x) { return __builtin_ceil(x); }
TN_DEVICE float tn_trunc(float x) { return __builtin_truncf(x); }
TN_DEVICE double tn_trunc(double x) { return __builtin_trunc(x); }
TN_DEVICE float tn_round_even(float x) { return __builtin_rintf(x); }
TN_DEVICE double tn_round_even(double x) { return __builtin_rint(x); }
TN_DEVICE float tn_abs(float x) { return __builtin_fabsf(x); }
TN_DEVICE double tn_abs(double x) { return __builtin_fabs(x); }

#define TN_BITS(name, to, from)  \
  TN_DEVICE to name(from x) {    \
    to bits;                     \
    memcpy(&bits, &x, sizeof x); \
    return bits;                 \
  }
TN_BITS(tn_bits_f32, float, tn_i32)
TN_BITS(tn_bits_f32, float, tn_u32)
TN_BITS(tn_bits_i32, tn_i32, float)
TN_BITS(tn_bits_u32, tn_u32, float)
TN_BITS(tn_bits_f64, double, tn_i64)
TN_BITS(tn_bits_f64, double, tn_u64)
TN_BITS(tn_bits_i64, tn_i64, double)
TN_BITS(tn_bits_u64, tn_u64, double)
#undef TN_BITS

TN_DEVICE float tn_f32_of_f16(tn_u16 bits) {
  const tn_u32 sign = (tn_u32)(bits & 0x8000) << 16, rest = bits & 0x7fff;
  /* Subnormals are multiples of 2^-24; others have 10 of the 23 bits, and another bias. */
  if (rest < 0x400) return tn_bits_f32(sign | tn_bits_u32((float)rest * 0x1p-24f));
  return tn_bits_f32(sign | ((rest << 13) + (rest < 0x7c00 ? 112u << 23 : 224u << 23)));
}
TN_DEVICE tn_u16 tn_f16_of_f32(float x) {
  const tn_u32 bits = tn_bits_u32(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return (tn_u16)(sign | 0x7fff); /* NaN, as the GPU writes it */
  if (rest >= 0x477ff000) return (tn_u16)(sign | 0x7c00);
  /* Adding 2^(-24+23) leaves a multiple of 2^-24 in the last bits, rounded to even. */
  if (rest < 0x38800000)
    return (tn_u16)(sign | (tn_bits_u32(tn_bits_f32(rest) + 0x1p-1f) - tn_bits_u32(0x1p-1f)));
  const tn_u32 rounded = rest + 0xfff + (rest >> 13 & 1);
  return (tn_u16)(sign | ((rounded - (112u << 23)) >> 13));
}

/* ---- what the library exports ---- */

/* A kernel's parameters, from its type. */
template <class T>
struct tn_is_pointer {
  static constexpr uint8_t value = 0;
};
template <class T>
struct tn_is_pointer<T*> {
  static constexpr uint8_t value = 1;
};
template <class... Parameters>
struct tn_parameters {
  static constexpr uint16_t bytes[sizeof...(Parameters) + 1] = {sizeof(Parameters)..., 0};
  static constexpr uint8_t is_pointer[sizeof...(Parameters) + 1] = {
      tn_is_pointer<Parameters>::value..., 0};
};
template <auto kernel>
struct tn_emulated_call;
template <class... Parameters, void (*kernel)(Parameters...)>
struct tn_emulated_call<kernel> {
  template <int... places>
  struct list {};
  template <int count, int... places>
  struct make : make<count - 1, count - 1, places...> {};
  template <int... places>
  struct make<0, places...> {
    static TN_UNCHECKED void call(void* const* parameters) {
      (void)parameters;
      kernel(*(Parameters*)parameters[places]...);
    }
  };
  static constexpr uint32_t count = sizeof...(Parameters);
  static constexpr const uint16_t* bytes = tn_parameters<Parameters...>::bytes;
  static constexpr const uint8_t* is_pointer = tn_parameters<Parameters...>::is_pointer;
  static void call(void* const* parameters) { make<sizeof...(Parameters)>::call(parameters); }
};
/* One line of the list of kernels. */
#define TN_EMULATED_ROW(name, threads)  \
  {#name,                               \
   threads,                             \
   tn_emulated_call<&name>::count,      \
   tn_emulated_call<&name>::bytes,      \
   tn_emulated_call<&name>::is_pointer, \
   &tn_emulated_call<&name>::call,      \
   TN_SHARED_RANGE(name)},

#endif
