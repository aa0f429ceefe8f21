// The host part of a model on CUDA, against the emulated driver, which reports every wrong call:
// choice of the variant, runs, captures, graphs, and that whatever fails leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dlfcn.h>

#include <array>
#include <cmath>
#include <cstring>
#include <tuple>

#include "codegen/cuda/emulator/emulated_driver.h"
#include "runtime/cuda/cuda_tables.h"
#include "tests/runtime/cuda/demo.h"
#include "tests/runtime/cuda/demo_kernels.h"

namespace {

using tenon::codegen::EmulatedDriver;
using tenon::codegen::EmulatedDriverOptions;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

tenon::codegen::EmulatedLibrary kernels() {
  static const auto library =
      tenon::codegen::compile_emulated_kernels(demo_kernels(), {"", true, ""});
  return library.value();
}

template <class Function>
Function *call(const char *name) {
  void *found = EmulatedDriver::symbol(nullptr, name);
  EXPECT_NE(found, nullptr) << name;
  return reinterpret_cast<Function *>(found);
}

// A driver, its context made current, and memory for a run of the demo model.
class Device {
 public:
  explicit Device(EmulatedDriverOptions options = {}) : driver(checked(options), kernels()) {
    call<int(unsigned)>("cuInit")(0);
    call<int(CUctx_st **, int)>("cuDevicePrimaryCtxRetain")(&context, 0);
    push();
  }
  ~Device() {
    for (void *pointer : pointers_)
      call<int(uint64_t)>("cuMemFree_v2")(reinterpret_cast<uint64_t>(pointer));
    for (CUstream_st *stream : streams_) call<int(CUstream_st *)>("cuStreamDestroy_v2")(stream);
    if (!driver.live().contains("context pushed")) push();
    pop();
    call<int(int)>("cuDevicePrimaryCtxRelease_v2")(0);
    EXPECT_THAT(driver.faults(), IsEmpty());
    EXPECT_THAT(driver.live(), IsEmpty());
  }

  void push() { call<int(CUctx_st *)>("cuCtxPushCurrent_v2")(context); }
  void pop() {
    CUctx_st *popped;
    call<int(CUctx_st **)>("cuCtxPopCurrent_v2")(&popped);
  }
  void *memory(size_t bytes) {
    uint64_t pointer = 0;
    call<int(uint64_t *, size_t)>("cuMemAlloc_v2")(&pointer, bytes);
    pointers_.push_back(reinterpret_cast<void *>(pointer));
    return pointers_.back();
  }
  CUstream_st *stream() {
    CUstream_st *made = nullptr;
    call<int(CUstream_st **, unsigned)>("cuStreamCreate")(&made, 1);
    streams_.push_back(made);
    return made;
  }
  void wait(CUstream_st *stream) { call<int(CUstream_st *)>("cuStreamSynchronize")(stream); }

  tn_cuda cuda() const {
    tn_cuda cuda = {};
    cuda.symbol = EmulatedDriver::symbol;
    return cuda;
  }

  EmulatedDriver driver;
  CUctx_st *context = nullptr;

 private:
  static EmulatedDriverOptions checked(EmulatedDriverOptions options) {
    options.emulator.check = true;
    return options;
  }
  std::vector<void *> pointers_;
  std::vector<CUstream_st *> streams_;
};

// One set of tensors on the device. The emulated device's memory can be read as it is.
struct Tensors {
  Tensors(Device &device, int64_t batch, float first = 0) {
    io.batch = batch;
    auto *x = static_cast<float *>(device.memory(16 * 8 * 4));
    for (int i = 0; i < 16 * 8; ++i) x[i] = first + static_cast<float>(i % 7);
    io.x = x;
    io.y = static_cast<float *>(device.memory(16 * 8 * 4));
    io.z = static_cast<float *>(device.memory(16 * 4));
    io.result = static_cast<demo_result *>(device.memory(8));
    arena = device.memory(DEMO_ARENA_BYTES);
  }
  void expect_right() const {
    EXPECT_EQ(io.result->status, TN_OK);
    for (int64_t row = 0; row < io.batch; ++row) {
      float sum = 0;
      for (int64_t i = 0; i < 8; ++i) {
        const float y = io.x[row * 8 + i] * 0.5f * static_cast<float>(i + 1);
        EXPECT_EQ(io.y[row * 8 + i], y) << row << ", " << i;
        sum += y;
      }
      EXPECT_FLOAT_EQ(io.z[row], sum) << row;
    }
  }
  demo_io io = {};
  void *arena;
};

TEST(CudaOpen, ChoosesTheImageOfTheDevice) {
  const std::pair<int, const char *> devices[] = {
      {75, "sm_75"},   {80, "sm_80"},   {86, "sm_86"},      {87, "sm_86"},
      {89, "sm_89"},   {90, "sm_90"},   {100, "sm_100"},    {103, "sm_100"},
      {120, "sm_120"}, {121, "sm_120"}, {110, "compute_80"}};
  for (const auto &[capability, image] : devices) {
    Device device({.capability = capability});
    Tensors tensors(device, 5);
    demo_model model;
    const tn_cuda cuda = device.cuda();
    ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_OK) << demo_open_text(&model);
    EXPECT_THAT(device.driver.loaded(), ElementsAre(image));
    EXPECT_THAT(demo_open_text(&model),
                HasSubstr(std::string("runs ") + (image[0] == 'c' ? "PTX of " : "") + image));
    ASSERT_EQ(demo_run(&model, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, nullptr), TN_OK);
    device.wait(nullptr);
    tensors.expect_right();
    demo_close(&model);
  }
}

