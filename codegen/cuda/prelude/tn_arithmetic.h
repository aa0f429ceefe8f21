/* Arithmetic of generated kernels (tn_cuda.h) in plain C++, on top of the machine's names. */
#ifndef TN_ARITHMETIC_H
#define TN_ARITHMETIC_H

#define TN_INFINITY tn_bits_f32((tn_u32)0x7f800000)
#define TN_NAN tn_bits_f32((tn_u32)0x7fc00000)
#define TN_INFINITY_F64 tn_bits_f64((tn_u64)0x7ff0000000000000)
#define TN_NAN_F64 tn_bits_f64((tn_u64)0x7ff8000000000000)

/* Written so that a NaN on either side is the result. */
template <class T>
TN_DEVICE T tn_min(T a, T b) {
  return a < b || a != a ? a : b;
}
template <class T>
TN_DEVICE T tn_max(T a, T b) {
  return b < a || a != a ? a : b;
}

/* Of each integer type: the unsigned one of its width, in which integers wrap without undefined
   behaviour, and its least and greatest value and the power of two above, 0 for the least of
   unsigned ones. The powers are exact in every float type. */
template <class T>
struct tn_integer;
#define TN_INTEGER(name, unsigned_name, smallest, greatest, above) \
  template <>                                                      \
  struct tn_integer<name> {                                        \
    typedef unsigned_name wrapping;                                \
    static TN_MEMBER name least() { return smallest; }             \
    static TN_MEMBER name most() { return greatest; }              \
    static TN_MEMBER double end() { return above; }                \
  };
TN_INTEGER(tn_i8, tn_u8, -128, 127, 128.0)
TN_INTEGER(tn_u8, tn_u8, 0, 255, 256.0)
TN_INTEGER(tn_i16, tn_u16, -32767 - 1, 32767, 32768.0)
TN_INTEGER(tn_u16, tn_u16, 0, 65535, 65536.0)
TN_INTEGER(tn_i32, tn_u32, -2147483647 - 1, 2147483647, 2147483648.0)
TN_INTEGER(tn_u32, tn_u32, 0, 4294967295u, 4294967296.0)
TN_INTEGER(tn_i64, tn_u64, INT64_MIN, INT64_C(9223372036854775807), 9223372036854775808.0)
TN_INTEGER(tn_u64, tn_u64, 0, UINT64_C(18446744073709551615), 18446744073709551616.0)
#undef TN_INTEGER

template <class T>
TN_DEVICE T tn_add(T a, T b) {
  typedef typename tn_integer<T>::wrapping U;
  return (T)(U)((U)a + (U)b);
}
template <class T>
TN_DEVICE T tn_sub(T a, T b) {
  typedef typename tn_integer<T>::wrapping U;
  return (T)(U)((U)a - (U)b);
}
/* 16 bits would be multiplied as int, which they overflow: 64 bits hold all products but their own,
   which wrap. */
template <class T>
TN_DEVICE T tn_mul(T a, T b) {
  typedef typename tn_integer<T>::wrapping U;
  return (T)(U)((tn_u64)(U)a * (tn_u64)(U)b);
}
template <class T>
TN_DEVICE T tn_neg(T a) {
  return tn_sub((T)0, a);
}
#define TN_ABS(type) \
  TN_DEVICE type tn_abs(type a) { return a < (type)0 ? tn_neg(a) : a; }
TN_ABS(tn_i8)
TN_ABS(tn_i16)
TN_ABS(tn_i32)
TN_ABS(tn_i64)
#undef TN_ABS
TN_DEVICE tn_u8 tn_abs(tn_u8 a) { return a; }
TN_DEVICE tn_u16 tn_abs(tn_u16 a) { return a; }
TN_DEVICE tn_u32 tn_abs(tn_u32 a) { return a; }
TN_DEVICE tn_u64 tn_abs(tn_u64 a) { return a; }

