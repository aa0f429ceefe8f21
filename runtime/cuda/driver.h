/* SPDX-License-Identifier: 0BSD
   driver.h: the functions of the CUDA driver that the runtime calls, with types of its own: no
   header of NVIDIA is needed. Names, signatures and structures are the driver's binary interface,
   which does not change under a name.
     libcuda.so.1, or the caller's symbol function   ->   a tnc_driver full of function pointers */
#ifndef TENON_RUNTIME_CUDA_DRIVER_H
#define TENON_RUNTIME_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef int tnc_result;       /* CUresult */
typedef uint64_t tnc_pointer; /* CUdeviceptr */
struct CUctx_st;
struct CUstream_st;
typedef struct CUmod_st *tnc_module;
typedef struct CUfunc_st *tnc_entry; /* CUfunction */
typedef struct CUgraph_st *tnc_cugraph;
typedef struct CUgraphNode_st *tnc_node;
typedef struct CUgraphExec_st *tnc_exec;

/* CUDA_KERNEL_NODE_PARAMS, version 1 */
typedef struct tnc_kernel_node {
  tnc_entry function;
  unsigned grid[3], block[3], shared_bytes;
  void **parameters, **extra;
} tnc_kernel_node;
/* CUDA_MEMSET_NODE_PARAMS, version 1 */
typedef struct tnc_memset_node {
  tnc_pointer to;
  size_t pitch;
  unsigned value, element_bytes;
  size_t width, height;
} tnc_memset_node;

enum {
  TNC_SUCCESS = 0,
  TNC_NO_BINARY_FOR_GPU = 209,
  TNC_INVALID_PTX = 218,
  TNC_UNSUPPORTED_PTX_VERSION = 222
};
enum { TNC_COMPUTE_CAPABILITY_MAJOR = 75, TNC_COMPUTE_CAPABILITY_MINOR = 76 };

/* X(member, the driver's name, parameters) */
/* clang-format off */
#define TNC_DRIVER_FUNCTIONS(X) \
  X(init, "cuInit", (unsigned flags)) \
  X(driver_version, "cuDriverGetVersion", (int *version)) \
  X(context_current, "cuCtxGetCurrent", (struct CUctx_st **context)) \
  X(context_push, "cuCtxPushCurrent_v2", (struct CUctx_st *context)) \
  X(context_pop, "cuCtxPopCurrent_v2", (struct CUctx_st **context)) \
  X(context_device, "cuCtxGetDevice", (int *device)) \
  X(device_name, "cuDeviceGetName", (char *name, int bytes, int device)) \
  X(device_attribute, "cuDeviceGetAttribute", (int *value, int attribute, int device)) \
  X(module_load, "cuModuleLoadData", (tnc_module *module, const void *image)) \
  X(module_unload, "cuModuleUnload", (tnc_module module)) \
  X(module_function, "cuModuleGetFunction", \
    (tnc_entry *function, tnc_module module, const char *name)) \
  X(memory_allocate, "cuMemAlloc_v2", (tnc_pointer *pointer, size_t bytes)) \
  X(memory_free, "cuMemFree_v2", (tnc_pointer pointer)) \
  X(host_allocate, "cuMemAllocHost_v2", (void **pointer, size_t bytes)) \
  X(host_free, "cuMemFreeHost", (void *pointer)) \
  X(copy_to_device, "cuMemcpyHtoDAsync_v2", \
    (tnc_pointer to, const void *from, size_t bytes, struct CUstream_st *stream)) \
  X(copy, "cuMemcpyAsync", \
    (tnc_pointer to, tnc_pointer from, size_t bytes, struct CUstream_st *stream)) \
  X(set_words, "cuMemsetD32Async", \
    (tnc_pointer to, unsigned value, size_t words, struct CUstream_st *stream)) \
  X(stream_wait, "cuStreamSynchronize", (struct CUstream_st *stream)) \
  X(launch, "cuLaunchKernel", \
    (tnc_entry function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, \
     unsigned block_y, unsigned block_z, unsigned shared_bytes, struct CUstream_st *stream, \
     void **parameters, void **extra)) \
  X(graph_create, "cuGraphCreate", (tnc_cugraph *graph, unsigned flags)) \
  X(graph_add_kernel, "cuGraphAddKernelNode", \
    (tnc_node *node, tnc_cugraph graph, const tnc_node *after, size_t after_count, \
     const tnc_kernel_node *kernel)) \
  X(graph_add_memset, "cuGraphAddMemsetNode", \
    (tnc_node *node, tnc_cugraph graph, const tnc_node *after, size_t after_count, \
     const tnc_memset_node *memset, struct CUctx_st *context)) \
  X(graph_instantiate, "cuGraphInstantiateWithFlags", \
    (tnc_exec *exec, tnc_cugraph graph, unsigned long long flags)) \
  X(graph_set_kernel, "cuGraphExecKernelNodeSetParams", \
    (tnc_exec exec, tnc_node node, const tnc_kernel_node *kernel)) \
  X(graph_launch, "cuGraphLaunch", (tnc_exec exec, struct CUstream_st *stream)) \
  X(graph_exec_destroy, "cuGraphExecDestroy", (tnc_exec exec)) \
  X(graph_destroy, "cuGraphDestroy", (tnc_cugraph graph))
/* clang-format on */

typedef struct tnc_driver {
#define TNC_MEMBER(member, name, parameters) tnc_result(*member) parameters;
  TNC_DRIVER_FUNCTIONS(TNC_MEMBER)
#undef TNC_MEMBER
} tnc_driver;

#endif
