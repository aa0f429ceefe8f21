/* Arithmetic of generated kernels (tn_cuda.h) in plain C++, on top of the machine's names. */
#ifndef TN_ARITHMETIC_H
#define TN_ARITHMETIC_H

/* Written so that a NaN on either side is the result. */
template <class T>
TN_DEVICE T tn_min(T a, T b) {
  return a < b || a != a ? a : b;
}
template <class T>
TN_DEVICE T tn_max(T a, T b) {
  return b < a || a != a ? a : b;
}

/* The unsigned type of a width, in which integers wrap without undefined behaviour. */
template <class T> struct tn_unsigned { typedef T type; };
template <> struct tn_unsigned<tn_i8> { typedef tn_u8 type; };
template <> struct tn_unsigned<tn_i16> { typedef tn_u16 type; };
template <> struct tn_unsigned<tn_i32> { typedef tn_u32 type; };
template <> struct tn_unsigned<tn_i64> { typedef tn_u64 type; };

template <class T>
TN_DEVICE T tn_add(T a, T b) {
  typedef typename tn_unsigned<T>::type U;
  return (T)(U)((U)a + (U)b);
}
template <class T>
TN_DEVICE T tn_sub(T a, T b) {
  typedef typename tn_unsigned<T>::type U;
  return (T)(U)((U)a - (U)b);
}
/* The product of narrow types would be one of int, which 16 bits overflow: 64 bits hold it. */
template <class T>
TN_DEVICE T tn_mul(T a, T b) {
  typedef typename tn_unsigned<T>::type U;
  return (T)(U)((tn_u64)(U)a * (tn_u64)(U)b);
}
template <class T>
TN_DEVICE T tn_neg(T a) {
  return tn_sub((T)0, a);
}
TN_DEVICE tn_i8 tn_abs(tn_i8 a) { return a < 0 ? tn_neg(a) : a; }
TN_DEVICE tn_i16 tn_abs(tn_i16 a) { return a < 0 ? tn_neg(a) : a; }
TN_DEVICE tn_i32 tn_abs(tn_i32 a) { return a < 0 ? tn_neg(a) : a; }
TN_DEVICE tn_i64 tn_abs(tn_i64 a) { return a < 0 ? tn_neg(a) : a; }
TN_DEVICE tn_u8 tn_abs(tn_u8 a) { return a; }
TN_DEVICE tn_u16 tn_abs(tn_u16 a) { return a; }
TN_DEVICE tn_u32 tn_abs(tn_u32 a) { return a; }
TN_DEVICE tn_u64 tn_abs(tn_u64 a) { return a; }

template <class T>
TN_DEVICE T tn_div_trunc(T a, T b) {
  return b == 0 ? (T)0 : (T)-1 < (T)0 && b == (T)-1 ? tn_neg(a) : (T)(a / b);
}
template <class T>
TN_DEVICE T tn_rem_trunc(T a, T b) {
  return b == 0 || ((T)-1 < (T)0 && b == (T)-1) ? (T)0 : (T)(a % b);
}
template <class T>
TN_DEVICE T tn_div_floor(T a, T b) {
  T quotient = tn_div_trunc(a, b), remainder = tn_rem_trunc(a, b);
  return remainder != 0 && (remainder < 0) != (b < 0) ? (T)(quotient - 1) : quotient;
}
template <class T>
TN_DEVICE T tn_mod_floor(T a, T b) {
  T remainder = tn_rem_trunc(a, b);
  return remainder != 0 && (remainder < 0) != (b < 0) ? (T)(remainder + b) : remainder;
}

template <class T>
TN_DEVICE T tn_shl(T a, T b) {
  typedef typename tn_unsigned<T>::type U;
  return (U)b < 8 * sizeof(T) ? (T)(U)((U)a << (U)b) : (T)0;
}
template <class T>
TN_DEVICE T tn_shr(T a, T b) {
  typedef typename tn_unsigned<T>::type U;
  return (U)b < 8 * sizeof(T) ? (T)(a >> (U)b) : (T)0;
}

/* `low` and `high` are powers of two, or 0, and so exact. */
template <class T, class F>
TN_DEVICE T tn_saturated(F x, F low, F high, T least, T most) {
  return x != x ? (T)0 : x <= low ? least : x >= high ? most : (T)x;
}
#define TN_CONVERSION(to, low, high, least, most)                                \
  template <class T>                                                             \
  TN_DEVICE tn_##to tn_##to##_of(T x) {                                          \
    return (tn_##to)x;                                                           \
  }                                                                              \
  TN_DEVICE tn_##to tn_##to##_of(float x) {                                      \
    return tn_saturated<tn_##to>(x, (float)low, (float)high, (tn_##to)(least),   \
                                 (tn_##to)(most));                               \
  }                                                                              \
  TN_DEVICE tn_##to tn_##to##_of(double x) {                                     \
    return tn_saturated<tn_##to>(x, low, high, (tn_##to)(least), (tn_##to)(most)); \
  }
TN_CONVERSION(i8, -128.0, 128.0, -128, 127)
TN_CONVERSION(u8, 0.0, 256.0, 0, 255)
TN_CONVERSION(i16, -32768.0, 32768.0, -32768, 32767)
TN_CONVERSION(u16, 0.0, 65536.0, 0, 65535)
TN_CONVERSION(i32, -2147483648.0, 2147483648.0, -2147483647 - 1, 2147483647)
TN_CONVERSION(u32, 0.0, 4294967296.0, 0, 4294967295u)
TN_CONVERSION(i64, -9223372036854775808.0, 9223372036854775808.0, -9223372036854775807LL - 1,
              9223372036854775807LL)
TN_CONVERSION(u64, 0.0, 18446744073709551616.0, 0, 18446744073709551615ULL)
#undef TN_CONVERSION

#endif
