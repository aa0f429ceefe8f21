/* SPDX-License-Identifier: 0BSD
   selftest.c: N_selftest. Runs the model on stored inputs, in the arena that it is given, and
   compares the outputs with stored ones. The arena holds N_io, the outputs, and then the arena of
   the run.
     selftest(&model, arena, N_SELFTEST_BYTES) -> TN_OK, or TN_SELFTEST with the node of the first
     wrong output */
#include "runtime/compare.h"
#include "runtime/float_mode.h"
#include "runtime/internal.h"

static int outputs_agree(uint32_t tensor, const unsigned char *found, uint64_t bytes) {
  const tnr_golden *golden = &tn_model_golden[tensor];
  return tnr_output_agrees(tn_model_tensors[tensor].dtype, golden, found,
                           tn_model_golden_bytes + golden->offset, bytes);
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
