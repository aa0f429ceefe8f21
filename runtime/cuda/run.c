/* SPDX-License-Identifier: 0BSD
   run.c: N_run and N_arena_bytes. Everything is checked before the first call of the driver; then
   launches are enqueued, in order, with nothing between them.
     run(&model, &io, arena, bytes, stream)   ->   clear the status word; launch, launch, ...; copy
                                                   the status word to io.result */
#include "runtime/cuda/internal.h"

static const void *tnc_pointer_at(const unsigned char *io, uint32_t offset) {
  const void *pointer;
  __builtin_memcpy(&pointer, io + offset, sizeof pointer);
  return pointer;
}

static const void *tnc_tensor_pointer(const unsigned char *io, uint32_t tensor) {
  return tnc_pointer_at(io, tn_cuda_tensors[tensor].io_offset);
}

static int tnc_dims_in_range(const int64_t *dims, uint32_t *dim) {
  for (*dim = 0; *dim < tn_cuda_model.dim_count; ++*dim)
    if (dims[*dim] < tn_cuda_dims[*dim].least || dims[*dim] > tn_cuda_dims[*dim].most) return 0;
  return 1;
}

/* The requirement that fails first, or -1. */
static int32_t tnc_failed_requirement(const int64_t *dims) {
  for (uint32_t i = 0; i < tn_cuda_model.requirement_count; ++i)
    if (tnc_evaluate(tn_cuda_requirements[i], dims) == 0) return (int32_t)i;
  return -1;
}

static size_t tnc_arena_total(const tnc_opened_fields *model, const int64_t *dims) {
  const int64_t bytes = tnc_evaluate(tnc_variant_of(model)->arena, dims);
  return TNC_CONTROL_BYTES +
         ((size_t)bytes + TNC_DEVICE_ALIGN - 1) / TNC_DEVICE_ALIGN * TNC_DEVICE_ALIGN;
}

TNC_FUNCTION size_t tn_cu_arena_bytes(const tnc_opened *opened, const int64_t *dims) {
  const tnc_opened_fields *const model = (const tnc_opened_fields *)opened;
  uint32_t dim;
  if (model == NULL || model->mark != tnc_open_mark()) return 0;
  if (!tnc_dims_in_range(dims, &dim) || tnc_failed_requirement(dims) >= 0) return 0;
  return tnc_arena_total(model, dims);
}

static int tnc_overlap(const void *a, uint64_t a_bytes, const void *b, uint64_t b_bytes) {
  const uintptr_t first = (uintptr_t)a, second = (uintptr_t)b;
  return first <= second ? second - first < a_bytes && b_bytes != 0
                         : first - second < b_bytes && a_bytes != 0;
}

/* The arena and the outputs overlap nothing else. */
static int tnc_check_overlap(const tnc_opened_fields *model, const unsigned char *io,
                             const unsigned char *arena, size_t arena_bytes, const int64_t *dims) {
  const void *const weights = (const void *)(uintptr_t)model->weights;
  if (tnc_overlap(arena, arena_bytes, weights, tn_cuda_model.weights_bytes))
    return TNR_STATUS(TN_OVERLAP, TNR_ARGUMENT_ARENA(&tn_cuda_model));
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i) {
    const void *const tensor = tnc_tensor_pointer(io, i);
    const uint64_t bytes = (uint64_t)tnc_evaluate(tn_cuda_tensor_bytes[i], dims);
    if (tnc_overlap(tensor, bytes, arena, arena_bytes)) return TNR_STATUS(TN_OVERLAP, i);
    if (tn_cuda_tensors[i].role == TN_INPUT) continue;
    if (tnc_overlap(tensor, bytes, weights, tn_cuda_model.weights_bytes))
      return TNR_STATUS(TN_OVERLAP, i);
    for (uint32_t j = 0; j < tn_cuda_model.tensor_count; ++j)
      if (j != i && tnc_overlap(tensor, bytes, tnc_tensor_pointer(io, j),
                                (uint64_t)tnc_evaluate(tn_cuda_tensor_bytes[j], dims)))
        return TNR_STATUS(TN_OVERLAP, i);
  }
  return TN_OK;
}

