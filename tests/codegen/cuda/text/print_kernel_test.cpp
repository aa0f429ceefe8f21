// The text of kernels: what a person reads, and what NVRTC makes of it.
#include "codegen/cuda/print_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "codegen/cuda/cubin.h"
#include "codegen/cuda/nvrtc.h"
#include "ir/loop/text.h"

namespace tenon::codegen {
namespace {

using testing::HasSubstr;

// The text of a function of `n` in 1..`most`.
Result<PrintedKernel> printed(const std::string& text, const PrintOptions& options = {},
                              int64_t most = 9) {
  ExprPool pool;
  loop::Function function = loop::parse_function(text, "test", pool);
  Ranges ranges;
  ranges.set("n", pool.index(1), pool.index(most));
  return print_kernel(function, ranges, options);
}

constexpr const char* kTile = R"(func @tile(x: f32[n, 64], const b: f32[64], out y: f32[n, 64]) {
  for grid r in n {
    buffer s: f32[8, 8] in shared
    buffer acc: f32[4, 4, 4] in register
    for thread t in 16 {
      for vectorized v in 4 { s[t//2, t%2*4 + v] = x[r, t*4 + v] }
    }
    barrier
    for thread p in 4 {
      for thread q in 4 {
        for unrolled i in 4 { acc[p, q, i] = s[p*2, q] * 2.0 }
      }
    }
    for thread u in 8 {
      if u < 3 {
        for vectorized w in 4 { y[r, u*4 + w] = max(s[7 - u, w], b[u*4 + w]) }
      }
    }
  }
})";

TEST(PrintKernel, ThreadsVectorsAndSharedMemory) {
  Result<PrintedKernel> kernel = printed(kTile);
  ASSERT_TRUE(kernel) << kernel.reason();
  EXPECT_EQ(
      kernel->text,
      R"(TN_KERNEL(16) tile(const float *TN_RESTRICT x, const float *TN_RESTRICT b, float *TN_RESTRICT y,
    int64_t n_size) {
  const int n = (int)n_size;
  const int r = tn_block_x();
  const int t = tn_thread();
  const int p = tn_thread() / 4, q = tn_thread() % 4;
  TN_SHARED float s[8][8];
  float acc[4];
  const auto x4 = tn_load<4>(x + r * 64 + t * 4);
  tn_vector<float, 4> s4;
  TN_UNROLL
  for (int v = 0; v < 4; ++v)
    s4[v] = x4[v];
  tn_store(&s[t / 2][t % 2 * 4], s4);
  tn_sync();
  TN_UNROLL
  for (int i = 0; i < 4; ++i)
    acc[i] = s[p * 2][q] * 2.0f;
  if (t < 8) {
    if (t < 3) {
      const auto s42 = tn_load<4>(&s[7 - t][0]);
      const auto b4 = tn_load<4>(b + t * 4);
      tn_vector<float, 4> y4;
      TN_UNROLL
      for (int w = 0; w < 4; ++w)
        y4[w] = tn_max(s42[w], b4[w]);
      tn_store(y + r * 64 + t * 4, y4);
    }
  }
}
)");
  EXPECT_EQ(kernel->threads, 16);
  EXPECT_EQ(kernel->shared_bytes, 256);
  EXPECT_EQ(kernel->sizes, std::vector<std::string>{"n"});
}

TEST(PrintKernel, LanesOneByOneWhereAnAddressIsNotAligned) {
  PrintOptions options;
  options.alignments = {4, 16, 16};
  Result<PrintedKernel> kernel = printed(kTile, options);
  ASSERT_TRUE(kernel) << kernel.reason();
  EXPECT_EQ(kernel->text.find("tn_load<4>(x"), std::string::npos) << kernel->text;
  EXPECT_THAT(kernel->text, HasSubstr("tn_load<4>(b"));
}

TEST(PrintKernel, IndicesOf64BitsWhereTheyAreNeeded) {
  const char* text =
      "func @f(x: f32[n, 64], out y: f32[n, 64]) { for grid r in n { for thread t in "
      "64 { y[r, t] = x[r, t] } } }";
  EXPECT_THAT(printed(text)->text, HasSubstr("const int r = tn_block_x();"));
  EXPECT_THAT(printed(text, {}, int64_t{1} << 30)->text,
              HasSubstr("const int64_t r = tn_block_x();"));
}

TEST(PrintKernel, WhatThreadsHandOverIsNotRestricted) {
  Result<PrintedKernel> kernel = printed(
      "func @f(x: f32[8], out t: f32[8], out y: f32[8]) { for thread i in 8 { t[i] = x[i] } "
      "barrier for thread j in 8 { y[j] = t[7 - j] } }");
  ASSERT_TRUE(kernel) << kernel.reason();
  EXPECT_THAT(kernel->text,
              HasSubstr("f(const float *TN_RESTRICT x, float *t, float *TN_RESTRICT y)"));
}

TEST(PrintKernel, RequirementsReportTheirNode) {
  PrintOptions options;
  options.node_number = [](const Location&) { return 7; };
  Result<PrintedKernel> kernel = printed(
      "func @f(i: i64[64], out y: i64[64]) { for thread t in 64 { require i[t] < 5i64 "
      "loc(\"/gather\") y[t] = i[t] } }",
      options);
  ASSERT_TRUE(kernel) << kernel.reason();
  EXPECT_TRUE(kernel->has_requirements);
  EXPECT_THAT(kernel->text, HasSubstr("int *status"));
  EXPECT_THAT(kernel->text, HasSubstr("tn_fail(status, 7);"));
}

TEST(PrintKernel, RefusesMemoryThatAGpuDoesNotHave) {
  EXPECT_THAT(printed("func @f(out y: f32[4]) { buffer s: f32[4] in scratch for thread t in 4 { "
                      "s[t] = 1.0 y[t] = s[t] } }")
                  .reason(),
              HasSubstr("scratch memory, which a GPU does not have"));
}

TEST(PrintKernel, RefusesTextThatUnrollsTooLong) {
  auto loops = [](int extent) {
    std::string count = std::to_string(extent);
    return "func @f(out y: f32[64, 64]) { for thread t in 32 { for k in 1000 { for unrolled i in " +
           count + " { for vectorized j in 4 { y[i, j] = 1.0 } } } } }";
  };
  EXPECT_TRUE(printed(loops(16)));
  EXPECT_EQ(printed(loops(501)).reason(),
            "the kernel f is 2004 statements long where its loops are unrolled, and at most 2000 "
            "are compiled; unroll less in the schedule of @f");
}

// NVRTC, of the tests' virtual environment or of a toolkit; TENON_NVRTC wins.
Result<Nvrtc> nvrtc() {
  if (const char* source = std::getenv("TENON_SOURCE_DIR"))
    setenv("VIRTUAL_ENV", (std::string(source) + "/.venv").c_str(), 1);
  return Nvrtc::open();
}

TEST(NvrtcCompiles, TheSameBytesTwiceWithoutSpills) {
  Result<Nvrtc> compiler = nvrtc();
  ASSERT_TRUE(compiler) << compiler.reason();
  Result<PrintedKernel> kernel = printed(kTile);
  ASSERT_TRUE(kernel) << kernel.reason();
  std::vector<CudaUnit> units;
  for (const char* architecture : {"sm_75", "sm_90", "compute_80", "sm_75", "sm_90", "compute_80"})
    units.push_back({kernel->name, kernel->text, architecture});
  Result<std::vector<std::string>> codes = compile_units(*compiler, units, 2);
  ASSERT_TRUE(codes) << codes.reason();
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ((*codes)[i], (*codes)[i + 3]) << units[i].architecture;
  EXPECT_THAT((*codes)[2], HasSubstr(".target sm_80"));
  for (size_t i = 0; i < 2; ++i) {
    Result<std::vector<CubinKernel>> kernels = read_cubin((*codes)[i]);
    ASSERT_TRUE(kernels) << kernels.reason();
    ASSERT_EQ(kernels->size(), 1u);
    EXPECT_EQ((*kernels)[0].name, "tile");
    EXPECT_GT((*kernels)[0].registers, 7);
    EXPECT_LT((*kernels)[0].registers, 65);
    EXPECT_EQ((*kernels)[0].stack_bytes, 0);
    EXPECT_GE((*kernels)[0].shared_bytes, 256);
  }
}

TEST(NvrtcCompiles, FaultsAreInItsWords) {
  Result<Nvrtc> compiler = nvrtc();
  ASSERT_TRUE(compiler) << compiler.reason();
  EXPECT_THAT(compiler->compile("k", "TN_KERNEL(1) k() { undeclared(); }", "sm_80").reason(),
              HasSubstr("undeclared"));
  EXPECT_THAT(compiler
                  ->compile("k",
                            "TN_KERNEL(1) k(float *y) { TN_SHARED float s[20000]; y[0] = s[y[1] > "
                            "0.0f]; }",
                            "sm_80")
                  .reason(),
              HasSubstr("too much shared data"));
  EXPECT_THAT(compiler->compile("k", "TN_KERNEL(1) k() {}", "sm_20").reason(),
              HasSubstr("does not compile for sm_20; it knows sm_75"));
}

TEST(NvrtcIsSought, AWrongPathNamesTheRemedy) {
  const char* given = std::getenv("TENON_NVRTC");
  std::string before = given ? given : "";
  setenv("TENON_NVRTC", "/nowhere/libnvrtc.so", 1);
  Result<Nvrtc> compiler = Nvrtc::open();
  if (given)
    setenv("TENON_NVRTC", before.c_str(), 1);
  else
    unsetenv("TENON_NVRTC");
  ASSERT_FALSE(compiler);
  EXPECT_THAT(compiler.reason(), HasSubstr("TENON_NVRTC is /nowhere/libnvrtc.so"));
  EXPECT_THAT(compiler.reason(), HasSubstr("pip install nvidia-cuda-nvrtc"));
}

TEST(ReadCubin, RefusesOtherBytes) {
  EXPECT_EQ(read_cubin("").reason(), "these bytes are no cubin");
  EXPECT_EQ(read_cubin(std::string(64, '\x7f')).reason(), "these bytes are no cubin");
}

}  // namespace
}  // namespace tenon::codegen