TEST(CudaOpen, TakesPtxThatAnOldDriverKnows) {
  for (const auto &[version, image] : {std::pair{11040, "compute_75"},
                                       std::pair{11080, "compute_80"}, std::pair{12000, "sm_86"}}) {
    Device device({.capability = 86, .version = version});
    demo_model model;
    const tn_cuda cuda = device.cuda();
    ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_OK) << demo_open_text(&model);
    EXPECT_THAT(device.driver.loaded(), ElementsAre(image));
    demo_close(&model);
  }
}

TEST(CudaOpen, NamesDeviceDriverAndContentsWhenItRefuses) {
  struct Case {
    int capability, version;
    const char *text;
  };
  for (const Case &c : {Case{61, 12040,
                             "Emulated GPU (compute capability 6.1), driver for CUDA 12.4: no code "
                             "for it; the library holds sm_75, sm_80"},
                        Case{90, 10020,
                             "Emulated GPU (compute capability 9.0), driver for CUDA 10.2: the "
                             "driver is too old, CUDA 11.0 is needed; the library holds sm_75"}}) {
    Device device({.capability = c.capability, .version = c.version});
    demo_model model;
    const tn_cuda cuda = device.cuda();
    const int status = demo_open(&model, DEMO_ABI, nullptr, 0, &cuda);
    EXPECT_EQ(TN_CODE(status), TN_CUDA);
    EXPECT_EQ(TN_DETAIL(status), TNC_NO_VARIANT);
    EXPECT_THAT(demo_open_text(&model), HasSubstr(c.text));
    EXPECT_THAT(demo_status_text(status), HasSubstr("no code for this device"));
    demo_close(&model);
  }
}

TEST(CudaOpen, SaysThatThereIsNoDriver) {
  if (void *found = dlopen("libcuda.so.1", RTLD_NOW)) {
    dlclose(found);
    GTEST_SKIP() << "this machine has a driver";
  }
  demo_model model;
  const int status = demo_open(&model, DEMO_ABI, nullptr, 0, nullptr);
  EXPECT_EQ(status, TN_CUDA | TNC_NO_DRIVER << 8);
  EXPECT_THAT(demo_status_text(status), HasSubstr("libcuda.so.1"));
  EXPECT_THAT(demo_open_text(&model), HasSubstr("the library holds sm_75"));
}

TEST(CudaOpen, NamesAFunctionThatTheDriverLacks) {
  for (const auto &[missing, driver] :
       {std::pair{"cuGraphAddMemsetNode", ", for CUDA 11.4,"}, {"cuDriverGetVersion", ""}}) {
    Device device({.version = 11040, .missing = missing});
    demo_model model;
    const tn_cuda cuda = device.cuda();
    EXPECT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_CUDA | TNC_MISSING_FUNCTION << 8);
    EXPECT_THAT(demo_open_text(&model),
                HasSubstr(std::string("the NVIDIA driver") + driver + " is too old: it has no " +
                          missing + "; the library holds sm_75"));
  }
}

