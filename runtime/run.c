/* SPDX-License-Identifier: 0BSD
   run.c: N_run and N_status_text.
     run(&model, &io, arena, sizeof arena, NULL)  -> checks, then all groups on this thread
     status_text(TN_DIM | 0 << 8)                 -> "batch is outside 1..16" */
#include "runtime/internal.h"

int tn_rt_run(const tnr_opened *model, void *io, void *arena, size_t arena_bytes,
              const tn_call *call, int64_t *entry) {
  const tnr_opened_fields *fields = (const tnr_opened_fields *)model;
  const int threads =
      call != NULL && call->parallel_for != NULL && call->threads > 1 ? call->threads : 1;
  const int status = tn_rt_check(fields, (const unsigned char *)io, (const unsigned char *)arena,
                                 arena_bytes, threads, entry);
  return status != TN_OK ? status : tn_rt_execute(fields, io, (unsigned char *)arena, call, entry);
}

/* Texts are found by offset: a table of pointers would need relocating. */
const char *tn_rt_status_text(int status) {
  uint32_t begin = 0, end = tn_model.status_text_count;
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (tn_model_status_texts[middle].status == status)
      return tn_model_strings + tn_model_status_texts[middle].text;
    if (tn_model_status_texts[middle].status < status)
      begin = middle + 1;
    else
      end = middle;
  }
  return tn_model_strings;
}
