/* SPDX-License-Identifier: 0BSD
   tn_vector.h: vectors and arithmetic for generated kernels. C++17 without the C++ library, g++ from
   12 and clang from 14.

     f32x8 v = tn_load8(x);                 eight floats, at any address
     tn_store8(y, tn_max(v * w + b, 0.0f)); operators work lane by lane; a scalar stands for all lanes

   Each operation rounds once, so kernels are built with -ffp-contract=off, and fma is a call:
   tn_fma. min and max give NaN where an operand is NaN. Data integers wrap, x / 0 = 0, shifts by the
   width or more give 0, float to integer saturates and NaN gives 0. A mask is an integer vector whose
   lanes are all ones or all zeros: what comparisons give. */
#ifndef TN_VECTOR_H
#define TN_VECTOR_H
#include <stdint.h>
#include <string.h>
#if defined(__ARM_NEON) && !defined(__clang__)
#include <arm_neon.h>
#endif

#define TN_INFINITY __builtin_inff()
#define TN_INFINITY_F64 __builtin_inf()
#define TN_NAN __builtin_nanf("")
#define TN_NAN_F64 __builtin_nan("")
#define TN_INLINE static inline __attribute__((always_inline, unused))

/* Before a loop of n iterations: all of them stand one after another, so that arrays which the loop
   indexes live in registers. */
#define TN_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define TN_UNROLL(n) TN_PRAGMA(clang loop unroll(full))
#else
#define TN_UNROLL(n) TN_PRAGMA(GCC unroll n)
#endif

/* First in one step of sums whose loop is written out: its loads stay behind those of the step
   before, so that registers hold the operands of one step only. */
#if defined(__clang__)
#define TN_STEP() __asm__ volatile("" ::: "memory")
#else
#define TN_STEP() ((void)0)
#endif

#if defined(__has_builtin)
#define TN_HAS(name) __has_builtin(name)
#else
#define TN_HAS(name) 0
#endif

/* ---- types ---- */

template <class T, int lanes>
struct tn_vector {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};

#define TN_VECTORS(lanes)                               \
  typedef tn_vector<float, lanes>::type f32x##lanes;    \
  typedef tn_vector<double, lanes>::type f64x##lanes;   \
  typedef tn_vector<int8_t, lanes>::type i8x##lanes;    \
  typedef tn_vector<uint8_t, lanes>::type u8x##lanes;   \
  typedef tn_vector<int16_t, lanes>::type i16x##lanes;  \
  typedef tn_vector<uint16_t, lanes>::type u16x##lanes; \
  typedef tn_vector<int32_t, lanes>::type i32x##lanes;  \
  typedef tn_vector<uint32_t, lanes>::type u32x##lanes; \
  typedef tn_vector<int64_t, lanes>::type i64x##lanes;  \
  typedef tn_vector<uint64_t, lanes>::type u64x##lanes;
TN_VECTORS(2)
TN_VECTORS(4)
TN_VECTORS(8)
TN_VECTORS(16)
TN_VECTORS(32)
TN_VECTORS(64)

/* Facts of scalars: everything else that kernels compute with is a vector. */
template <class T>
struct tn_scalar {
  enum { is = false };
};
#define TN_SCALAR(type, floats)                                            \
  template <>                                                              \
  struct tn_scalar<type> {                                                 \
    enum { is = true, is_float = floats, is_signed = (type)-1 < (type)1 }; \
  };
TN_SCALAR(float, true)
TN_SCALAR(double, true)
TN_SCALAR(bool, false)
TN_SCALAR(char, false)
TN_SCALAR(signed char, false)
TN_SCALAR(unsigned char, false)
TN_SCALAR(short, false)
TN_SCALAR(unsigned short, false)
TN_SCALAR(int, false)
TN_SCALAR(unsigned, false)
TN_SCALAR(long, false)
TN_SCALAR(unsigned long, false)
TN_SCALAR(long long, false)
TN_SCALAR(unsigned long long, false)
#undef TN_SCALAR

