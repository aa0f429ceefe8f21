/* SPDX-License-Identifier: 0BSD
   embedded.h: the files of this folder as bytes, made when Tenon is built (CMakeLists.txt).
     tenon_embedded_cuda_tree_open_c, tenon_embedded_cuda_tree_open_c_bytes   <-   open.c */
#ifndef TENON_RUNTIME_CUDA_EMBEDDED_H
#define TENON_RUNTIME_CUDA_EMBEDDED_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* X(name, path in a source tree) of each source that a source tree for CUDA holds */
/* clang-format off */
#define TENON_CUDA_TREE(X) \
  X(abi_h, "runtime/abi.h") \
  X(model_tables_h, "runtime/model_tables.h") \
  X(compare_h, "runtime/compare.h") \
  X(cuda_abi_h, "runtime/cuda/cuda_abi.h") \
  X(cuda_tables_h, "runtime/cuda/cuda_tables.h") \
  X(driver_h, "runtime/cuda/driver.h") \
  X(internal_h, "runtime/cuda/internal.h") \
  X(text_h, "runtime/cuda/text.h") \
  X(evaluate_c, "runtime/cuda/evaluate.c") \
  X(status_c, "runtime/cuda/status.c") \
  X(choose_c, "runtime/cuda/choose.c") \
  X(open_c, "runtime/cuda/open.c") \
  X(run_c, "runtime/cuda/run.c") \
  X(graph_c, "runtime/cuda/graph.c") \
  X(selftest_c, "runtime/cuda/selftest.c") \
  X(host_c, "runtime/cuda/host.c")
/* clang-format on */
#define TENON_DECLARE(name, path)                               \
  extern const unsigned char tenon_embedded_cuda_tree_##name[]; \
  extern const size_t tenon_embedded_cuda_tree_##name##_bytes;
TENON_CUDA_TREE(TENON_DECLARE)
/* host.c as LLVM bitcode, for the baseline of each architecture */
TENON_DECLARE(cuda_host_x86_64_bc, "")
TENON_DECLARE(cuda_host_aarch64_bc, "")
#undef TENON_DECLARE

#ifdef __cplusplus
}
#endif
#endif
