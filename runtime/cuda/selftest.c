/* SPDX-License-Identifier: 0BSD
   selftest.c: N_selftest. Uploads stored inputs, runs the model on them and compares the outputs
   with stored ones, all in the memory of the device that it is given: the tensors, each at a
   multiple of TNC_DEVICE_ALIGN, then the arena.
     selftest(&model, memory, N_SELFTEST_BYTES, stream)   ->   TN_OK, or TN_SELFTEST with the node of
                                                               the first wrong output */
#include "runtime/compare.h"
#include "runtime/cuda/internal.h"

#define TNC_ROUND_UP(bytes) \
  (((uint64_t)(bytes) + TNC_DEVICE_ALIGN - 1) / TNC_DEVICE_ALIGN * TNC_DEVICE_ALIGN)

static uint64_t tnc_golden_bytes_of(uint32_t tensor) {
  return (uint64_t)tnc_evaluate(tn_cuda_tensor_bytes[tensor], tn_cuda_golden_dims);
}

/* Fills the inputs and N_io, whose result is `result`; gives the arena. */
static unsigned char *tnc_golden_io(const tnc_opened_fields *model, unsigned char *memory,
                                    unsigned char *io, void *result, struct CUstream_st *stream,
                                    tnc_result *answer) {
  __builtin_memset(io, 0, tn_cuda_model.io_bytes);
  for (uint32_t i = 0; i < tn_cuda_model.dim_count; ++i)
    __builtin_memcpy(io + tn_cuda_dims[i].io_offset, &tn_cuda_golden_dims[i], sizeof(int64_t));
  __builtin_memcpy(io + tn_cuda_model.result_offset, &result, sizeof result);
  *answer = TNC_SUCCESS;
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i) {
    const uint64_t bytes = tnc_golden_bytes_of(i);
    __builtin_memcpy(io + tn_cuda_tensors[i].io_offset, &memory, sizeof memory);
    if (tn_cuda_tensors[i].role == TN_INPUT && bytes != 0 && *answer == TNC_SUCCESS)
      *answer = model->driver.copy_to_device(
          (uintptr_t)memory, tn_cuda_golden_bytes + tn_cuda_golden[i].offset, bytes, stream);
    memory += TNC_ROUND_UP(bytes);
  }
  return memory;
}

/* Copies the outputs to `found`, one behind the other, and waits for all. */
static tnc_result tnc_fetch(const tnc_opened_fields *model, const unsigned char *io,
                            unsigned char *found, struct CUstream_st *stream) {
  tnc_result result = TNC_SUCCESS;
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count && result == TNC_SUCCESS; ++i) {
    const uint64_t bytes = tnc_golden_bytes_of(i);
    if (tn_cuda_tensors[i].role == TN_INPUT || bytes == 0) continue;
    result =
        model->driver.copy((uintptr_t)found, (uintptr_t)tnc_tensor_pointer(io, i), bytes, stream);
    found += bytes;
  }
  const tnc_result waited = model->driver.stream_wait(stream);
  return result == TNC_SUCCESS ? waited : result;
}

static int tnc_compare(const unsigned char *found) {
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i) {
    const uint64_t bytes = tnc_golden_bytes_of(i);
    const tnr_golden *const golden = &tn_cuda_golden[i];
    if (tn_cuda_tensors[i].role == TN_INPUT) continue;
    if (!tnr_output_agrees(tn_cuda_tensors[i].dtype, golden, found,
                           tn_cuda_golden_bytes + golden->offset, bytes))
      return TNR_STATUS(TN_SELFTEST, golden->node);
    found += bytes;
  }
  return TN_OK;
}

TNC_FUNCTION int tn_cu_selftest(const tnc_opened *opened, void *memory, size_t memory_bytes,
                                struct CUstream_st *stream) {
  const tnc_opened_fields *const model = (const tnc_opened_fields *)opened;
  if (model == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_cuda_model));
  if (model->mark != tnc_open_mark()) return TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN);
  if (memory == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_ARENA(&tn_cuda_model));
  if ((uintptr_t)memory % TNC_DEVICE_ALIGN != 0)
    return TNR_STATUS(TN_ALIGNMENT, TNR_ARGUMENT_ARENA(&tn_cuda_model));
  uint64_t tensors = 0, outputs = 0;
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i) {
    tensors += TNC_ROUND_UP(tnc_golden_bytes_of(i));
    if (tn_cuda_tensors[i].role != TN_INPUT) outputs += tnc_golden_bytes_of(i);
  }
  if (memory_bytes < tensors) return TNR_STATUS(TN_ARENA, 0);

  int pushed, status;
  void *host = NULL; /* pinned: the status of the run, N_io, the outputs */
  tnc_result result = tnc_enter(model, &pushed);
  if (result != TNC_SUCCESS) return tnc_failure(result);
  result = model->driver.host_allocate(&host, 8 + tn_cuda_model.io_bytes + outputs);
  if (result == TNC_SUCCESS) {
    unsigned char *const io = (unsigned char *)host + 8, *const found = io + tn_cuda_model.io_bytes;
    unsigned char *const arena =
        tnc_golden_io(model, (unsigned char *)memory, io, host, stream, &result);
    status = result == TNC_SUCCESS ? tn_cu_run(opened, io, arena, memory_bytes - tensors, stream)
                                   : tnc_failure(result);
    /* What was enqueued reads this memory: it ends before that is given back. */
    result =
        status == TN_OK ? tnc_fetch(model, io, found, stream) : model->driver.stream_wait(stream);
    if (status == TN_OK && result != TNC_SUCCESS) status = tnc_failure(result);
    int32_t answer = TN_OK;
    if (status == TN_OK) __builtin_memcpy(&answer, host, sizeof answer);
    if (status == TN_OK) status = answer != TN_OK ? answer : tnc_compare(found);
    model->driver.host_free(host);
  } else {
    status = tnc_failure(result);
  }
  tnc_leave(model, pushed);
  return status;
}