static int tnc_check(const tnc_opened_fields *model, const unsigned char *io,
                     const unsigned char *arena, size_t arena_bytes, int64_t *dims) {
  if (model == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_cuda_model));
  if (io == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_IO(&tn_cuda_model));
  if (model->mark != tnc_open_mark()) return TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN);
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i)
    if (tnc_tensor_pointer(io, i) == NULL) return TNR_STATUS(TN_NULL, i);
  if (arena == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_ARENA(&tn_cuda_model));

  uint32_t dim;
  for (uint32_t i = 0; i < tn_cuda_model.dim_count; ++i)
    __builtin_memcpy(&dims[i], io + tn_cuda_dims[i].io_offset, sizeof dims[i]);
  if (!tnc_dims_in_range(dims, &dim)) return TNR_STATUS(TN_DIM, dim);
  const int32_t requirement = tnc_failed_requirement(dims);
  if (requirement >= 0) return TNR_STATUS(TN_DIM, tn_cuda_model.dim_count + (uint32_t)requirement);

  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i)
    if ((uintptr_t)tnc_tensor_pointer(io, i) % tn_cuda_tensors[i].alignment != 0)
      return TNR_STATUS(TN_ALIGNMENT, i);
  if ((uintptr_t)arena % TNC_DEVICE_ALIGN != 0)
    return TNR_STATUS(TN_ALIGNMENT, TNR_ARGUMENT_ARENA(&tn_cuda_model));
  const size_t needed = tnc_arena_total(model, dims);
  if (arena_bytes < needed) return TNR_STATUS(TN_ARENA, 0);
  return tnc_check_overlap(model, io, arena, needed, dims);
}

static int tnc_prepare(const tnc_opened_fields *model, const tnc_launch *launch,
                       const unsigned char *io, unsigned char *arena, const int64_t *dims,
                       tnc_prepared *prepared) {
  const tnc_variant *const variant = tnc_variant_of(model);
  tnc_kernel_node *const node = &prepared->node;
  __builtin_memset(node, 0, sizeof *node);
  for (int i = 0; i < 3; ++i) {
    node->grid[i] = (unsigned)tnc_evaluate(launch->grid[i], dims);
    if (node->grid[i] == 0) return 0;
  }
  for (uint32_t i = 0; i < launch->argument_count; ++i) {
    const tnc_argument *const argument = &tn_cuda_arguments[launch->first_argument + i];
    uint64_t value = 0;
    switch (argument->kind) {
      case TNC_ARENA:
        value = (uintptr_t)(arena + TNC_CONTROL_BYTES) +
                (uint64_t)tnc_evaluate(argument->program, dims);
        break;
      case TNC_WEIGHTS:
        value = model->weights + (uint64_t)tnc_evaluate(argument->program, dims);
        break;
      case TNC_TENSOR:
        value = (uintptr_t)tnc_tensor_pointer(io, argument->tensor) +
                (uint64_t)tnc_evaluate(argument->program, dims);
        break;
      case TNC_SIZE: value = (uint64_t)tnc_evaluate(argument->program, dims); break;
      case TNC_STATUS: value = (uintptr_t)arena; break;
    }
    prepared->values[i] = value;
    prepared->parameters[i] = &prepared->values[i];
  }
  node->function = (tnc_entry)model->handles[variant->image_count + launch->kernel];
  node->block[0] = tn_cuda_kernels[variant->first_kernel + launch->kernel].threads;
  node->block[1] = node->block[2] = 1;
  node->parameters = prepared->parameters;
  return 1;
}

static int tnc_copy_result(const tnc_opened_fields *model, const unsigned char *io,
                           const unsigned char *arena, struct CUstream_st *stream) {
  const void *const to = tnc_pointer_at(io, tn_cuda_model.result_offset);
  if (to == NULL) return TN_OK;
  const tnc_result result =
      model->driver.copy((uintptr_t)to, (uintptr_t)arena, 2 * sizeof(int32_t), stream);
  return result == TNC_SUCCESS ? TN_OK : tnc_failure(result);
}

static int tnc_enqueue(const tnc_opened_fields *model, const unsigned char *io,
                       unsigned char *arena, const int64_t *dims, struct CUstream_st *stream) {
  const tnc_variant *const variant = tnc_variant_of(model);
  tnc_result result = model->driver.set_words((uintptr_t)arena, 0, 2, stream);
  for (uint32_t i = 0; i < variant->launch_count && result == TNC_SUCCESS; ++i) {
    tnc_prepared prepared;
    if (!tnc_prepare(model, &tn_cuda_launches[variant->first_launch + i], io, arena, dims,
                     &prepared))
      continue;
    const tnc_kernel_node *const node = &prepared.node;
    result = model->driver.launch(node->function, node->grid[0], node->grid[1], node->grid[2],
                                  node->block[0], 1, 1, 0, stream, prepared.parameters, NULL);
  }
  return result == TNC_SUCCESS ? tnc_copy_result(model, io, arena, stream) : tnc_failure(result);
}

TNC_FUNCTION int tn_cu_run(const tnc_opened *opened, const void *io, void *arena,
                           size_t arena_bytes, struct CUstream_st *stream) {
  const tnc_opened_fields *const model = (const tnc_opened_fields *)opened;
  int64_t dims[TNC_MOST_DIMS];
  int pushed, status = tnc_check(model, (const unsigned char *)io, (const unsigned char *)arena,
                                 arena_bytes, dims);
  if (status != TN_OK) return status;
  const tnc_result result = tnc_enter(model, &pushed);
  if (result != TNC_SUCCESS) return tnc_failure(result);
  status = tnc_enqueue(model, (const unsigned char *)io, (unsigned char *)arena, dims, stream);
  tnc_leave(model, pushed);
  return status;
}