template <class T>
TN_DEVICE T tn_and(T a, T b) {
  return (T)(a & b);
}
template <class T>
TN_DEVICE T tn_or(T a, T b) {
  return (T)(a | b);
}
template <class T>
TN_DEVICE T tn_xor(T a, T b) {
  return (T)(a ^ b);
}
template <class T>
TN_DEVICE T tn_not(T a) {
  return (T)~a;
}

template <class T>
TN_DEVICE bool tn_overflows(T b) {
  return tn_integer<T>::least() != 0 && b == (T)-1;
}
template <class T>
TN_DEVICE T tn_trunc_div(T a, T b) {
  return b == 0 ? (T)0 : tn_overflows(b) ? tn_neg(a) : (T)(a / b);
}
template <class T>
TN_DEVICE T tn_trunc_rem(T a, T b) {
  return b == 0 || tn_overflows(b) ? (T)0 : (T)(a % b);
}
/* The remainder has another sign than the divisor where truncation went up. */
template <class T>
TN_DEVICE bool tn_went_up(T remainder, T b) {
  return remainder != 0 && (remainder ^ b) < 0 && tn_integer<T>::least() != 0;
}
template <class T>
TN_DEVICE T tn_floor_div(T a, T b) {
  const T quotient = tn_trunc_div(a, b);
  return tn_went_up(tn_trunc_rem(a, b), b) ? (T)(quotient - 1) : quotient;
}
template <class T>
TN_DEVICE T tn_floor_mod(T a, T b) {
  const T remainder = tn_trunc_rem(a, b);
  return tn_went_up(remainder, b) ? (T)(remainder + b) : remainder;
}

template <class T>
TN_DEVICE T tn_shl(T a, T b) {
  typedef typename tn_integer<T>::wrapping U;
  return (U)b < 8 * sizeof(T) ? (T)(U)((U)a << (U)b) : (T)0;
}
template <class T>
TN_DEVICE T tn_shr(T a, T b) {
  typedef typename tn_integer<T>::wrapping U;
  return (U)b < 8 * sizeof(T) ? (T)(a >> (U)b) : (T)0;
}

template <class T, class F>
TN_DEVICE T tn_saturate(F x) {
  typedef tn_integer<T> limits;
  const F end = (F)limits::end(), least = limits::least() == 0 ? (F)0 : -end;
  return x != x ? (T)0 : x <= least ? limits::least() : x >= end ? limits::most() : (T)x;
}

template <class T>
struct tn_same_bits;
#define TN_SAME_BITS(type, name)  \
  template <>                     \
  struct tn_same_bits<type> {     \
    template <class F>            \
    static TN_MEMBER type of(F x) { return name(x); } \
  };
TN_SAME_BITS(float, tn_bits_f32)
TN_SAME_BITS(double, tn_bits_f64)
#undef TN_SAME_BITS
/* Between integers of one width the bits stay; of floats they are read. */
#define TN_SAME_BITS(type, real, name)                \
  template <>                                         \
  struct tn_same_bits<type> {                         \
    template <class F>                                \
    static TN_MEMBER type of(F x) { return (type)x; } \
    static TN_MEMBER type of(real x) { return name(x); } \
  };
TN_SAME_BITS(tn_i32, float, tn_bits_i32)
TN_SAME_BITS(tn_u32, float, tn_bits_u32)
TN_SAME_BITS(tn_i64, double, tn_bits_i64)
TN_SAME_BITS(tn_u64, double, tn_bits_u64)
#undef TN_SAME_BITS
#define TN_SAME_BITS(type)                            \
  template <>                                         \
  struct tn_same_bits<type> {                         \
    template <class F>                                \
    static TN_MEMBER type of(F x) { return (type)x; } \
  };
TN_SAME_BITS(tn_i8)
TN_SAME_BITS(tn_u8)
TN_SAME_BITS(tn_i16)
TN_SAME_BITS(tn_u16)
#undef TN_SAME_BITS
template <class T, class F>
TN_DEVICE T tn_bits(F x) {
  return tn_same_bits<T>::of(x);
}

#endif
