// Kernels for the emulator's tests, as codegen/cuda would print them, and ways to make them wrong.
//
//   faulty(kGemm, "no_first_barrier", "tn_sync(); // tiles", "")   ->   the same kernel without it
#pragma once

#include <string>
#include <vector>

#include "codegen/cuda/emulator/compile_kernels.h"

namespace tenon::codegen {

/// y[m, n] = max(sum over k of x[m, k] * w[k, n] + b[n], 0): 32 x 32, k = 48, blocks of 16 x 16.
inline constexpr const char* kGemm = R"(
TN_KERNEL(64) gemm(const float *TN_RESTRICT x, const float *TN_RESTRICT w, const float *TN_RESTRICT b, float *TN_RESTRICT y) {
  TN_SHARED float xs[16][20];
  TN_SHARED float ws[16][16];
  const int mo = tn_block_y(), no = tn_block_x(), tm = tn_thread() / 8, tn = tn_thread() % 8;
  float acc[2][2] = {};
  for (int ko = 0; ko < 3; ++ko) {
    for (int i = tn_thread(); i < 256; i += 64) {
      xs[i % 16][i / 16] = x[(mo * 16 + i / 16) * 48 + ko * 16 + i % 16];
      ws[i / 16][i % 16] = w[(ko * 16 + i / 16) * 32 + no * 16 + i % 16];
    }
    tn_sync(); // tiles
    TN_UNROLL for (int ki = 0; ki < 16; ++ki)
    TN_UNROLL for (int mi = 0; mi < 2; ++mi)
    TN_UNROLL for (int ni = 0; ni < 2; ++ni)
      acc[mi][ni] = tn_fma(xs[ki][tm * 2 + mi], ws[ki][tn * 2 + ni], acc[mi][ni]);
    tn_sync(); // back edge
  }
  TN_UNROLL for (int mi = 0; mi < 2; ++mi)
  TN_UNROLL for (int ni = 0; ni < 2; ++ni) {
    const int n = no * 16 + tn * 2 + ni;
    y[(mo * 16 + tm * 2 + mi) * 32 + n] = tn_max(acc[mi][ni] + b[n], 0.0f);
  }
}
)";

/// y[r, :] = x[r, :] / sum of x[r, :]; a row of 100 a block, 64 threads, a tree in shared memory.
inline constexpr const char* kRows = R"(
TN_KERNEL(64) rows(const float *TN_RESTRICT x, float *TN_RESTRICT y) {
  TN_SHARED float part[64];
  float sum = 0.0f;
  for (int i = tn_thread(); i < 100; i += 64) sum = sum + x[tn_block_x() * 100 + i];
  part[tn_thread()] = sum;
  tn_sync(); // parts
  for (int half = 32; half > 0; half = half / 2) {
    if (tn_thread() < half) part[tn_thread()] = part[tn_thread()] + part[tn_thread() + half];
    tn_sync(); // level
  }
  const float total = part[0];
  for (int i = tn_thread(); i < 100; i += 64)
    y[tn_block_x() * 100 + i] = x[tn_block_x() * 100 + i] / total;
}
)";

/// y = max(x * scale, 0) in vectors of 4, n elements, and a requirement of node 7: no x is
//negative.
inline constexpr const char* kScale = R"(
TN_KERNEL(32) scale(const float *TN_RESTRICT x, float *TN_RESTRICT y, tn_i64 n, int *status) {
  const tn_i64 i = ((tn_i64)tn_block_x() * 32 + tn_thread()) * 4;
  if (i < n) {
    tn_vector<float, 4> v = tn_load<4>(x + i);
    TN_UNROLL for (int lane = 0; lane < 4; ++lane) {
      if (v[lane] < 0.0f) tn_fail(status, 7);
      v[lane] = tn_max(v[lane] * 2.0f, 0.0f);
    }
    tn_store(y + i, v);
  }
}
)";

/// The kernel under another name, with one occurrence of `from` replaced.
KernelText faulty(const char* kernel, const std::string& name, const std::string& from,
                  const std::string& to);

/// The three kernels as they are.
std::vector<KernelText> correct_kernels();

/// A folder for the files of this process's tests.
std::string scratch_folder(const std::string& name);

}  // namespace tenon::codegen
