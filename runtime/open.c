/* SPDX-License-Identifier: 0BSD
   open.c: N_open. Refuses a header of another build, a processor without the instructions, and
   wrong weights; else leaves in N_model what run needs.
     open(&model, N_ABI, NULL, 0)      -> TN_OK, weights of the library
     open(&model, N_ABI, mapped, n)    -> TN_OK, or TN_WEIGHTS with what is wrong with the file */
#include "runtime/internal.h"

/* Offset of the weights in the file, or the negated status. */
static int64_t check_weights_file(const unsigned char *file, size_t bytes) {
  if (((uintptr_t)file & (tn_model.weights_align - 1)) != 0)
    return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_UNALIGNED);
  if (bytes < sizeof(tnr_weights_header)) return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT);
  const tnr_weights_header *header = (const tnr_weights_header *)(const void *)file;
  static const unsigned char magic[9] = TNR_WEIGHTS_MAGIC_TEXT;
  for (int i = 0; i < 8; ++i)
    if (header->magic[i] != magic[i]) return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MAGIC);
  if (header->byte_order != TNR_WEIGHTS_BYTE_ORDER_MARK)
    return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_BYTE_ORDER);
  if (header->layout[0] != tn_model.weights_layout[0] ||
      header->layout[1] != tn_model.weights_layout[1] ||
      header->weights_bytes != tn_model.weights_bytes ||
      header->header_bytes != sizeof(tnr_weights_header))
    return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_LAYOUT);
  /* Kernels may load up to 64 bytes beyond the last weight. */
  if (bytes - sizeof(tnr_weights_header) < tn_model.weights_bytes + 64)
    return -TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT);
  return sizeof(tnr_weights_header);
}

int tn_rt_open(tnr_opened *model, uint32_t abi, const void *weights, size_t weights_bytes) {
  if (model == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_model));
  tnr_opened_fields *fields = (tnr_opened_fields *)model;
  fields->mark = 0; /* so that run refuses it if what follows fails */
  if (abi != tn_model.abi) return TNR_STATUS(TN_ABI, TNR_ABI_HEADER);
  const int missing = tn_rt_missing_cpu_feature(tn_model.cpu_features);
  if (missing >= 0) return TNR_STATUS(TN_CPU, missing);
  const unsigned char *base = (const unsigned char *)weights;
  if (base != NULL) {
    const int64_t offset = check_weights_file(base, weights_bytes);
    if (offset < 0) return (int)-offset;
    base += offset;
  } else if (tn_model.weights_embedded || tn_model.weights_bytes == 0) {
    base = tn_model_weights;
  } else {
    return TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MISSING);
  }
  fields->weights = (uint64_t)(uintptr_t)base;
  for (int i = 0; i < 6; ++i) fields->reserved[i] = 0;
  fields->mark = tnr_open_mark();
  return TN_OK;
}