TEST(CudaOpen, RefusesAMachineWithoutADevice) {
  EmulatedDriver driver({.device_count = 0}, std::nullopt);
  tn_cuda cuda = {};
  cuda.symbol = EmulatedDriver::symbol;
  demo_model model;
  const int status = demo_open(&model, DEMO_ABI, nullptr, 0, &cuda);
  EXPECT_EQ(status, TN_CUDA | 100 << 8);
  EXPECT_STREQ(demo_status_text(status), "CUDA_ERROR_NO_DEVICE");
  EXPECT_THAT(demo_open_text(&model), HasSubstr("the NVIDIA driver, for CUDA 13.0, does not start: "
                                                "CUDA_ERROR_NO_DEVICE; the library holds sm_75"));
}

TEST(CudaOpen, WorksInTheContextThatItIsGiven) {
  Device device;
  Tensors tensors(device, 3);
  device.pop();
  demo_model model;
  tn_cuda cuda = device.cuda();
  EXPECT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_CUDA | TNC_NO_CONTEXT << 8);
  EXPECT_THAT(demo_open_text(&model), HasSubstr("no CUDA context was given, and none is current"));
  cuda.context = device.context;
  ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_OK);
  EXPECT_FALSE(device.driver.live().contains("context pushed"));
  ASSERT_EQ(demo_run(&model, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, nullptr), TN_OK);
  demo_close(&model);
  EXPECT_FALSE(device.driver.live().contains("context pushed"));
  device.push();
}

// A weights file in memory.
struct alignas(64) WeightsFile {
  tnr_weights_header header = {{'T', 'E', 'N', 'O', 'N', 'W', 'T', '1'},
                               {1, 2},
                               TNR_WEIGHTS_BYTE_ORDER_MARK,
                               sizeof(tnr_weights_header),
                               DEMO_WEIGHTS_BYTES,
                               {}};
  float weights[8] = {0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4};
};

TEST(CudaOpen, ChecksTheHeaderAndTheWeights) {
  Device device;
  demo_model model;
  tn_cuda cuda = device.cuda();
  EXPECT_EQ(demo_open(nullptr, DEMO_ABI, nullptr, 0, &cuda), TN_NULL | 4 << 8);
  EXPECT_EQ(demo_open(&model, DEMO_ABI + 1, nullptr, 0, &cuda), TN_ABI);
  EXPECT_STREQ(demo_open_text(&model), demo_status_text(TN_ABI));
  WeightsFile file;
  const auto open = [&](size_t bytes) { return demo_open(&model, DEMO_ABI, &file, bytes, &cuda); };
  EXPECT_EQ(open(10), TN_WEIGHTS | TNR_WEIGHTS_SHORT << 8);
  file.header.layout[1] = 3;
  EXPECT_EQ(open(sizeof file), TN_WEIGHTS | TNR_WEIGHTS_LAYOUT << 8);
  file.header.layout[1] = 2;
  file.header.magic[0] = 'X';
  EXPECT_EQ(open(sizeof file), TN_WEIGHTS | TNR_WEIGHTS_MAGIC << 8);
  file.header.magic[0] = 'T';
  cuda.device_weights = device.memory(DEMO_WEIGHTS_BYTES);
  cuda.device_weights_bytes = DEMO_WEIGHTS_BYTES - 1;
  EXPECT_EQ(open(sizeof file), TN_WEIGHTS | TNR_WEIGHTS_SHORT << 8);
  EXPECT_THAT(demo_open_text(&model),
              HasSubstr("driver for CUDA 13.0: the weights are not there: "));
  cuda.device_weights_bytes = DEMO_WEIGHTS_BYTES;
  ASSERT_EQ(open(sizeof file), TN_OK);
  EXPECT_EQ(static_cast<float *>(cuda.device_weights)[7], 4.0f);
  demo_close(&model);
}

// A model opened on a device of its own.
class CudaRun : public testing::Test {
 protected:
  void SetUp() override {
    const tn_cuda cuda = device.cuda();
    ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_OK) << demo_open_text(&model);
  }
  void TearDown() override { demo_close(&model); }
  int run(const Tensors &tensors, CUstream_st *stream = nullptr) {
    return demo_run(&model, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, stream);
  }
  Device device{{.capability = 80}};
  demo_model model;
};

TEST_F(CudaRun, TellsTheArenaOfEachBatch) {
  EXPECT_EQ(demo_arena_bytes(&model, 16), 256u + 512u);
  EXPECT_EQ(demo_arena_bytes(&model, 17), 0u);
  EXPECT_EQ(demo_arena_bytes(&model, -1), 0u);
}

