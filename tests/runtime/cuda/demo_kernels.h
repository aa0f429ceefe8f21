// The kernels of the demo model, as codegen/cuda would print them.
#pragma once

#include <vector>

#include "codegen/cuda/emulator/compile_kernels.h"

inline std::vector<tenon::codegen::KernelText> demo_kernels() {
  return {{"demo_scale", 32, R"(
TN_KERNEL(32) demo_scale(const float *TN_RESTRICT x, const float *TN_RESTRICT w, float *TN_RESTRICT y, float *TN_RESTRICT t, tn_i64 n, int *status) {
  const tn_i64 i = (tn_i64)tn_block_x() * 32 + tn_thread();
  if (i < n) {
    if (x[i] < 0.0f) tn_fail(status, 7);
    y[i] = x[i] * w[i % 8];
    t[i] = x[i] * w[i % 8];
  }
}
)"},
          {"demo_sums", 8, R"(
TN_KERNEL(8) demo_sums(const float *TN_RESTRICT t, float *TN_RESTRICT z) {
  TN_SHARED float part[8];
  part[tn_thread()] = t[tn_block_x() * 8 + tn_thread()];
  tn_sync();
  for (int half = 4; half > 0; half = half / 2) {
    if (tn_thread() < half) part[tn_thread()] = part[tn_thread()] + part[tn_thread() + half];
    tn_sync();
  }
  if (tn_thread() == 0) z[tn_block_x()] = part[0];
}
)"},
          {"demo_fused", 8, R"(
TN_KERNEL(8) demo_fused(const float *TN_RESTRICT x, const float *TN_RESTRICT w, float *TN_RESTRICT y, float *TN_RESTRICT z, int *status) {
  TN_SHARED float part[8];
  const int i = tn_block_x() * 8 + tn_thread();
  if (x[i] < 0.0f) tn_fail(status, 7);
  y[i] = x[i] * w[tn_thread()];
  part[tn_thread()] = x[i] * w[tn_thread()];
  tn_sync();
  for (int half = 4; half > 0; half = half / 2) {
    if (tn_thread() < half) part[tn_thread()] = part[tn_thread()] + part[tn_thread() + half];
    tn_sync();
  }
  if (tn_thread() == 0) z[tn_block_x()] = part[0];
}
)"}};
}
