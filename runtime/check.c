/* SPDX-License-Identifier: 0BSD
   check.c: what run and arena_bytes check. Pointers, dimensions, alignment, the arena and overlap,
   in this order, and all before anything of the caller's is written.
     heat == NULL                -> TN_NULL, detail = index of heat
     batch = 17 of 1..16         -> TN_DIM, detail = index of batch
     heat over boxes             -> TN_OVERLAP, detail = index of heat */
#include "runtime/internal.h"

/* Bytes that a call reads or writes. */
typedef struct extent_of_memory {
  uintptr_t begin;
  uint64_t bytes;
} extent_of_memory;

static int overlap(extent_of_memory a, extent_of_memory b) {
  return a.begin <= b.begin ? b.begin - a.begin < a.bytes && b.bytes != 0
                            : a.begin - b.begin < b.bytes && a.bytes != 0;
}

static const void *tensor_pointer(const unsigned char *io, uint32_t tensor) {
  const void *pointer;
  __builtin_memcpy(&pointer, io + tn_model_tensors[tensor].io_offset, sizeof pointer);
  return pointer;
}

static extent_of_memory tensor_extent(const unsigned char *io, const int64_t *entry,
                                      uint32_t tensor) {
  return (extent_of_memory){(uintptr_t)tensor_pointer(io, tensor),
                            (uint64_t)entry[TNR_ENTRY_TENSOR(&tn_model, tensor)]};
}

int tn_rt_dims_in_range(const int64_t *entry, uint32_t *dim) {
  for (uint32_t i = 0; i < tn_model.dim_count; ++i) {
    if (entry[i] < tn_model_dims[i].least || entry[i] > tn_model_dims[i].most) {
      *dim = i;
      return 0;
    }
  }
  return 1;
}

size_t tn_rt_arena_total(const int64_t *entry, int threads) {
  uint64_t total = TNR_ARENA_FIXED_BYTES(tn_model.size_count, entry[TNR_ENTRY_ARENA(&tn_model)]);
  uint64_t scratch;
  if (__builtin_mul_overflow(TNR_ROUND_UP(entry[TNR_ENTRY_SCRATCH(&tn_model)]), (uint64_t)threads,
                             &scratch) ||
      __builtin_add_overflow(total, scratch, &total) || total > SIZE_MAX)
    return 0;
  return (size_t)total;
}

/* The requirement that fails first, or -1. */
static int32_t failed_requirement(const int64_t *entry) {
  for (uint32_t i = 0; i < tn_model.requirement_count; ++i)
    if (entry[TNR_ENTRY_REQUIREMENT(&tn_model, i)] == 0) return (int32_t)i;
  return -1;
}

size_t tn_rt_arena_bytes(int64_t *entry, int threads) {
  uint32_t dim;
  if (threads < 1 || !tn_rt_dims_in_range(entry, &dim)) return 0;
  tn_model_entry(entry);
  return failed_requirement(entry) >= 0 ? 0 : tn_rt_arena_total(entry, threads);
}

/* The arena may overlap nothing; what is written only itself; what is read may overlap what is
   read. */
static int check_overlap(const tnr_opened_fields *model, const unsigned char *io,
                         extent_of_memory arena, const int64_t *entry) {
  const extent_of_memory read[3] = {{(uintptr_t)io, tn_model.io_bytes},
                                    {(uintptr_t)model, sizeof *model},
                                    {(uintptr_t)model->weights, tn_model.weights_bytes}};
  for (int i = 0; i < 3; ++i)
    if (overlap(arena, read[i])) return TNR_STATUS(TN_OVERLAP, TNR_ARGUMENT_ARENA(&tn_model));
  for (uint32_t i = 0; i < tn_model.tensor_count; ++i) {
    const extent_of_memory tensor = tensor_extent(io, entry, i);
    if (overlap(arena, tensor)) return TNR_STATUS(TN_OVERLAP, i);
    if (tn_model_tensors[i].role == TN_INPUT) continue;
    for (int j = 0; j < 3; ++j)
      if (overlap(tensor, read[j])) return TNR_STATUS(TN_OVERLAP, i);
    for (uint32_t j = 0; j < tn_model.tensor_count; ++j)
      if (j != i && overlap(tensor, tensor_extent(io, entry, j))) return TNR_STATUS(TN_OVERLAP, i);
  }
  return TN_OK;
}

int tn_rt_check(const tnr_opened_fields *model, const unsigned char *io, const unsigned char *arena,
                size_t arena_bytes, int threads, int64_t *entry) {
  if (model == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_model));
  if (io == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_IO(&tn_model));
  if (model->mark != tnr_open_mark()) return TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN);
  for (uint32_t i = 0; i < tn_model.tensor_count; ++i)
    if (tensor_pointer(io, i) == NULL) return TNR_STATUS(TN_NULL, i);
  if (arena == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_ARENA(&tn_model));

  for (uint32_t i = 0; i < tn_model.dim_count; ++i)
    __builtin_memcpy(&entry[i], io + tn_model_dims[i].io_offset, sizeof entry[i]);
  uint32_t dim;
  if (!tn_rt_dims_in_range(entry, &dim)) return TNR_STATUS(TN_DIM, dim);
  tn_model_entry(entry);
  const int32_t requirement = failed_requirement(entry);
  if (requirement >= 0) return TNR_STATUS(TN_DIM, tn_model.dim_count + (uint32_t)requirement);

  for (uint32_t i = 0; i < tn_model.tensor_count; ++i)
    if (((uintptr_t)tensor_pointer(io, i) & (tn_model_tensors[i].alignment - 1)) != 0)
      return TNR_STATUS(TN_ALIGNMENT, i);
  if (((uintptr_t)arena & (tn_model.arena_align - 1)) != 0)
    return TNR_STATUS(TN_ALIGNMENT, TNR_ARGUMENT_ARENA(&tn_model));
  const size_t needed = tn_rt_arena_total(entry, threads);
  if (needed == 0 || arena_bytes < needed) return TNR_STATUS(TN_ARENA, 0);
  return check_overlap(model, io, (extent_of_memory){(uintptr_t)arena, needed}, entry);
}