TEST_F(CudaRun, LaunchesNothingWhereNothingIsToDo) {
  Tensors tensors(device, 0);
  ASSERT_EQ(run(tensors), TN_OK);
  device.wait(nullptr);
  EXPECT_EQ(tensors.io.result->status, TN_OK);
  EXPECT_EQ(device.driver.launches(), 0u);
}

TEST_F(CudaRun, DoesNothingBeforeTheStreamDoes) {
  Tensors tensors(device, 4);
  ASSERT_EQ(run(tensors), TN_OK);
  EXPECT_EQ(device.driver.launches(), 0u);
  device.wait(nullptr);
  EXPECT_EQ(device.driver.launches(), 2u);
  tensors.expect_right();
}

TEST_F(CudaRun, RunsWithoutAResult) {
  Tensors tensors(device, 4);
  demo_result *const result = tensors.io.result;
  tensors.io.result = nullptr;
  ASSERT_EQ(run(tensors), TN_OK);
  device.wait(nullptr);
  result->status = TN_OK;
  tensors.io.result = result;
  tensors.expect_right();
}

TEST_F(CudaRun, TellsAFailedRequirementInStreamOrder) {
  Tensors tensors(device, 2, -3.0f), good(device, 2);
  ASSERT_EQ(run(tensors), TN_OK);
  device.wait(nullptr);
  EXPECT_EQ(tensors.io.result->status, TN_INDEX | 7 << 8);
  EXPECT_STREQ(demo_status_text(tensors.io.result->status), "/Check: an index is out of range");
  good.arena = tensors.arena;
  ASSERT_EQ(run(good), TN_OK);
  device.wait(nullptr);
  good.expect_right();
}

TEST_F(CudaRun, ChecksEverythingBeforeTheFirstCall) {
  Tensors tensors(device, 4);
  const int calls = device.driver.calls();
  const demo_io good = tensors.io;
  const auto status_with = [&](auto change) {
    tensors.io = good;
    change(tensors.io);
    return run(tensors);
  };
  EXPECT_EQ(status_with([](demo_io &io) { io.x = nullptr; }), TN_NULL | 0 << 8);
  EXPECT_EQ(status_with([](demo_io &io) { io.z = nullptr; }), TN_NULL | 2 << 8);
  EXPECT_EQ(status_with([](demo_io &io) { io.batch = 17; }), TN_DIM | 0 << 8);
  EXPECT_EQ(status_with([](demo_io &io) { io.y += 1; }), TN_ALIGNMENT | 1 << 8);
  EXPECT_EQ(status_with([](demo_io &io) { io.y = const_cast<float *>(io.x) + 4; }),
            TN_OVERLAP | 1 << 8);
  tensors.io = good;
  EXPECT_EQ(demo_run(&model, &tensors.io, nullptr, 0, nullptr), TN_NULL | 5 << 8);
  EXPECT_EQ(demo_run(&model, &tensors.io, tensors.arena, 256 + 100, nullptr), TN_ARENA);
  EXPECT_EQ(demo_run(&model, &tensors.io, static_cast<char *>(tensors.arena) + 16, DEMO_ARENA_BYTES,
                     nullptr),
            TN_ALIGNMENT | 5 << 8);
  EXPECT_EQ(demo_run(nullptr, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, nullptr),
            TN_NULL | 4 << 8);
  EXPECT_EQ(device.driver.calls(), calls);
}

TEST_F(CudaRun, RefusesAModelThatIsClosed) {
  Tensors tensors(device, 4);
  demo_close(&model);
  EXPECT_EQ(run(tensors), TN_ABI | TNR_ABI_NOT_OPEN << 8);
  demo_close(&model);
}

TEST_F(CudaRun, RefusesMemoryThatWasNeverOpened) {
  Tensors tensors(device, 4);
  for (const int byte : {0, 0xff}) {
    demo_model other;
    demo_graph graph;
    std::memset(&other, byte, sizeof other);
    std::memset(&graph, byte, sizeof graph);
    EXPECT_EQ(demo_run(&other, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, nullptr),
              TN_ABI | TNR_ABI_NOT_OPEN << 8);
    EXPECT_EQ(demo_arena_bytes(&other, 1), 0u);
    EXPECT_EQ(demo_graph_open(&graph, &other, &tensors.io, tensors.arena, DEMO_ARENA_BYTES),
              TN_ABI | TNR_ABI_NOT_OPEN << 8);
    EXPECT_EQ(demo_graph_run(&graph, &tensors.io, nullptr), TN_ABI | TNR_ABI_NOT_OPEN << 8);
    demo_graph_close(&graph);
    demo_close(&other);
  }
}

