// The emulated driver refuses and records what a real one would answer with an error, or take on
// trust.
#include "codegen/cuda/emulator/emulated_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/codegen/cuda/emulator/kernels.h"

namespace tenon::codegen {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class EmulatedDriverTest : public testing::Test {
 protected:
  static EmulatedLibrary kernels() {
    static const Result<EmulatedLibrary> library =
        compile_emulated_kernels(correct_kernels(), {scratch_folder("driver"), true, ""});
    return library.value();
  }
  void SetUp() override {
    call<int(unsigned)>("cuInit")(0);
    call<int(CUctx_st**, int)>("cuDevicePrimaryCtxRetain")(&context, 0);
    call<int(CUctx_st*)>("cuCtxPushCurrent_v2")(context);
    ASSERT_EQ(call<int(tnc_module*, const void*)>("cuModuleLoadData")(
                  &module, ".version 7.0\n.target sm_80\n"),
              0);
  }
  template <class Function>
  static Function* call(const char* name) {
    return reinterpret_cast<Function*>(EmulatedDriver::symbol(nullptr, name));
  }
  uint64_t allocate(size_t bytes) {
    uint64_t pointer = 0;
    EXPECT_EQ(call<int(uint64_t*, size_t)>("cuMemAlloc_v2")(&pointer, bytes), 0);
    return pointer;
  }
  int free(uint64_t pointer) { return call<int(uint64_t)>("cuMemFree_v2")(pointer); }
  tnc_entry function(const char* name) {
    tnc_entry entry = nullptr;
    call<int(tnc_entry*, tnc_module, const char*)>("cuModuleGetFunction")(&entry, module, name);
    return entry;
  }
  // The kernel `rows`, over one row.
  int launch_rows(unsigned threads, uint64_t x, uint64_t y, CUstream_st* stream = nullptr,
                  unsigned grid = 1) {
    void* parameters[] = {&x, &y};
    return call<int(tnc_entry, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                    CUstream_st*, void**, void**)>("cuLaunchKernel")(
        function("rows"), grid, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
  }
  int wait() { return call<int()>("cuCtxSynchronize")(); }
  void expect_fault(const std::string& text) {
    ASSERT_FALSE(driver.faults().empty()) << text;
    EXPECT_THAT(driver.faults().back(), HasSubstr(text));
  }

  EmulatedDriver driver{{.capability = 80, .emulator = {0, true}}, kernels()};
  CUctx_st* context = nullptr;
  tnc_module module = nullptr;
};

TEST_F(EmulatedDriverTest, RunsALaunch) {
  const uint64_t x = allocate(400), y = allocate(400);
  for (int i = 0; i < 100; ++i) reinterpret_cast<float*>(x)[i] = 1;
  ASSERT_EQ(launch_rows(64, x, y), 0);
  ASSERT_EQ(wait(), 0);
  EXPECT_FLOAT_EQ(reinterpret_cast<float*>(y)[99], 0.01f);
  EXPECT_THAT(driver.faults(), IsEmpty());
  free(x);
  free(y);
  EXPECT_FALSE(driver.live().contains("memory"));
}

TEST_F(EmulatedDriverTest, RefusesToFreeTwice) {
  const uint64_t x = allocate(400);
  EXPECT_EQ(free(x), 0);
  EXPECT_EQ(free(x), 1);
  expect_fault("is not allocated");
}

TEST_F(EmulatedDriverTest, RefusesAnotherBlockSize) {
  const uint64_t x = allocate(400), y = allocate(400);
  EXPECT_EQ(launch_rows(128, x, y), 1);
  expect_fault("rows: blocks of 128 x 1 x 1, compiled for 64");
}

TEST_F(EmulatedDriverTest, RefusesAGridOfNothing) {
  const uint64_t x = allocate(400), y = allocate(400);
  EXPECT_EQ(launch_rows(64, x, y, nullptr, 0), 1);
  expect_fault("a grid of 0");
}

TEST_F(EmulatedDriverTest, RefusesPointersToNoMemory) {
  const uint64_t x = allocate(400);
  EXPECT_EQ(launch_rows(64, x, 0x1000), 1);
  expect_fault("rows: parameter 1 points to no memory");
}

TEST_F(EmulatedDriverTest, FindsMemoryThatIsTooSmall) {
  const uint64_t x = allocate(400), y = allocate(396);
  std::memset(reinterpret_cast<void*>(x), 0, 400);
  EXPECT_EQ(launch_rows(64, x, y), 0);
  wait();
  expect_fault("out of bounds");
}

TEST_F(EmulatedDriverTest, RefusesAFunctionOfAModuleThatIsGone) {
  const uint64_t x = allocate(400), y = allocate(400);
  void* parameters[] = {const_cast<uint64_t*>(&x), const_cast<uint64_t*>(&y)};
  const tnc_entry rows = function("rows");
  call<int(tnc_module)>("cuModuleUnload")(module);
  EXPECT_EQ((call<int(tnc_entry, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                      unsigned, CUstream_st*, void**, void**)>("cuLaunchKernel")(
                rows, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr)),
            400);
  expect_fault("not a function");
}

TEST_F(EmulatedDriverTest, RefusesWhatACaptureForbids) {
  CUstream_st* stream = nullptr;
  call<int(CUstream_st**, unsigned)>("cuStreamCreate")(&stream, 1);
  ASSERT_EQ(call<int(CUstream_st*, int)>("cuStreamBeginCapture_v2")(stream, 0), 0);
  uint64_t pointer = 0;
  EXPECT_EQ(call<int(uint64_t*, size_t)>("cuMemAlloc_v2")(&pointer, 64), 900);
  expect_fault("cuMemAlloc_v2: not allowed while a stream is captured");
  EXPECT_EQ(call<int(CUstream_st*)>("cuStreamSynchronize")(stream), 900);
  expect_fault("the stream is captured");
  EXPECT_EQ(wait(), 900);
}

TEST_F(EmulatedDriverTest, NeedsAContext) {
  CUctx_st* popped;
  call<int(CUctx_st**)>("cuCtxPopCurrent_v2")(&popped);
  uint64_t pointer = 0;
  EXPECT_EQ(call<int(uint64_t*, size_t)>("cuMemAlloc_v2")(&pointer, 64), 201);
  expect_fault("no context is current");
}

TEST_F(EmulatedDriverTest, RefusesCopiesPastTheEnd) {
  const uint64_t x = allocate(64);
  char bytes[100] = {};
  EXPECT_EQ((call<int(uint64_t, const void*, size_t)>("cuMemcpyHtoD_v2")(x, bytes, 65)), 1);
  expect_fault("is not in one allocation");
}

TEST_F(EmulatedDriverTest, CountsWhatIsStillThere) {
  allocate(64);
  tnc_cugraph graph = nullptr;
  call<int(tnc_cugraph*, unsigned)>("cuGraphCreate")(&graph, 0);
  const std::map<std::string, size_t> expected = {
      {"memory", 1}, {"module", 1}, {"graph", 1}, {"context", 1}, {"context pushed", 1}};
  EXPECT_EQ(driver.live(), expected);
}

}  // namespace
}  // namespace tenon::codegen