/* The element and the number of lanes of a type; a scalar has one. */
template <class T>
struct tn_referred;
template <class T>
struct tn_referred<T&> {
  typedef T type;
};
template <class V, bool is_scalar = tn_scalar<V>::is>
struct tn_shape {
  typedef V element;
  enum { lanes = 1 };
  template <class T>
  using of = T;
};
template <class V>
struct tn_shape<V, false> {
  typedef typename tn_referred<decltype((*(V*)nullptr)[0])>::type element;
  enum { lanes = sizeof(V) / sizeof(element) };
  template <class T>
  using of = typename tn_vector<T, lanes>::type;
};
template <class V>
using tn_element = typename tn_shape<V>::element;
template <class V>
constexpr bool tn_is_vector = !tn_scalar<V>::is;
template <class V>
constexpr bool tn_is_float = tn_scalar<tn_element<V>>::is_float;
template <class V>
constexpr bool tn_is_signed = tn_scalar<tn_element<V>>::is_signed;
template <class A, class B>
constexpr bool tn_is_same = false;
template <class A>
constexpr bool tn_is_same<A, A> = true;
/* A type only where the condition holds. */
template <bool condition>
struct tn_only {};
template <>
struct tn_only<true> {
  typedef void type;
};

template <int bytes>
struct tn_sized;
template <>
struct tn_sized<1> {
  typedef int8_t integer;
  typedef uint8_t natural;
};
template <>
struct tn_sized<2> {
  typedef int16_t integer;
  typedef uint16_t natural;
};
template <>
struct tn_sized<4> {
  typedef int32_t integer;
  typedef uint32_t natural;
};
template <>
struct tn_sized<8> {
  typedef int64_t integer;
  typedef uint64_t natural;
};
/* The limits of an integer type. */
template <class T>
constexpr T tn_greatest = (T)((typename tn_sized<sizeof(T)>::natural) - 1 >>
                              (tn_is_signed<T> ? 1 : 0));
template <class T>
constexpr T tn_least = tn_is_signed<T> ? (T)(-tn_greatest<T> - 1) : (T)0;
/* What a comparison of two V gives. */
template <class V>
using tn_mask_of =
    typename tn_shape<V>::template of<typename tn_sized<sizeof(tn_element<V>)>::integer>;
/* In which V is added without overflow being an error. Scalars are promoted to 64 bits first. */
template <class V, bool is_vector = tn_is_vector<V>>
struct tn_wrapping {
  typedef uint64_t type;
};
template <class V>
struct tn_wrapping<V, true> {
  typedef typename tn_shape<V>::template of<typename tn_sized<sizeof(tn_element<V>)>::natural> type;
};

/* ---- making and converting vectors ---- */

template <class V, class T>
TN_INLINE V tn_bits(T value) {
  static_assert(sizeof(V) == sizeof(T), "bits of another width");
  V result;
  memcpy(&result, &value, sizeof result);
  return result;
}
/* Lane by lane: to a wider or narrower integer, integer to float, float to float. */
template <class V, class T>
TN_INLINE V tn_convert(T value) {
  return __builtin_convertvector(value, V);
}
template <class V, class T>
TN_INLINE V tn_each(V values, T function) {
  for (int i = 0; i < tn_shape<V>::lanes; ++i) values[i] = function(values[i]);
  return values;
}
template <class V, class T>
TN_INLINE V tn_each(V a, V b, T function) {
  for (int i = 0; i < tn_shape<V>::lanes; ++i) a[i] = function(a[i], b[i]);
  return a;
}
/* a where the mask is on, else b. */
template <class M, class V>
TN_INLINE V tn_select(M mask, V a, V b) {
  return mask ? a : b;
}
/* True where any lane is on. */
template <class M>
TN_INLINE bool tn_any(M mask) {
  bool any = false;
  for (int i = 0; i < tn_shape<M>::lanes; ++i) any = any || mask[i] != 0;
  return any;
}
/* `part` in place of lanes first, first + 1, ... */
template <class V, class P>
TN_INLINE void tn_set_part(V& vector, int64_t first, P part) {
  for (int i = 0; i < tn_shape<P>::lanes; ++i) vector[first + i] = part[i];
}
template <class V, class P>
TN_INLINE V tn_with_part(V vector, int64_t first, P part) {
  tn_set_part(vector, first, part);
  return vector;
}

/* ---- arithmetic, on scalars and vectors ---- */