TEST_F(CudaRun, TestsItself) {
  CUstream_st *const stream = device.stream();
  void *const memory = device.memory(DEMO_SELFTEST_BYTES);
  EXPECT_EQ(demo_selftest(&model, memory, DEMO_SELFTEST_BYTES, stream), TN_OK);
  EXPECT_EQ(demo_selftest(&model, memory, DEMO_SELFTEST_BYTES - 1 - 256, stream), TN_ARENA);
  const tn_cuda cuda = device.cuda();
  for (const auto &[weight, value, node] :
       {std::tuple{0, 0.75f, 3}, {7, std::nanf(""), 3}, {7, 4.0000001f, 0}}) {
    WeightsFile file;
    file.weights[weight] = value;
    demo_model other;
    ASSERT_EQ(demo_open(&other, DEMO_ABI, &file, sizeof file, &cuda), TN_OK);
    EXPECT_EQ(demo_selftest(&other, memory, DEMO_SELFTEST_BYTES, stream),
              node == 0 ? TN_OK : TN_SELFTEST | node << 8);
    demo_close(&other);
  }
}

TEST_F(CudaRun, IsLegalUnderCapture) {
  Tensors tensors(device, 6);
  CUstream_st *const stream = device.stream();
  tnc_cugraph graph;
  tnc_exec exec;
  ASSERT_EQ(call<int(CUstream_st *, int)>("cuStreamBeginCapture_v2")(stream, 0), 0);
  ASSERT_EQ(run(tensors, stream), TN_OK);
  ASSERT_EQ(call<int(CUstream_st *, tnc_cugraph *)>("cuStreamEndCapture")(stream, &graph), 0);
  ASSERT_EQ(call<int(tnc_exec *, tnc_cugraph, unsigned long long)>("cuGraphInstantiateWithFlags")(
                &exec, graph, 0),
            0);
  EXPECT_EQ(device.driver.launches(), 0u);
  for (int i = 0; i < 2; ++i) {
    std::memset(tensors.io.y, 0, 6 * 8 * 4);
    ASSERT_EQ(call<int(tnc_exec, CUstream_st *)>("cuGraphLaunch")(exec, stream), 0);
    device.wait(stream);
    tensors.expect_right();
  }
  call<int(tnc_exec)>("cuGraphExecDestroy")(exec);
  call<int(tnc_cugraph)>("cuGraphDestroy")(graph);
}

TEST_F(CudaRun, RunsGraphsWithOtherPointers) {
  Tensors first(device, 3), second(device, 3, 1.0f), other_batch(device, 4);
  CUstream_st *const stream = device.stream();
  demo_graph graph;
  ASSERT_EQ(demo_graph_open(&graph, &model, &first.io, first.arena, DEMO_ARENA_BYTES), TN_OK);
  for (const Tensors *tensors : {&first, &second, &second, &first}) {
    std::memset(tensors->io.y, 0, 3 * 8 * 4);
    tensors->io.result->status = -1;
    ASSERT_EQ(demo_graph_run(&graph, &tensors->io, stream), TN_OK);
    device.wait(stream);
    tensors->expect_right();
  }
  EXPECT_EQ(demo_graph_run(&graph, &other_batch.io, stream), TN_DIM | 0 << 8);
  demo_graph_close(&graph);
  EXPECT_EQ(demo_graph_run(&graph, &first.io, stream), TN_ABI | TNR_ABI_NOT_OPEN << 8);
}

TEST_F(CudaRun, SharesAContextBetweenModelsAndGraphs) {
  Tensors first(device, 3), second(device, 5, 2.0f);
  demo_model other;
  const tn_cuda cuda = device.cuda();
  ASSERT_EQ(demo_open(&other, DEMO_ABI, nullptr, 0, &cuda), TN_OK);
  demo_graph one, two;
  ASSERT_EQ(demo_graph_open(&one, &model, &first.io, first.arena, DEMO_ARENA_BYTES), TN_OK);
  ASSERT_EQ(demo_graph_open(&two, &other, &second.io, second.arena, DEMO_ARENA_BYTES), TN_OK);
  CUstream_st *const a = device.stream(), *const b = device.stream();
  ASSERT_EQ(demo_graph_run(&one, &first.io, a), TN_OK);
  ASSERT_EQ(demo_graph_run(&two, &second.io, b), TN_OK);
  device.wait(b);
  device.wait(a);
  first.expect_right();
  second.expect_right();
  demo_graph_close(&two);
  demo_close(&other);
  ASSERT_EQ(demo_graph_run(&one, &first.io, a), TN_OK);
  device.wait(a);
  first.expect_right();
  demo_graph_close(&one);
}

