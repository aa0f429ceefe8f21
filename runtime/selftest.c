/* SPDX-License-Identifier: 0BSD
   selftest.c: N_selftest. Runs the model on stored inputs, in the arena that it is given, and
   compares the outputs with stored ones. The arena holds N_io, the outputs, and then the arena of
   the run.
     selftest(&model, arena, N_SELFTEST_BYTES) -> TN_OK, or TN_SELFTEST with the node of the first
     wrong output */
#include "runtime/float_mode.h"
#include "runtime/internal.h"

enum {
  DTYPE_F32 = 1,
  DTYPE_F16 = 10,
  DTYPE_F64 = 11,
  DTYPE_BF16 = 16
}; /* ONNX TensorProto.DataType */

static double f32_from_bits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return (double)value;
}

/* IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of mantissa. */
static double f16_from_bits(uint16_t bits) {
  const uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return f32_from_bits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  if (magnitude >= 0x400u) return f32_from_bits(sign | ((magnitude << 13) + 0x38000000u));
  const double subnormal = (double)magnitude * 0x1p-24;
  return sign ? -subnormal : subnormal;
}

static uint32_t element_bytes(int32_t dtype) {
  switch (dtype) {
    case DTYPE_F64: return 8;
    case DTYPE_F32: return 4;
    case DTYPE_F16:
    case DTYPE_BF16: return 2;
    default: return 1; /* integers are compared byte by byte */
  }
}

static double load_float(int32_t dtype, const unsigned char *from) {
  if (dtype == DTYPE_F64) {
    double value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  if (dtype == DTYPE_F32) {
    uint32_t bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    return f32_from_bits(bits);
  }
  uint16_t bits;
  __builtin_memcpy(&bits, from, sizeof bits);
  return dtype == DTYPE_F16 ? f16_from_bits(bits) : f32_from_bits((uint32_t)bits << 16);
}

static int agrees(int32_t dtype, const unsigned char *found, const unsigned char *expected,
                  double absolute, double relative) {
  if (element_bytes(dtype) == 1) return *found == *expected;
  const double a = load_float(dtype, found), b = load_float(dtype, expected);
  if (a == b || (a != a && b != b)) return 1;
  const double difference = a < b ? b - a : a - b, magnitude = b < 0 ? -b : b;
  /* The first half refuses a NaN, and an infinity beside anything else, whatever the tolerance. */
  return difference < __builtin_inf() && difference <= absolute + relative * magnitude;
}

static int outputs_agree(uint32_t tensor, const unsigned char *found, uint64_t bytes) {
  const tnr_golden golden = tn_model_golden[tensor];
  const int32_t dtype = tn_model_tensors[tensor].dtype;
  const unsigned char *expected = tn_model_golden_bytes + golden.offset;
  for (uint64_t i = 0; i < bytes; i += element_bytes(dtype))
    if (!agrees(dtype, found + i, expected + i, golden.absolute, golden.relative)) return 0;
  return 1;
}

int tn_rt_selftest(const tnr_opened *model, void *arena, size_t arena_bytes, int64_t *entry) {
  unsigned char *base = (unsigned char *)arena;
  if (base == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_ARENA(&tn_model));
  if (((uintptr_t)base & (tn_model.arena_align - 1)) != 0)
    return TNR_STATUS(TN_ALIGNMENT, TNR_ARGUMENT_ARENA(&tn_model));
  for (uint32_t i = 0; i < tn_model.dim_count; ++i) entry[i] = tn_model_golden_dims[i];
  tn_model_entry(entry);

  uint64_t used = TNR_ROUND_UP(tn_model.io_bytes);
  for (uint32_t i = 0; i < tn_model.tensor_count; ++i)
    if (tn_model_tensors[i].role != TN_INPUT)
      used += TNR_ROUND_UP(entry[TNR_ENTRY_TENSOR(&tn_model, i)]);
  used = (used + tn_model.arena_align - 1) & ~(uint64_t)(tn_model.arena_align - 1);
  if (arena_bytes < used) return TNR_STATUS(TN_ARENA, 0);

  unsigned char *io = base, *output = base + TNR_ROUND_UP(tn_model.io_bytes);
  __builtin_memset(io, 0, tn_model.io_bytes);
  for (uint32_t i = 0; i < tn_model.dim_count; ++i)
    __builtin_memcpy(io + tn_model_dims[i].io_offset, &tn_model_golden_dims[i], sizeof(int64_t));
  for (uint32_t i = 0; i < tn_model.tensor_count; ++i) {
    const void *pointer = output;
    if (tn_model_tensors[i].role == TN_INPUT)
      pointer = tn_model_golden_bytes + tn_model_golden[i].offset;
    else
      output += TNR_ROUND_UP(entry[TNR_ENTRY_TENSOR(&tn_model, i)]);
    __builtin_memcpy(io + tn_model_tensors[i].io_offset, &pointer, sizeof pointer);
  }
  int status = tn_rt_run(model, io, base + used, (size_t)(arena_bytes - used), NULL, entry);
  if (status != TN_OK) return status;

  const tnr_float_mode caller = tnr_enter_float_mode();
  output = base + TNR_ROUND_UP(tn_model.io_bytes);
  for (uint32_t i = 0; i < tn_model.tensor_count && status == TN_OK; ++i) {
    if (tn_model_tensors[i].role == TN_INPUT) continue;
    const uint64_t bytes = (uint64_t)entry[TNR_ENTRY_TENSOR(&tn_model, i)];
    if (!outputs_agree(i, output, bytes)) status = TNR_STATUS(TN_SELFTEST, tn_model_golden[i].node);
    output += TNR_ROUND_UP(bytes);
  }
  tnr_leave_float_mode(caller);
  return status;
}
