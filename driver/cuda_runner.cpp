// Calling a model for CUDA in this process.
#include "driver/cuda_runner.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "codegen/bundle/cuda_header.h"
#include "codegen/cuda/emulator/compile_kernels.h"
#include "codegen/cuda/emulator/emulated_driver.h"
#include "codegen/llvm/jit.h"
#include "driver/runner.h"
#include "runtime/cuda/cuda_tables.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

using codegen::EmulatedDriver;

// The functions of the driver that a program calls to give a model a context and memory.
struct DriverFunctions {
  int (*init)(unsigned);
  int (*device)(int*, int);
  int (*retain)(CUctx_st**, int);
  int (*release)(int);
  int (*push)(CUctx_st*);
  int (*pop)(CUctx_st**);
  int (*allocate)(uint64_t*, size_t);
  int (*free)(uint64_t);
  int (*to_device)(uint64_t, const void*, size_t);
  int (*to_host)(void*, uint64_t, size_t);
  int (*wait)();
};

void* library_symbol(void* library, const char* name) { return dlsym(library, name); }

}  // namespace

void require_cuda_driver() {
  void* const found = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (found == nullptr)
    user_error({}, "this machine has no NVIDIA driver: libcuda.so.1 cannot be opened",
               "run with --backend=cuda-emulator, which needs no GPU");
  dlclose(found);
}

struct CudaRunner::State {
  State(const BuiltModel& built, const CudaCode& cuda) : built(built), cuda(cuda) {}
  ~State();

  void find_driver(CudaDevice device);
  void open();
  void check(int status) const {
    if (status != TN_OK) user_error({built.interface.model_file, "", 0, 0}, text(status));
  }
  void check_driver(int result, const char* what) const {
    if (result != 0)
      user_error({built.interface.model_file, "", 0, 0},
                 std::string("the CUDA driver cannot ") + what + ": " + text(TN_CUDA | result << 8),
                 "run with --backend=cuda-emulator, which needs no GPU");
  }
  // A wrong call of ours, or a kernel's fault, that the emulated driver has seen.
  void check_faults() const {
    if (emulated && !emulated->faults().empty())
      throw InternalError(join(emulated->faults(), "\n"));
  }
  std::string text(int status) const { return status_text ? status_text(status) : ""; }
  // The graph and the memory of `prepare`.
  void release() {
    if (graph_close) graph_close(graph);
    std::fill(std::begin(graph), std::end(graph), 0);
    for (uint64_t pointer : memory) driver.free(pointer);
    memory.clear();
    tensors.clear();
  }
  uint64_t allocate(size_t bytes) {
    uint64_t pointer = 0;
    check_driver(driver.allocate(&pointer, std::max<size_t>(bytes, 16)), "give memory");
    memory.push_back(pointer);
    return pointer;
  }

  const BuiltModel& built;
  const CudaCode& cuda;
  std::unique_ptr<codegen::JitLibrary> library;
  std::unique_ptr<EmulatedDriver> emulated;
  void* (*symbol)(void*, const char*) = nullptr;
  void* user = nullptr;
  DriverFunctions driver = {};
  CUctx_st* context = nullptr;

  int (*open_model)(void*, uint32_t, const void*, size_t, const tn_cuda*) = nullptr;
  const char* (*open_text)(const void*) = nullptr;
  void (*close_model)(void*) = nullptr;
  int (*graph_open)(void*, const void*, const void*, void*, size_t) = nullptr;
  int (*graph_run)(void*, const void*, CUstream_st*) = nullptr;
  void (*graph_close)(void*) = nullptr;
  const char* (*status_text)(int) = nullptr;

  alignas(8) uint64_t model[96] = {};
  alignas(8) uint64_t graph[8] = {};
  std::vector<unsigned char> io;
  loop::SymbolValues dims;
  std::vector<uint64_t> memory;
  std::vector<uint64_t> tensors;  // inputs, then outputs
  uint64_t result = 0;
};

CudaRunner::State::~State() {
  release();
  if (close_model) close_model(model);
  if (context == nullptr) return;
  CUctx_st* popped;
  driver.pop(&popped);
  driver.release(0);
}

void CudaRunner::State::find_driver(CudaDevice device) {
  if (device != CudaDevice::kReal) {
    const bool check = device == CudaDevice::kChecked;
    std::vector<codegen::KernelText> kernels;
    for (const codegen::PrintedKernel& kernel : cuda.code.kernels)
      kernels.push_back({kernel.name, kernel.threads, kernel.text});
    Result<codegen::EmulatedLibrary> compiled =
        codegen::compile_emulated_kernels(kernels, {"", check, ""});
    if (!compiled)
      user_error({}, compiled.reason(),
                 check ? "install clang++, or set CXX to one that compiles C++17"
                       : "install clang++ or g++, or set CXX to one that compiles C++17");
    codegen::EmulatedDriverOptions options;
    options.capability = kEmulatedCapability;
    options.emulator = {check ? uint64_t{7} : uint64_t{0}, check};
    emulated = std::make_unique<EmulatedDriver>(options, *compiled);
    symbol = EmulatedDriver::symbol;
  } else {
    require_cuda_driver();
    user = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    symbol = library_symbol;
  }
  const auto find = [&](auto& function, const char* name) {
    void* found = symbol(user, name);
    if (found == nullptr)
      user_error({}, std::string("the NVIDIA driver is too old: it has no ") + name,
                 "install a newer driver");
    std::memcpy(&function, &found, sizeof found);
  };
  find(driver.init, "cuInit");
  find(driver.device, "cuDeviceGet");
  find(driver.retain, "cuDevicePrimaryCtxRetain");
  find(driver.release, "cuDevicePrimaryCtxRelease_v2");
  find(driver.push, "cuCtxPushCurrent_v2");
  find(driver.pop, "cuCtxPopCurrent_v2");
  find(driver.allocate, "cuMemAlloc_v2");
  find(driver.free, "cuMemFree_v2");
  find(driver.to_device, "cuMemcpyHtoD_v2");
  find(driver.to_host, "cuMemcpyDtoH_v2");
  find(driver.wait, "cuCtxSynchronize");
}