#define TN_WRAPPING(name, op)                \
  template <class V>                         \
  TN_INLINE V name(V a, V b) {               \
    typedef typename tn_wrapping<V>::type U; \
    return (V)((U)a op(U) b);                \
  }
TN_WRAPPING(tn_add, +)
TN_WRAPPING(tn_sub, -)
TN_WRAPPING(tn_mul, *)
TN_WRAPPING(tn_and, &)
TN_WRAPPING(tn_or, |)
TN_WRAPPING(tn_xor, ^)
#undef TN_WRAPPING
template <class V>
TN_INLINE V tn_neg(V a) {
  return tn_sub(V{}, a);
}
template <class V>
TN_INLINE V tn_not(V a) {
  return (V)~a;
}

template <class V>
TN_INLINE V tn_shl(V a, V b) {
  typedef typename tn_wrapping<V>::type U;
  constexpr int bits = sizeof(tn_element<V>) * 8;
  if constexpr (tn_is_vector<V>)
    return (V)(((U)a << ((U)b & (bits - 1))) & (U)((U)b < bits));
  else
    return (U)b < bits ? (V)((U)a << b) : (V)0;
}
template <class V>
TN_INLINE V tn_shr(V a, V b) {
  typedef typename tn_wrapping<V>::type U;
  constexpr int bits = sizeof(tn_element<V>) * 8;
  if constexpr (tn_is_vector<V>)
    return (V)((U)(a >> (V)((U)b & (bits - 1))) & (U)((U)b < bits));
  else
    return (U)b < bits ? (V)(a >> b) : (V)0;
}

/* True where a / b would trap: by zero, or the least value by -1. */
template <class T>
TN_INLINE bool tn_traps(T a, T b) {
  return b == 0 || (tn_is_signed<T> && a == tn_least<T> && b == (T)-1);
}
template <class V>
TN_INLINE V tn_trunc_div(V a, V b) {
  typedef tn_element<V> T;
  if constexpr (tn_is_vector<V>)
    return tn_each(a, b, [](T x, T y) { return tn_trunc_div(x, y); });
  else
    return b == 0 ? (V)0 : tn_traps(a, b) ? a : (V)(a / b);
}
template <class V>
TN_INLINE V tn_trunc_rem(V a, V b) {
  typedef tn_element<V> T;
  if constexpr (tn_is_vector<V>)
    return tn_each(a, b, [](T x, T y) { return tn_trunc_rem(x, y); });
  else
    return tn_traps(a, b) ? (V)0 : (V)(a % b);
}
template <class V>
TN_INLINE V tn_floor_div(V a, V b) {
  typedef tn_element<V> T;
  if constexpr (tn_is_vector<V>)
    return tn_each(a, b, [](T x, T y) { return tn_floor_div(x, y); });
  else if (tn_traps(a, b))
    return tn_trunc_div(a, b);
  else
    return (V)(a / b - (a % b != 0 && (a % b < 0) != (b < 0)));
}
template <class V>
TN_INLINE V tn_floor_mod(V a, V b) {
  typedef tn_element<V> T;
  if constexpr (tn_is_vector<V>)
    return tn_each(a, b, [](T x, T y) { return tn_floor_mod(x, y); });
  else if (tn_traps(a, b))
    return 0;
  else
    return (V)(a % b + (a % b != 0 && (a % b < 0) != (b < 0) ? b : 0));
}

template <class V>
TN_INLINE V tn_max(V a, V b) {
  const V larger = a > b ? a : b; /* b where they do not compare */
  if constexpr (tn_is_float<V>)
    return a != a ? a : larger;
  else
    return larger;
}
template <class V>
TN_INLINE V tn_min(V a, V b) {
  const V smaller = a < b ? a : b;
  if constexpr (tn_is_float<V>)
    return a != a ? a : smaller;
  else
    return smaller;
}
/* With a number that is not NaN. */
template <class V, class = typename tn_only<tn_is_vector<V> && tn_is_float<V>>::type>
TN_INLINE V tn_max(V a, tn_element<V> number) {
  const V bound = number - V{};
  return bound > a ? bound : a;
}
template <class V, class = typename tn_only<tn_is_vector<V> && tn_is_float<V>>::type>
TN_INLINE V tn_min(V a, tn_element<V> number) {
  const V bound = number - V{};
  return bound < a ? bound : a;
}

