// The functions of the emulated driver, each under the name that libcuda gives it.
//
//   cuMemFree_v2(pointer)   ->   CUDA_ERROR_INVALID_VALUE and a fault, where it is not allocated
//
// Compiled into Tenon, the names are internal, found through EmulatedDriver::symbol; a library that
// stands for libcuda.so.1 compiles this file with TENON_DRIVER_EXPORTED.
#include <fmt/format.h>

#include <cstring>

#include "codegen/cuda/emulator/driver_call.h"

#ifdef TENON_DRIVER_EXPORTED
#define TENON_CALL extern "C" __attribute__((visibility("default"))) int
#else
#define TENON_CALL static int
#endif

namespace tenon::codegen {

using Kind = DriverCalls::Kind;

#define TENON_BEGIN(...)                                 \
  DriverCalls call(__func__ __VA_OPT__(, ) __VA_ARGS__); \
  if (call.failed()) return call.result

TENON_CALL cuInit(unsigned flags) {
  TENON_BEGIN(Kind::kDo, false);
  if (flags != 0) return call.fault("flags", kInvalidValue);
  if (call.options().device_count == 0) return kNoDevice;
  call.initialised() = true;
  return kSuccess;
}
TENON_CALL cuDriverGetVersion(int* version) {
  TENON_BEGIN(Kind::kDo, false);
  *version = call.options().version;
  return kSuccess;
}
TENON_CALL cuDeviceGetCount(int* count) {
  TENON_BEGIN(Kind::kDo, false);
  *count = call.options().device_count;
  return kSuccess;
}
TENON_CALL cuDeviceGet(int* device, int ordinal) {
  TENON_BEGIN(Kind::kDo, false);
  if (ordinal < 0 || ordinal >= call.options().device_count) return kInvalidDevice;
  *device = ordinal;
  return kSuccess;
}
TENON_CALL cuDeviceGetName(char* name, int bytes, int device) {
  TENON_BEGIN(Kind::kDo, false);
  if (device != 0 || bytes < 16) return call.fault("no such device", kInvalidDevice);
  std::strncpy(name, "Emulated GPU", static_cast<size_t>(bytes));
  return kSuccess;
}
TENON_CALL cuDeviceGetAttribute(int* value, int attribute, int device) {
  TENON_BEGIN(Kind::kDo, false);
  if (device != 0) return call.fault("no such device", kInvalidDevice);
  if (attribute == TNC_COMPUTE_CAPABILITY_MAJOR)
    *value = call.options().capability / 10;
  else if (attribute == TNC_COMPUTE_CAPABILITY_MINOR)
    *value = call.options().capability % 10;
  else
    return call.fault(fmt::format("attribute {} is not emulated", attribute), kInvalidValue);
  return kSuccess;
}

TENON_CALL cuDevicePrimaryCtxRetain(CUctx_st** context, int device) {
  TENON_BEGIN(Kind::kDo, false);
  if (device != 0) return call.fault("no such device", kInvalidDevice);
  ++call.primary_uses();
  *context = reinterpret_cast<CUctx_st*>(&call.primary());
  return kSuccess;
}
TENON_CALL cuDevicePrimaryCtxRelease_v2(int) {
  TENON_BEGIN(Kind::kUndo, false);
  if (call.primary_uses() == 0) return call.fault("not retained", kInvalidContext);
  --call.primary_uses();
  return kSuccess;
}
TENON_CALL cuCtxGetCurrent(CUctx_st** context) {
  TENON_BEGIN(Kind::kDo, false);
  *context = call.stack().empty() ? nullptr : reinterpret_cast<CUctx_st*>(call.context());
  return kSuccess;
}
TENON_CALL cuCtxPushCurrent_v2(CUctx_st* context) {
  TENON_BEGIN(Kind::kDo, false);
  if (context != reinterpret_cast<CUctx_st*>(&call.primary()) || call.primary_uses() == 0)
    return call.fault("not a context", kInvalidContext);
  call.stack().push_back(&call.primary());
  return kSuccess;
}
TENON_CALL cuCtxPopCurrent_v2(CUctx_st** context) {
  TENON_BEGIN(Kind::kUndo, false);
  if (call.stack().empty()) return call.fault("none is pushed", kInvalidContext);
  *context = reinterpret_cast<CUctx_st*>(call.context());
  call.stack().pop_back();
  return kSuccess;
}
TENON_CALL cuCtxGetDevice(int* device) {
  TENON_BEGIN();
  *device = 0;
  return kSuccess;
}
TENON_CALL cuCtxSynchronize() {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  call.drain_all();
  return kSuccess;
}

TENON_CALL cuModuleLoadData(tnc_module* module, const void* image) {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  std::string name;
  if (!call.load(static_cast<const unsigned char*>(image), name)) return call.result;
  auto made = std::make_unique<EmulatedModule>(EmulatedModule{call.context(), name});
  *module = reinterpret_cast<tnc_module>(made.get());
  call.loaded().push_back(name);
  call.modules()[made.get()] = std::move(made);
  return kSuccess;
}
TENON_CALL cuModuleUnload(tnc_module module) {
  TENON_BEGIN(Kind::kUndo);
  if (call.forbidden_in_capture()) return call.result;
  auto found = call.modules().find(module);
  if (found == call.modules().end()) return call.fault("not a module", kInvalidHandle);
  call.drain_all();
  std::erase_if(call.functions(),
                [&](const auto& entry) { return entry.second->module == found->second.get(); });
  call.modules().erase(found);
  return kSuccess;
}
TENON_CALL cuModuleGetFunction(tnc_entry* function, tnc_module module, const char* name) {
  TENON_BEGIN();
  auto found = call.modules().find(module);
  if (found == call.modules().end()) return call.fault("not a module", kInvalidHandle);
  const tenon_emulated_kernel* kernel = call.library() ? call.library()->find(name) : nullptr;
  if (kernel == nullptr) return call.fault(fmt::format("there is no kernel {}", name), kNotFound);
  auto made = std::make_unique<EmulatedFunction>(EmulatedFunction{found->second.get(), kernel});
  *function = reinterpret_cast<tnc_entry>(made.get());
  call.functions()[made.get()] = std::move(made);
  return kSuccess;
}

TENON_CALL cuMemAlloc_v2(tnc_pointer* pointer, size_t bytes) {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  return call.allocate(pointer, bytes, false);
}
TENON_CALL cuMemFree_v2(tnc_pointer pointer) {
  TENON_BEGIN(Kind::kUndo);
  if (call.forbidden_in_capture()) return call.result;
  call.drain_all();
  return call.free(pointer, false);
}
TENON_CALL cuMemAllocHost_v2(void** pointer, size_t bytes) {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  uint64_t address = 0;
  const int result = call.allocate(&address, bytes, true);
  *pointer = reinterpret_cast<void*>(address);
  return result;
}
TENON_CALL cuMemFreeHost(void* pointer) {
  TENON_BEGIN(Kind::kUndo);
  if (call.forbidden_in_capture()) return call.result;
  call.drain_all();
  return call.free(reinterpret_cast<uint64_t>(pointer), true);
}
TENON_CALL cuMemcpyHtoD_v2(tnc_pointer to, const void* from, size_t bytes) {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  if (!call.is_memory(to, bytes)) return kInvalidValue;
  call.drain_all();
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return kSuccess;
}
TENON_CALL cuMemcpyDtoH_v2(void* to, tnc_pointer from, size_t bytes) {
  TENON_BEGIN();
  if (call.forbidden_in_capture()) return call.result;
  if (!call.is_memory(from, bytes)) return kInvalidValue;
  call.drain_all();
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return kSuccess;
}
TENON_CALL cuMemcpyHtoDAsync_v2(tnc_pointer to, const void* from, size_t bytes,
                                CUstream_st* stream) {
  TENON_BEGIN();
  if (!call.is_memory(to, bytes)) return kInvalidValue;
  EmulatedWork work;
  work.action = [=] { std::memcpy(reinterpret_cast<void*>(to), from, bytes); };
  return call.enqueue(stream, std::move(work));
}
TENON_CALL cuMemcpyAsync(tnc_pointer to, tnc_pointer from, size_t bytes, CUstream_st* stream) {
  TENON_BEGIN();
  if (!call.is_memory(to, bytes) || !call.is_memory(from, bytes)) return kInvalidValue;
  EmulatedWork work;
  work.action = [=] {
    std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  };
  return call.enqueue(stream, std::move(work));
}
TENON_CALL cuMemsetD32Async(tnc_pointer to, unsigned value, size_t words, CUstream_st* stream) {
  TENON_BEGIN();
  if (to % 4 != 0 || !call.is_memory(to, 4 * words)) return kInvalidValue;
  EmulatedWork work;
  work.action = [=] {
    for (size_t i = 0; i < words; ++i) reinterpret_cast<unsigned*>(to)[i] = value;
  };
  return call.enqueue(stream, std::move(work));
}

TENON_CALL cuStreamCreate(CUstream_st** stream, unsigned) {
  TENON_BEGIN();
  auto made = std::make_unique<EmulatedStream>(EmulatedStream{call.context(), {}, nullptr});
  *stream = reinterpret_cast<CUstream_st*>(made.get());
  call.streams()[made.get()] = std::move(made);
  return kSuccess;
}
TENON_CALL cuStreamDestroy_v2(CUstream_st* stream) {
  TENON_BEGIN(Kind::kUndo);
  auto found = call.streams().find(stream);
  if (found == call.streams().end()) return call.fault("not a stream", kInvalidHandle);
  call.drain(*found->second);
  call.streams().erase(found);
  return kSuccess;
}
TENON_CALL cuStreamSynchronize(CUstream_st* handle) {
  TENON_BEGIN();
  EmulatedStream* const stream = call.stream(handle);
  if (stream == nullptr) return call.result;
  if (stream->captured) return call.fault("the stream is captured", kCaptureUnsupported);
  call.drain(*stream);
  return kSuccess;
}
TENON_CALL cuStreamBeginCapture_v2(CUstream_st* handle, int) {
  TENON_BEGIN();
  if (handle == nullptr) return call.fault("the legacy stream", kCaptureUnsupported);
  EmulatedStream* const stream = call.stream(handle);
  if (stream == nullptr) return call.result;
  if (stream->captured) return call.fault("already captured", 401);
  stream->captured = std::make_unique<EmulatedGraph>(EmulatedGraph{call.context(), {}});
  return kSuccess;
}
TENON_CALL cuStreamEndCapture(CUstream_st* handle, tnc_cugraph* graph) {
  TENON_BEGIN();
  EmulatedStream* const stream = call.stream(handle);
  if (stream == nullptr) return call.result;
  if (!stream->captured) return call.fault("not captured", 401);
  *graph = reinterpret_cast<tnc_cugraph>(stream->captured.get());
  call.graphs()[stream->captured.get()] = std::move(stream->captured);
  return kSuccess;
}

TENON_CALL cuLaunchKernel(tnc_entry function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                          unsigned block_x, unsigned block_y, unsigned block_z,
                          unsigned shared_bytes, CUstream_st* stream, void** parameters,
                          void** extra) {
  TENON_BEGIN();
  if (extra != nullptr) return call.fault("extra is not emulated", kInvalidValue);
  const unsigned grid[] = {grid_x, grid_y, grid_z}, block[] = {block_x, block_y, block_z};
  std::optional<EmulatedWork> work =
      call.make_launch(function, grid, block, shared_bytes, parameters);
  return work ? call.enqueue(stream, std::move(*work)) : call.result;
}

TENON_CALL cuGraphCreate(tnc_cugraph* graph, unsigned flags) {
  TENON_BEGIN();
  if (flags != 0) return call.fault("flags", kInvalidValue);
  auto made = std::make_unique<EmulatedGraph>(EmulatedGraph{call.context(), {}});
  *graph = reinterpret_cast<tnc_cugraph>(made.get());
  call.graphs()[made.get()] = std::move(made);
  return kSuccess;
}
// Nodes must form one chain, in the order in which they are added: what a model's host part makes.
static int add_node(DriverCalls& call, tnc_node* node, tnc_cugraph handle, const tnc_node* after,
                    size_t after_count, EmulatedWork work) {
  auto found = call.graphs().find(handle);
  if (found == call.graphs().end()) return call.fault("not a graph", kInvalidHandle);
  std::deque<EmulatedWork>& nodes = found->second->nodes;
  const void* const last = nodes.empty() ? nullptr : &nodes.back();
  if (after_count != (nodes.empty() ? 0 : 1) || (after_count == 1 && after[0] != last))
    return call.fault("a node that does not follow the last one", kInvalidValue);
  nodes.push_back(std::move(work));
  *node = reinterpret_cast<tnc_node>(&nodes.back());
  return kSuccess;
}
TENON_CALL cuGraphAddKernelNode(tnc_node* node, tnc_cugraph graph, const tnc_node* after,
                                size_t after_count, const tnc_kernel_node* kernel) {
  TENON_BEGIN();
  std::optional<EmulatedWork> work = call.make_launch(kernel->function, kernel->grid, kernel->block,
                                                      kernel->shared_bytes, kernel->parameters);
  return work ? add_node(call, node, graph, after, after_count, std::move(*work)) : call.result;
}
TENON_CALL cuGraphAddMemsetNode(tnc_node* node, tnc_cugraph graph, const tnc_node* after,
                                size_t after_count, const tnc_memset_node* memset, CUctx_st*) {
  TENON_BEGIN();
  const tnc_memset_node what = *memset;
  if (what.element_bytes != 4 || what.height != 1 || !call.is_memory(what.to, 4 * what.width))
    return kInvalidValue;
  EmulatedWork work;
  work.action = [what] {
    for (size_t i = 0; i < what.width; ++i) reinterpret_cast<unsigned*>(what.to)[i] = what.value;
  };
  return add_node(call, node, graph, after, after_count, std::move(work));
}
TENON_CALL cuGraphInstantiateWithFlags(tnc_exec* exec, tnc_cugraph graph, unsigned long long) {
  TENON_BEGIN();
  auto found = call.graphs().find(graph);
  if (found == call.graphs().end()) return call.fault("not a graph", kInvalidHandle);
  auto made = std::make_unique<EmulatedExec>(EmulatedExec{call.context(), {}});
  for (const EmulatedWork& node : found->second->nodes) made->nodes.emplace_back(&node, node);
  *exec = reinterpret_cast<tnc_exec>(made.get());
  call.execs()[made.get()] = std::move(made);
  return kSuccess;
}
TENON_CALL cuGraphExecKernelNodeSetParams(tnc_exec exec, tnc_node node,
                                          const tnc_kernel_node* kernel) {
  TENON_BEGIN();
  auto found = call.execs().find(exec);
  if (found == call.execs().end()) return call.fault("not an executable graph", kInvalidHandle);
  for (auto& [handle, work] : found->second->nodes) {
    if (static_cast<const void*>(handle) != node) continue;
    std::optional<EmulatedWork> changed = call.make_launch(
        kernel->function, kernel->grid, kernel->block, kernel->shared_bytes, kernel->parameters);
    if (!changed) return call.result;
    work = std::move(*changed);
    return kSuccess;
  }
  return call.fault("not a node of the graph", kInvalidHandle);
}
TENON_CALL cuGraphLaunch(tnc_exec exec, CUstream_st* stream) {
  TENON_BEGIN();
  auto found = call.execs().find(exec);
  if (found == call.execs().end()) return call.fault("not an executable graph", kInvalidHandle);
  for (const auto& [handle, work] : found->second->nodes)
    if (const int result = call.enqueue(stream, work); result != kSuccess) return result;
  return kSuccess;
}
TENON_CALL cuGraphExecDestroy(tnc_exec exec) {
  TENON_BEGIN(Kind::kUndo);
  if (call.execs().erase(exec) == 0) return call.fault("not an executable graph", kInvalidHandle);
  return kSuccess;
}
TENON_CALL cuGraphDestroy(tnc_cugraph graph) {
  TENON_BEGIN(Kind::kUndo);
  if (call.graphs().erase(graph) == 0) return call.fault("not a graph", kInvalidHandle);
  return kSuccess;
}

#ifndef TENON_DRIVER_EXPORTED
void* EmulatedDriver::symbol(void*, const char* name) {
#define TENON_ENTRY(function) {#function, reinterpret_cast<void*>(&function)},
  static const std::map<std::string, void*> functions = {
      // clang-format off
      TENON_ENTRY(cuInit) TENON_ENTRY(cuDriverGetVersion) TENON_ENTRY(cuDeviceGetCount)
      TENON_ENTRY(cuDeviceGet) TENON_ENTRY(cuDeviceGetName) TENON_ENTRY(cuDeviceGetAttribute)
      TENON_ENTRY(cuDevicePrimaryCtxRetain) TENON_ENTRY(cuDevicePrimaryCtxRelease_v2)
      TENON_ENTRY(cuCtxGetCurrent) TENON_ENTRY(cuCtxPushCurrent_v2)
      TENON_ENTRY(cuCtxPopCurrent_v2) TENON_ENTRY(cuCtxGetDevice) TENON_ENTRY(cuCtxSynchronize)
      TENON_ENTRY(cuModuleLoadData) TENON_ENTRY(cuModuleUnload) TENON_ENTRY(cuModuleGetFunction)
      TENON_ENTRY(cuMemAlloc_v2) TENON_ENTRY(cuMemFree_v2) TENON_ENTRY(cuMemAllocHost_v2)
      TENON_ENTRY(cuMemFreeHost) TENON_ENTRY(cuMemcpyHtoD_v2) TENON_ENTRY(cuMemcpyDtoH_v2)
      TENON_ENTRY(cuMemcpyHtoDAsync_v2) TENON_ENTRY(cuMemcpyAsync) TENON_ENTRY(cuMemsetD32Async)
      TENON_ENTRY(cuStreamCreate) TENON_ENTRY(cuStreamDestroy_v2) TENON_ENTRY(cuStreamSynchronize)
      TENON_ENTRY(cuStreamBeginCapture_v2) TENON_ENTRY(cuStreamEndCapture)
      TENON_ENTRY(cuLaunchKernel) TENON_ENTRY(cuGraphCreate) TENON_ENTRY(cuGraphAddKernelNode)
      TENON_ENTRY(cuGraphAddMemsetNode) TENON_ENTRY(cuGraphInstantiateWithFlags)
      TENON_ENTRY(cuGraphExecKernelNodeSetParams) TENON_ENTRY(cuGraphLaunch)
      TENON_ENTRY(cuGraphExecDestroy) TENON_ENTRY(cuGraphDestroy)};
// clang-format on
#undef TENON_ENTRY
  if (current() != nullptr && current()->options_.missing == name) return nullptr;
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}
#endif

}  // namespace tenon::codegen
