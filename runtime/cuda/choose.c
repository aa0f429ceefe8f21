/* SPDX-License-Identifier: 0BSD
   choose.c: which of the variants runs on a device, best first.
     {sm_80, sm_90, compute_80} on 8.6, driver 13.0   ->   sm_80, then compute_80
   A cubin for the device itself comes first, then of its major version the newest minor one, then
   PTX, the newest first. */
#include "runtime/cuda/internal.h"

/* 0: does not run there; else greater is better. A device 8.6 is 86, 12.0 is 120. */
static uint32_t tnc_rank(const tnc_variant *variant, uint32_t device, uint32_t driver) {
  if (variant->least_driver > driver || variant->architecture > device) return 0;
  switch (variant->kind) {
    case TNC_CUBIN:
      return variant->architecture / 10 == device / 10 ? 100000 + variant->architecture : 0;
    case TNC_CUBIN_EXACT:
      return variant->architecture == device ? 200000 + variant->architecture : 0;
    default: return 1 + variant->architecture;
  }
}

/* The best variant below `limit` in rank, which it sets to that variant's; variant_count: none. */
static uint32_t tnc_choose(uint32_t device, uint32_t driver, uint32_t *limit) {
  uint32_t best = tn_cuda_model.variant_count, best_rank = 0;
  for (uint32_t i = 0; i < tn_cuda_model.variant_count; ++i) {
    const uint32_t rank = tnc_rank(&tn_cuda_variants[i], device, driver);
    if (rank > best_rank && rank < *limit) {
      best = i;
      best_rank = rank;
    }
  }
  *limit = best_rank;
  return best;
}

/* The least driver with which the device would have been served; 0: no driver helps. */
static uint32_t tnc_driver_needed(uint32_t device) {
  uint32_t needed = 0;
  for (uint32_t i = 0; i < tn_cuda_model.variant_count; ++i) {
    const uint32_t least = tn_cuda_variants[i].least_driver;
    if (tnc_rank(&tn_cuda_variants[i], device, ~0u) != 0 && (needed == 0 || least < needed))
      needed = least;
  }
  return needed;
}