/* The sign bit goes; the least integer is its own. */
template <class V>
TN_INLINE V tn_abs(V a) {
  if constexpr (tn_is_float<V>) {
    typedef tn_mask_of<V> M;
    typedef tn_element<M> T;
    return tn_bits<V>((M)(tn_bits<M>(a) & tn_greatest<T>));
  } else if constexpr (tn_is_signed<V>) {
    return a < V{} ? tn_neg(a) : a;
  } else {
    return a;
  }
}

#define TN_LANES_OF(name, f32, f64)                             \
  if constexpr (tn_is_vector<V>)                                \
    return tn_each(a, [](tn_element<V> x) { return name(x); }); \
  else if constexpr (sizeof(V) == 4)                            \
    return f32(a);                                              \
  else                                                          \
    return f64(a)

/* The processor's own instructions, where the language has no operator for them. */
#if defined(__SSE4_1__)
#define TN_ROUND(a, mode)                                                        \
  if constexpr (tn_is_same<V, f32x4>) return (V)__builtin_ia32_roundps(a, mode); \
  if constexpr (tn_is_same<V, f64x2>) return (V)__builtin_ia32_roundpd(a, mode); \
  TN_ROUND_256(a, mode)
#else
#define TN_ROUND(a, mode)
#endif
#if defined(__AVX__)
#define TN_ROUND_256(a, mode)                                                       \
  if constexpr (tn_is_same<V, f32x8>) return (V)__builtin_ia32_roundps256(a, mode); \
  if constexpr (tn_is_same<V, f64x4>) return (V)__builtin_ia32_roundpd256(a, mode);
#else
#define TN_ROUND_256(a, mode)
#endif
template <class V>
TN_INLINE V tn_floor(V a) {
  TN_ROUND(a, 9)
  TN_LANES_OF(tn_floor, __builtin_floorf, __builtin_floor);
}
template <class V>
TN_INLINE V tn_ceil(V a) {
  TN_ROUND(a, 10)
  TN_LANES_OF(tn_ceil, __builtin_ceilf, __builtin_ceil);
}
template <class V>
TN_INLINE V tn_trunc(V a) {
  TN_ROUND(a, 11)
  TN_LANES_OF(tn_trunc, __builtin_truncf, __builtin_trunc);
}
/* Half to even: the rounding mode of a run. */
template <class V>
TN_INLINE V tn_round_even(V a) {
  TN_ROUND(a, 8)
  TN_LANES_OF(tn_round_even, __builtin_rintf, __builtin_rint);
}

template <class V>
TN_INLINE V tn_sqrt(V a) {
#if TN_HAS(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(a);
#else
#if defined(__AVX__) && !defined(__clang__)
  if constexpr (tn_is_same<V, f32x8>) return (V)__builtin_ia32_sqrtps256(a);
  if constexpr (tn_is_same<V, f64x4>) return (V)__builtin_ia32_sqrtpd256(a);
#endif
  TN_LANES_OF(tn_sqrt, __builtin_sqrtf, __builtin_sqrt);
#endif
}

template <class V>
TN_INLINE V tn_fma_same(V a, V b, V c) {
#if TN_HAS(__builtin_elementwise_fma)
  return __builtin_elementwise_fma(a, b, c);
#else
#if defined(__AVX512F__)
  if constexpr (tn_is_same<V, f32x16>)
    return (V)__builtin_ia32_vfmaddps512_mask(a, b, c, (short)-1, 4);
  if constexpr (tn_is_same<V, f64x8>)
    return (V)__builtin_ia32_vfmaddpd512_mask(a, b, c, (char)-1, 4);
#endif
#if defined(__FMA__)
  if constexpr (tn_is_same<V, f32x8>) return (V)__builtin_ia32_vfmaddps256(a, b, c);
  if constexpr (tn_is_same<V, f32x4>) return (V)__builtin_ia32_vfmaddps(a, b, c);
  if constexpr (tn_is_same<V, f64x4>) return (V)__builtin_ia32_vfmaddpd256(a, b, c);
  if constexpr (tn_is_same<V, f64x2>) return (V)__builtin_ia32_vfmaddpd(a, b, c);
#endif
#if defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA) && !defined(__clang__)
  if constexpr (tn_is_same<V, f32x4>)
    return (V)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#endif
  if constexpr (tn_is_vector<V>) {
    for (int i = 0; i < tn_shape<V>::lanes; ++i) a[i] = tn_fma_same(a[i], b[i], c[i]);
    return a;
  } else if constexpr (sizeof(V) == 4) {
    return __builtin_fmaf(a, b, c);
  } else {
    return __builtin_fma(a, b, c);
  }
#endif
}
template <class V, class T>
TN_INLINE V tn_widened(T value) {
  if constexpr (tn_is_vector<T> || !tn_is_vector<V>)
    return value;
  else
    return value - V{};
}
/* a * b + c, rounded once. */
template <class A, class B, class C>
TN_INLINE auto tn_fma(A a, B b, C c) {
  typedef decltype(a + b + c) V;
  return tn_fma_same<V>(tn_widened<V>(a), tn_widened<V>(b), tn_widened<V>(c));
}