// Every call of the driver fails once; nothing may leak, nothing may be done that the driver
// faults.
TEST(CudaFailures, LeaveNothingBehind) {
  int failures = 0;
  for (int failing = 1;; ++failing) {
    Device device({.capability = 80});
    Tensors tensors(device, 3);
    void *const memory = device.memory(DEMO_SELFTEST_BYTES);
    const auto before = device.driver.live();
    device.driver.fail_call(failing);
    demo_model model;
    demo_graph graph = {};
    const tn_cuda cuda = device.cuda();
    int status = demo_open(&model, DEMO_ABI, nullptr, 0, &cuda);
    EXPECT_THAT(demo_open_text(&model),
                status == TN_OK ? HasSubstr(": runs sm_80") : HasSubstr("CUDA_ERROR_OUT_OF_MEMORY"))
        << "call " << failing;
    if (status == TN_OK)
      status = demo_run(&model, &tensors.io, tensors.arena, DEMO_ARENA_BYTES, nullptr);
    if (status == TN_OK)
      status = demo_graph_open(&graph, &model, &tensors.io, tensors.arena, DEMO_ARENA_BYTES);
    if (status == TN_OK) status = demo_graph_run(&graph, &tensors.io, nullptr);
    if (status == TN_OK) status = demo_selftest(&model, memory, DEMO_SELFTEST_BYTES, nullptr);
    device.driver.fail_call(0);
    demo_graph_close(&graph);
    demo_close(&model);
    EXPECT_EQ(device.driver.live(), before) << "call " << failing;
    if (status == TN_OK) break;
    EXPECT_EQ(status, TN_CUDA | 2 << 8) << "call " << failing;
    EXPECT_STREQ(demo_status_text(status), "CUDA_ERROR_OUT_OF_MEMORY");
    ++failures;
  }
  EXPECT_GT(failures, 25);
}

// A rebinding that fails half way must not leave the graph with pointers of two calls.
TEST(CudaFailures, RebindAllAfterAHalfRebinding) {
  for (int failing = 1; failing < 6; ++failing) {
    Device device({.capability = 80});
    Tensors first(device, 3), second(device, 3, 1.0f);
    demo_model model;
    demo_graph graph;
    const tn_cuda cuda = device.cuda();
    ASSERT_EQ(demo_open(&model, DEMO_ABI, nullptr, 0, &cuda), TN_OK);
    ASSERT_EQ(demo_graph_open(&graph, &model, &first.io, first.arena, DEMO_ARENA_BYTES), TN_OK);
    device.driver.fail_call(failing);
    demo_graph_run(&graph, &second.io, nullptr);
    device.driver.fail_call(0);
    ASSERT_EQ(demo_graph_run(&graph, &first.io, nullptr), TN_OK);
    device.wait(nullptr);
    first.expect_right();
    demo_graph_close(&graph);
    demo_close(&model);
  }
}

TEST(CudaStatusText, NamesWhatTheDriverNames) {
  EXPECT_STREQ(demo_status_text(TN_OK), "ok");
  EXPECT_STREQ(demo_status_text(TN_CUDA | 1 << 8), "CUDA_ERROR_INVALID_VALUE");
  EXPECT_STREQ(demo_status_text(TN_CUDA | 222 << 8), "CUDA_ERROR_UNSUPPORTED_PTX_VERSION");
  EXPECT_STREQ(demo_status_text(TN_CUDA | 999 << 8), "CUDA_ERROR_UNKNOWN");
  EXPECT_STREQ(demo_status_text(TN_CUDA | 555 << 8), "an error of the CUDA driver");
  for (const auto &[detail, text] : {std::pair{TNC_NO_DRIVER, "no NVIDIA driver"},
                                     {TNC_MISSING_FUNCTION, "lacks a function"},
                                     {TNC_NO_VARIANT, "no code for this device"},
                                     {TNC_NO_CONTEXT, "none is current"}})
    EXPECT_THAT(demo_status_text(TN_CUDA | detail << 8), HasSubstr(text));
  EXPECT_STREQ(demo_status_text(99), "not a status of this model");
}

}  // namespace
