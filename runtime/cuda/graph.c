/* SPDX-License-Identifier: 0BSD
   graph.c: N_graph_open, N_graph_run and N_graph_close. The launches of a run become nodes of a
   CUDA graph, one after another, whose handles are kept: where a run has other pointers, the nodes
   that take them are given the new ones.
     graph_open(&graph, &model, &io, arena, bytes)   ->   clear - launch - launch - ...
     graph_run(&graph, &io2, stream)                 ->   2 nodes rebound, 1 launch */
#include "runtime/cuda/internal.h"

static tnc_node *tnc_nodes_of(const tnc_graph_fields *graph) {
  return (tnc_node *)(void *)graph->host;
}
static unsigned char *tnc_bound_io_of(const tnc_graph_fields *graph) {
  return graph->host + tnc_variant_of(graph->model)->launch_count * sizeof(tnc_node);
}

static void tnc_graph_release(tnc_graph_fields *graph) {
  const tnc_driver *const driver = &graph->model->driver;
  if (graph->exec != NULL) driver->graph_exec_destroy(graph->exec);
  if (graph->graph != NULL) driver->graph_destroy(graph->graph);
  if (graph->host != NULL) driver->host_free(graph->host);
  __builtin_memset(graph, 0, sizeof *graph);
}

static tnc_result tnc_graph_build(tnc_graph_fields *graph, const unsigned char *io,
                                  const int64_t *dims) {
  const tnc_driver *const driver = &graph->model->driver;
  const tnc_variant *const variant = tnc_variant_of(graph->model);
  const size_t node_bytes = variant->launch_count * sizeof(tnc_node);
  void *host = NULL;
  tnc_result result = driver->host_allocate(&host, node_bytes + tn_cuda_model.io_bytes);
  if (result != TNC_SUCCESS) return result;
  graph->host = (unsigned char *)host;
  __builtin_memset(host, 0, node_bytes);
  __builtin_memcpy(tnc_bound_io_of(graph), io, tn_cuda_model.io_bytes);

  tnc_node last = NULL;
  const tnc_memset_node clear = {(uintptr_t)graph->arena, 0, 0, sizeof(int32_t), 2, 1};
  result = driver->graph_create(&graph->graph, 0);
  if (result == TNC_SUCCESS)
    result = driver->graph_add_memset(&last, graph->graph, NULL, 0, &clear, graph->model->context);
  for (uint32_t i = 0; i < variant->launch_count && result == TNC_SUCCESS; ++i) {
    tnc_prepared prepared;
    if (!tnc_prepare(graph->model, &tn_cuda_launches[variant->first_launch + i], io, graph->arena,
                     dims, &prepared))
      continue;
    tnc_node node = NULL;
    result = driver->graph_add_kernel(&node, graph->graph, &last, 1, &prepared.node);
    tnc_nodes_of(graph)[i] = last = node;
  }
  return result == TNC_SUCCESS ? driver->graph_instantiate(&graph->exec, graph->graph, 0) : result;
}

TNC_FUNCTION int tn_cu_graph_open(tnc_graph *opened_graph, const tnc_opened *opened, const void *io,
                                  void *arena, size_t arena_bytes) {
  tnc_graph_fields *const graph = (tnc_graph_fields *)opened_graph;
  const tnc_opened_fields *const model = (const tnc_opened_fields *)opened;
  int64_t dims[TNC_MOST_DIMS];
  if (graph == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_cuda_model));
  __builtin_memset(graph, 0, sizeof *graph);
  int pushed, status = tnc_check(model, (const unsigned char *)io, (const unsigned char *)arena,
                                 arena_bytes, dims);
  if (status != TN_OK) return status;
  graph->model = model;
  graph->arena = (unsigned char *)arena;
  tnc_result result = tnc_enter(model, &pushed);
  if (result == TNC_SUCCESS) result = tnc_graph_build(graph, (const unsigned char *)io, dims);
  if (result == TNC_SUCCESS)
    graph->mark = tnc_open_mark();
  else
    tnc_graph_release(graph);
  tnc_leave(model, pushed);
  return result == TNC_SUCCESS ? TN_OK : tnc_failure(result);
}