/* Float to integer: the nearest integer that the type has, NaN gives 0. */
template <class V, class F>
TN_INLINE V tn_saturate(F value) {
  typedef tn_element<V> I;
  typedef tn_element<F> T;
  /* The greatest value plus 1 is a power of two, as is the least value: floats have both. */
  const T end = (T)(tn_greatest<I> / 2 + 1) * 2, least = (T)tn_least<I>;
  if constexpr (tn_is_vector<V>) {
    const tn_mask_of<F> inside = (value >= least) & (value < end);
    V result = __builtin_convertvector(inside ? value : F{}, V);
    const tn_mask_of<V> above = __builtin_convertvector(value >= end, tn_mask_of<V>);
    const tn_mask_of<V> below = __builtin_convertvector(value < least, tn_mask_of<V>);
    result = above ? tn_greatest<I> - V{} : result;
    return below ? tn_least<I> - V{} : result;
  } else {
    if (value >= end) return tn_greatest<I>;
    if (value < least) return tn_least<I>;
    return value != value ? (V)0 : (V)value;
  }
}

/* ---- memory ---- */

/* Whole vectors under a mask, where the processor has that in one instruction; 0 for lanes off. */
template <class V>
TN_INLINE bool tn_load_masked(const tn_element<V>* from, tn_mask_of<V> mask, V& result) {
#if defined(__AVX__)
  if constexpr (sizeof(tn_element<V>) == 4 && sizeof(V) == 32) {
    result = (V)__builtin_ia32_maskloadps256((const f32x8*)from, (i32x8)mask);
    return true;
  }
  if constexpr (sizeof(tn_element<V>) == 4 && sizeof(V) == 16) {
    result = (V)__builtin_ia32_maskloadps((const f32x4*)from, (i32x4)mask);
    return true;
  }
#endif
  (void)from, (void)mask, (void)result;
  return false;
}
template <class V>
TN_INLINE bool tn_store_masked(tn_element<V>* to, V values, tn_mask_of<V> mask) {
#if defined(__AVX__)
  if constexpr (sizeof(tn_element<V>) == 4 && sizeof(V) == 32) {
    __builtin_ia32_maskstoreps256((f32x8*)to, (i32x8)mask, (f32x8)values);
    return true;
  }
  if constexpr (sizeof(tn_element<V>) == 4 && sizeof(V) == 16) {
    __builtin_ia32_maskstoreps((f32x4*)to, (i32x4)mask, (f32x4)values);
    return true;
  }
#endif
  (void)to, (void)values, (void)mask;
  return false;
}

template <int lanes, class T>
using tn_of = typename tn_vector<T, lanes>::type;

