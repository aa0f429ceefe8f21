/* SPDX-License-Identifier: 0BSD
   status.c: N_status_text.
     TN_CUDA | 222 << 8   ->   "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"
     TN_DIM | 0 << 8      ->   "batch is outside 1..16", from the model's table */
#include "runtime/cuda/internal.h"

/* The driver's names of what it returns to the calls that the runtime makes. */
/* clang-format off */
#define TNC_ERROR_NAMES(X) \
  X(1, "INVALID_VALUE") X(2, "OUT_OF_MEMORY") X(3, "NOT_INITIALIZED") X(4, "DEINITIALIZED") \
  X(34, "STUB_LIBRARY") X(46, "DEVICE_UNAVAILABLE") X(100, "NO_DEVICE") X(101, "INVALID_DEVICE") \
  X(102, "DEVICE_NOT_LICENSED") X(200, "INVALID_IMAGE") X(201, "INVALID_CONTEXT") \
  X(205, "MAP_FAILED") X(209, "NO_BINARY_FOR_GPU") X(214, "ECC_UNCORRECTABLE") \
  X(215, "UNSUPPORTED_LIMIT") X(218, "INVALID_PTX") X(220, "NVLINK_UNCORRECTABLE") \
  X(221, "JIT_COMPILER_NOT_FOUND") X(222, "UNSUPPORTED_PTX_VERSION") \
  X(223, "JIT_COMPILATION_DISABLED") X(226, "CONTAINED") X(300, "INVALID_SOURCE") \
  X(302, "SHARED_OBJECT_SYMBOL_NOT_FOUND") X(303, "SHARED_OBJECT_INIT_FAILED") \
  X(304, "OPERATING_SYSTEM") X(400, "INVALID_HANDLE") X(401, "ILLEGAL_STATE") \
  X(500, "NOT_FOUND") X(600, "NOT_READY") X(700, "ILLEGAL_ADDRESS") \
  X(701, "LAUNCH_OUT_OF_RESOURCES") X(702, "LAUNCH_TIMEOUT") X(709, "CONTEXT_IS_DESTROYED") \
  X(714, "HARDWARE_STACK_ERROR") X(715, "ILLEGAL_INSTRUCTION") X(716, "MISALIGNED_ADDRESS") \
  X(718, "INVALID_PC") X(719, "LAUNCH_FAILED") X(800, "NOT_PERMITTED") X(801, "NOT_SUPPORTED") \
  X(802, "SYSTEM_NOT_READY") X(803, "SYSTEM_DRIVER_MISMATCH") \
  X(804, "COMPAT_NOT_SUPPORTED_ON_DEVICE") X(900, "STREAM_CAPTURE_UNSUPPORTED") \
  X(901, "STREAM_CAPTURE_INVALIDATED") X(902, "STREAM_CAPTURE_MERGE") \
  X(903, "STREAM_CAPTURE_UNMATCHED") X(904, "STREAM_CAPTURE_UNJOINED") \
  X(905, "STREAM_CAPTURE_ISOLATION") X(906, "STREAM_CAPTURE_IMPLICIT") \
  X(907, "CAPTURED_EVENT") X(908, "STREAM_CAPTURE_WRONG_THREAD") \
  X(910, "GRAPH_EXEC_UPDATE_FAILURE") X(999, "UNKNOWN")
/* clang-format on */

/* A choice between strings becomes a table of addresses, which would have to be relocated: the
   texts lie in one string, each behind its number. */
#define TNC_ERROR_ENTRY(number, name) #number "\0CUDA_ERROR_" name "\0"
static const char tnc_error_texts[] =
    TNC_ERROR_NAMES(TNC_ERROR_ENTRY) /* and the details of cuda_tables.h: */
    "10001\0no NVIDIA driver: libcuda.so.1 cannot be opened\0"
    "10002\0the NVIDIA driver is too old: it lacks a function\0"
    "10003\0the library holds no code for this device and driver\0"
    "10004\0no CUDA context was given, and none is current\0";

static const char *tnc_behind(const char *text) {
  while (*text != 0) ++text;
  return text + 1;
}

static int tnc_number(const char *digits) {
  int number = 0;
  while (*digits != 0) number = 10 * number + (*digits++ - '0');
  return number;
}

static const char *tnc_error_text(int result) {
  const char *at = tnc_error_texts;
  while (at < tnc_error_texts + sizeof tnc_error_texts - 1) {
    const char *const text = tnc_behind(at);
    if (tnc_number(at) == result) return text;
    at = tnc_behind(text);
  }
  return "an error of the CUDA driver";
}

TNC_FUNCTION const char *tn_cu_status_text(int status) {
  if (TN_CODE(status) == TN_CUDA) return tnc_error_text(TN_DETAIL(status));
  for (uint32_t i = 0; i < tn_cuda_model.status_text_count; ++i)
    if (tn_cuda_status_texts[i].status == status)
      return tn_cuda_strings + tn_cuda_status_texts[i].text;
  return tn_cuda_strings;
}
