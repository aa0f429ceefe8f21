/* SPDX-License-Identifier: 0BSD
   compare.h: does an output agree with what a self-test has stored for it?
     1.0000001f, expected 1.0f, relative 1e-3   ->   yes; a NaN, where none is expected   ->   no */
#ifndef TENON_RUNTIME_COMPARE_H
#define TENON_RUNTIME_COMPARE_H

#include "runtime/model_tables.h"

enum {
  TNR_DTYPE_F32 = 1,
  TNR_DTYPE_F16 = 10,
  TNR_DTYPE_F64 = 11,
  TNR_DTYPE_BF16 = 16
}; /* ONNX TensorProto.DataType */

static inline double tnr_f32_from_bits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return (double)value;
}

/* IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of mantissa. */
static inline double tnr_f16_from_bits(uint16_t bits) {
  const uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u)
    return tnr_f32_from_bits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  if (magnitude >= 0x400u) return tnr_f32_from_bits(sign | ((magnitude << 13) + 0x38000000u));
  const double subnormal = (double)magnitude * 0x1p-24;
  return sign ? -subnormal : subnormal;
}

static inline uint32_t tnr_element_bytes(int32_t dtype) {
  switch (dtype) {
    case TNR_DTYPE_F64: return 8;
    case TNR_DTYPE_F32: return 4;
    case TNR_DTYPE_F16:
    case TNR_DTYPE_BF16: return 2;
    default: return 1; /* integers are compared byte by byte */
  }
}

static inline double tnr_load_float(int32_t dtype, const unsigned char *from) {
  if (dtype == TNR_DTYPE_F64) {
    double value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  if (dtype == TNR_DTYPE_F32) {
    uint32_t bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    return tnr_f32_from_bits(bits);
  }
  uint16_t bits;
  __builtin_memcpy(&bits, from, sizeof bits);
  return dtype == TNR_DTYPE_F16 ? tnr_f16_from_bits(bits) : tnr_f32_from_bits((uint32_t)bits << 16);
}

static inline int tnr_agrees(int32_t dtype, const unsigned char *found,
                             const unsigned char *expected, double absolute, double relative) {
  if (tnr_element_bytes(dtype) == 1) return *found == *expected;
  const double a = tnr_load_float(dtype, found), b = tnr_load_float(dtype, expected);
  if (a == b || (a != a && b != b)) return 1;
  const double difference = a < b ? b - a : a - b, magnitude = b < 0 ? -b : b;
  /* The first half refuses a NaN, and an infinity beside anything else, whatever the tolerance. */
  return difference < __builtin_inf() && difference <= absolute + relative * magnitude;
}

/* All elements of an output. */
static inline int tnr_output_agrees(int32_t dtype, const tnr_golden *golden,
                                    const unsigned char *found, const unsigned char *expected,
                                    uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; i += tnr_element_bytes(dtype))
    if (!tnr_agrees(dtype, found + i, expected + i, golden->absolute, golden->relative)) return 0;
  return 1;
}
#endif