void CudaRunner::State::open() {
  int device = 0;
  CUctx_st* retained = nullptr;
  check_driver(driver.init(0), "start");
  check_driver(driver.device(&device, 0), "find a device");
  check_driver(driver.retain(&retained, device), "give a context");
  context = retained;
  check_driver(driver.push(context), "make the context current");
  tn_cuda options = {};
  options.symbol = symbol;
  options.user = user;
  const int status = open_model(model, codegen::cuda_interface_abi(built.interface, cuda.tables),
                                nullptr, 0, &options);
  if (status != TN_OK)
    user_error({built.interface.model_file, "", 0, 0},
               std::string(open_text(model)).empty() ? text(status) : open_text(model),
               "run with --backend=cuda-emulator, which needs no GPU");
}

CudaRunner::CudaRunner(const BuiltModel& built, const CudaCode& cuda, CudaDevice device)
    : state_(std::make_unique<State>(built, cuda)) {
  State& state = *state_;
  const target::Target host = target::find_target("x86-64-v2").value();
  Result<std::unique_ptr<codegen::JitLibrary>> library =
      codegen::JitLibrary::load({host_object(built, cuda, host)});
  TENON_CHECK(library, library.reason());
  state.library = std::move(*library);
  const auto function = [&](auto& pointer, const char* suffix) {
    Result<void*> address = state.library->address(built.interface.name + suffix);
    TENON_CHECK(address, address.reason());
    std::memcpy(&pointer, &*address, sizeof(void*));
  };
  function(state.status_text, "_status_text");
  function(state.open_text, "_open_text");
  state.find_driver(device);
  function(state.open_model, "_open");
  function(state.close_model, "_close");
  function(state.graph_open, "_graph_open");
  function(state.graph_run, "_graph_run");
  function(state.graph_close, "_graph_close");
  state.open();
}

CudaRunner::~CudaRunner() = default;

std::string CudaRunner::device_text() const { return state_->open_text(state_->model); }

void CudaRunner::prepare(const std::map<std::string, Array>& inputs) {
  State& state = *state_;
  const loop::Module& module = state.built.module();
  const codegen::BundleInterface& interface = state.built.interface;
  const codegen::CudaIoLayout layout = codegen::cuda_io_layout(interface);
  state.release();
  state.dims = bind_dimensions(module, inputs);
  state.io.assign(layout.bytes, 0);
  const auto put = [&](uint32_t offset, auto value) {
    std::memcpy(state.io.data() + offset, &value, sizeof value);
  };
  for (size_t i = 0; i < interface.dims.size(); ++i)
    put(layout.dims[i], state.dims.at(interface.dims[i].name));
  for (const std::vector<loop::Buffer>* list : {&module.inputs, &module.outputs})
    for (const loop::Buffer& buffer : *list) {
      int64_t count = 1;
      for (int64_t extent : shape_at(buffer, state.dims)) count *= extent;
      const auto bytes = static_cast<size_t>(tenon::bytes_of(buffer.type, count));
      const uint64_t pointer = state.allocate(bytes);
      if (list == &module.inputs && bytes != 0)
        state.check_driver(
            state.driver.to_device(
                pointer, inputs.at(module.onnx_names.at(buffer.name)).bytes.data(), bytes),
            "copy an input");
      put(layout.tensors[state.tensors.size()], pointer);
      state.tensors.push_back(pointer);
    }
  state.result = state.allocate(8);
  put(layout.result, state.result);
  const auto arena_bytes = static_cast<size_t>(codegen::cuda_arena_bytes_most(state.cuda.tables));
  const uint64_t arena = state.allocate(arena_bytes);
  state.check(state.graph_open(state.graph, state.model, state.io.data(),
                               reinterpret_cast<void*>(arena), arena_bytes));
}

void CudaRunner::call() {
  State& state = *state_;
  int32_t result[2] = {};
  state.check(state.graph_run(state.graph, state.io.data(), nullptr));
  const int waited = state.driver.wait();
  state.check_faults();
  state.check_driver(waited, "finish a run");
  state.check_driver(state.driver.to_host(result, state.result, sizeof result), "copy the result");
  state.check(result[0]);
}

void CudaRunner::set_thread_order(uint64_t order) {
  TENON_CHECK(state_->emulated, "a GPU orders its threads itself");
  state_->emulated->set_thread_order(order);
}

std::map<std::string, Array> CudaRunner::outputs() const {
  const State& state = *state_;
  const loop::Module& module = state.built.module();
  std::map<std::string, Array> outputs;
  for (size_t i = 0; i < module.outputs.size(); ++i) {
    const loop::Buffer& buffer = module.outputs[i];
    Array array{buffer.type, shape_at(buffer, state.dims), {}};
    array.bytes.resize(static_cast<size_t>(tenon::bytes_of(array.type, array.element_count())));
    if (!array.bytes.empty())
      state.check_driver(
          state.driver.to_host(array.bytes.data(), state.tensors[module.inputs.size() + i],
                               array.bytes.size()),
          "copy an output");
    outputs[module.onnx_names.at(buffer.name)] = std::move(array);
  }
  return outputs;
}

}  // namespace tenon::driver