/* True where the launch takes a tensor whose pointer is another one now. */
static int tnc_takes_another(const tnc_launch *launch, const unsigned char *io,
                             const unsigned char *bound) {
  for (uint32_t i = 0; i < launch->argument_count; ++i) {
    const tnc_argument *const argument = &tn_cuda_arguments[launch->first_argument + i];
    if (argument->kind == TNC_TENSOR &&
        tnc_tensor_pointer(io, argument->tensor) != tnc_tensor_pointer(bound, argument->tensor))
      return 1;
  }
  return 0;
}

/* Some nodes have new pointers and some have not: the next run rebinds all. */
static void tnc_forget_pointers(tnc_graph_fields *graph) {
  for (uint32_t i = 0; i < tn_cuda_model.tensor_count; ++i)
    __builtin_memset(tnc_bound_io_of(graph) + tn_cuda_tensors[i].io_offset, 0, sizeof(void *));
}

static tnc_result tnc_rebind(tnc_graph_fields *graph, const unsigned char *io,
                             const int64_t *dims) {
  const tnc_driver *const driver = &graph->model->driver;
  const tnc_variant *const variant = tnc_variant_of(graph->model);
  for (uint32_t i = 0; i < variant->launch_count; ++i) {
    const tnc_launch *const launch = &tn_cuda_launches[variant->first_launch + i];
    const tnc_node node = tnc_nodes_of(graph)[i];
    tnc_prepared prepared;
    if (node == NULL || !tnc_takes_another(launch, io, tnc_bound_io_of(graph))) continue;
    tnc_prepare(graph->model, launch, io, graph->arena, dims, &prepared);
    const tnc_result result = driver->graph_set_kernel(graph->exec, node, &prepared.node);
    if (result != TNC_SUCCESS) {
      tnc_forget_pointers(graph);
      return result;
    }
  }
  __builtin_memcpy(tnc_bound_io_of(graph), io, tn_cuda_model.io_bytes);
  return TNC_SUCCESS;
}

TNC_FUNCTION int tn_cu_graph_run(tnc_graph *opened_graph, const void *given_io,
                                 struct CUstream_st *stream) {
  tnc_graph_fields *const graph = (tnc_graph_fields *)opened_graph;
  const unsigned char *const io = (const unsigned char *)given_io;
  int64_t dims[TNC_MOST_DIMS];
  if (graph == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_cuda_model));
  if (graph->mark != tnc_open_mark()) return TNR_STATUS(TN_ABI, TNR_ABI_NOT_OPEN);
  int pushed, status = tnc_check(graph->model, io, graph->arena, (size_t)-1, dims);
  if (status != TN_OK) return status;
  for (uint32_t i = 0; i < tn_cuda_model.dim_count; ++i) {
    int64_t bound;
    __builtin_memcpy(&bound, tnc_bound_io_of(graph) + tn_cuda_dims[i].io_offset, sizeof bound);
    if (bound != dims[i]) return TNR_STATUS(TN_DIM, i);
  }
  tnc_result result = tnc_enter(graph->model, &pushed);
  if (result == TNC_SUCCESS) result = tnc_rebind(graph, io, dims);
  if (result == TNC_SUCCESS) result = graph->model->driver.graph_launch(graph->exec, stream);
  status = result == TNC_SUCCESS ? tnc_copy_result(graph->model, io, graph->arena, stream)
                                 : tnc_failure(result);
  tnc_leave(graph->model, pushed);
  return status;
}

TNC_FUNCTION void tn_cu_graph_close(tnc_graph *opened_graph) {
  tnc_graph_fields *const graph = (tnc_graph_fields *)opened_graph;
  int pushed;
  if (graph == NULL || graph->mark != tnc_open_mark()) return;
  const tnc_opened_fields *const model = graph->model;
  if (tnc_enter(model, &pushed) != TNC_SUCCESS) return;
  tnc_graph_release(graph);
  tnc_leave(model, pushed);
}