template <int lanes, class T>
TN_INLINE tn_of<lanes, T> tn_load(const T* from) {
  tn_of<lanes, T> result;
  memcpy(&result, from, sizeof result);
  return result;
}
template <int lanes, class T, class M>
TN_INLINE tn_of<lanes, T> tn_load(const T* from, M mask) {
  tn_of<lanes, T> result{};
  if (tn_load_masked<tn_of<lanes, T>>(from, mask, result)) return result;
  for (int i = 0; i < lanes; ++i)
    if (mask[i]) result[i] = from[i];
  return result;
}
template <int lanes, class T, class V>
TN_INLINE void tn_store(T* to, V values) {
  memcpy(to, &values, sizeof values);
}
template <int lanes, class T, class V, class M>
TN_INLINE void tn_store(T* to, V values, M mask) {
  if (tn_store_masked<V>(to, values, mask)) return;
  for (int i = 0; i < lanes; ++i)
    if (mask[i]) to[i] = values[i];
}
template <int lanes, class T>
TN_INLINE tn_of<lanes, T> tn_gather(const T* from, int64_t stride) {
  tn_of<lanes, T> result{};
  for (int i = 0; i < lanes; ++i) result[i] = from[i * stride];
  return result;
}
template <int lanes, class T, class M>
TN_INLINE tn_of<lanes, T> tn_gather(const T* from, int64_t stride, M mask) {
  tn_of<lanes, T> result{};
  for (int i = 0; i < lanes; ++i)
    if (mask[i]) result[i] = from[i * stride];
  return result;
}
template <int lanes, class T, class V>
TN_INLINE void tn_scatter(T* to, int64_t stride, V values) {
  for (int i = 0; i < lanes; ++i) to[i * stride] = values[i];
}
template <int lanes, class T, class V, class M>
TN_INLINE void tn_scatter(T* to, int64_t stride, V values, M mask) {
  for (int i = 0; i < lanes; ++i)
    if (mask[i]) to[i * stride] = values[i];
}
template <int lanes>
TN_INLINE tn_of<lanes, int32_t> tn_numbers() {
  tn_of<lanes, int32_t> numbers{};
  for (int i = 0; i < lanes; ++i) numbers[i] = i;
  return numbers;
}

/* With the number of lanes in the name: tn_load8, tn_store8, tn_load8 under a mask, tn_gather8 and
   tn_scatter8 with a stride, tn_splat8, tn_part8 (lanes first .. first + 7 of a longer vector),
   tn_first8 (a mask: the first n lanes), tn_mask8 (all lanes or none), tn_lanes8 (0, 1, 2, ...). */
#define TN_LANES(n)                                                              \
  template <class T, class... M>                                                 \
  TN_INLINE tn_of<n, T> tn_load##n(const T* from, M... mask) {                   \
    return tn_load<n>(from, mask...);                                            \
  }                                                                              \
  template <class T, class V, class... M>                                        \
  TN_INLINE void tn_store##n(T* to, V values, M... mask) {                       \
    tn_store<n>(to, values, mask...);                                            \
  }                                                                              \
  template <class T, class... M>                                                 \
  TN_INLINE tn_of<n, T> tn_gather##n(const T* from, int64_t stride, M... mask) { \
    return tn_gather<n>(from, stride, mask...);                                  \
  }                                                                              \
  template <class T, class V, class... M>                                        \
  TN_INLINE void tn_scatter##n(T* to, int64_t stride, V values, M... mask) {     \
    tn_scatter<n>(to, stride, values, mask...);                                  \
  }                                                                              \
  template <class T>                                                             \
  TN_INLINE tn_of<n, T> tn_splat##n(T value) {                                   \
    return value - tn_of<n, T>{};                                                \
  }                                                                              \
  template <class V>                                                             \
  TN_INLINE tn_of<n, tn_element<V>> tn_part##n(V vector, int64_t first) {        \
    tn_of<n, tn_element<V>> part{};                                              \
    for (int i = 0; i < n; ++i) part[i] = vector[first + i];                     \
    return part;                                                                 \
  }                                                                              \
  TN_INLINE i32x##n tn_first##n(int64_t count) {                                 \
    const int32_t limit = count < 0 ? 0 : count > n ? n : (int32_t)count;        \
    return tn_numbers<n>() < limit;                                              \
  }                                                                              \
  TN_INLINE i32x##n tn_mask##n(bool on) { return tn_splat##n(on ? -1 : 0); }     \
  TN_INLINE i64x##n tn_lanes##n() { return tn_convert<i64x##n>(tn_numbers<n>()); }
TN_LANES(2)
TN_LANES(4)
TN_LANES(8)
TN_LANES(16)
TN_LANES(32)
TN_LANES(64)

TN_INLINE void tn_prefetch(const void* address) { __builtin_prefetch(address); }
/* A condition of the model failed: the first status stays. */
TN_INLINE void tn_report(int32_t* status, int32_t code) {
  if (*status == 0) *status = code;
}

#endif
