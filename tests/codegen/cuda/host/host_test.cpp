// A launch plan becomes the host part of a bundle: tables, header, object; called in this process
// against the emulated driver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/identifiers.h"
#include "codegen/bundle/link_cuda.h"
#include "codegen/bundle/merge_objects.h"
#include "codegen/bundle/weights.h"
#include "codegen/cuda/emulator/emulated_driver.h"
#include "codegen/cuda/host_tables.h"
#include "codegen/cuda/read_variants.h"
#include "codegen/llvm/jit.h"
#include "codegen/llvm/pipeline.h"
#include "target/target.h"
#include "tests/runtime/cuda/demo_kernels.h"

namespace tenon::codegen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The demo model of tests/runtime/cuda, its tables made of a plan.
class CudaHost : public testing::Test {
 protected:
  void SetUp() override {
    const Expr batch = pool->var("batch"), one = pool->index(1), zero = pool->index(0);
    plan.pool = pool;
    plan.arena_bytes = batch * 32;
    plan.has_requirements = true;
    plan.launches.push_back({.kernel = "demo_scale",
                             .grid = {floor_div(batch + 3, 4), one, one},
                             .threads = 32,
                             .arguments = {{ArgumentKind::Input, "x", zero, 0},
                                           {ArgumentKind::Weights, "w", zero, 0},
                                           {ArgumentKind::Output, "y", zero, 0},
                                           {ArgumentKind::Arena, "t", zero, 0},
                                           {ArgumentKind::Size, "n", batch * 8, 0},
                                           {ArgumentKind::Status, "status", {}, 0}},
                             .location = {}});
    plan.launches.push_back(
        {.kernel = "demo_sums",
         .grid = {batch, one, one},
         .threads = 8,
         .arguments = {{ArgumentKind::Arena, "t", zero, 0}, {ArgumentKind::Output, "z", zero, 1}},
         .location = {}});
    expressions.symbols = {"batch"};
    expressions.tensor_bytes = {batch * 32, batch * 32, batch * 4};
    expressions.requirements = {le(batch, pool->index(12))};
    expressions.input_count = 1;
    expressions.most = [](Expr) { return 16 * 32; };

    interface.name = "demo";
    interface.model_file = "demo.onnx";
    interface.version = "0.1.0";
    interface.triple = "x86_64-linux-gnu";
    interface.target = "cuda";
    interface.dims = {{"batch", "", 0, 16}};
    const InterfaceExtent rows{"batch", "", 0, 16}, eight{"8", "", 8, 8};
    interface.tensors = {{"x", "", TensorRole::kInput, DType::F32, {rows, eight}},
                         {"y", "", TensorRole::kOutput, DType::F32, {rows, eight}},
                         {"z", "", TensorRole::kOutput, DType::F32, {rows}}};
    interface.requirements = {"batch <= 12 does not hold"};
    interface.nodes = {{7, "/Check"}};
    interface.weights_bytes = 32;
    Diagnostics diagnostics;
    name_identifiers(interface, {}, diagnostics);
  }

  // Images that hold no code, only what tells which device they are for.
  static std::string cubin(int architecture) {
    std::string bytes("\177ELF\2\1\1\x41\x8", 9);
    bytes.resize(64);
    bytes[18] = static_cast<char>(190);
    bytes[49] = static_cast<char>(architecture);
    return bytes;
  }
  HostVariant variant(const std::string& architecture, uint32_t least_driver) const {
    const bool is_ptx = architecture.starts_with("compute");
    const std::string number = architecture.substr(architecture.find('_') + 1);
    const std::string bytes =
        is_ptx ? ".version 7.0\n.target sm_" + number + "\n" : cubin(std::stoi(number));
    return {architecture,
            least_driver,
            {{"scale", bytes, {"demo_scale"}}, {"sums", bytes, {"demo_sums"}}},
            &plan};
  }
  CudaTables tables() const {
    Result<CudaTables> made = make_host_tables(
        {variant("sm_80", 12000), variant("sm_90", 12000), variant("compute_75", 0)}, expressions);
    if (!made) throw std::logic_error(made.reason());
    return *made;
  }
  std::string object(const CudaTables& made) const {
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> module = link_cuda(context, interface, made);
    const target::Target host = target::find_target("x86-64-v2").value();
    std::string bytes = emit_object(*module, host, Scheduling::Reorder).bytes;
    const std::array<float, 8> weights = {0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4};
    fill_weights({bytes.data(), bytes.size()}, interface, [&](const auto& take) {
      take({reinterpret_cast<const uint8_t*>(weights.data()), sizeof weights});
    });
    return bytes;
  }

  std::shared_ptr<ExprPool> pool = std::make_shared<ExprPool>();
  LaunchPlan plan;
  HostExpressions expressions;
  BundleInterface interface;
};

TEST_F(CudaHost, SharesThePlanBetweenVariants) {
  const CudaTables made = tables();
  EXPECT_EQ(made.holds, "sm_80, sm_90 and PTX of compute_75");
  EXPECT_EQ(made.variants.size(), 3u);
  EXPECT_EQ(made.launches.size(), 2u);
  EXPECT_EQ(made.kernels.size(), 2u);
  EXPECT_EQ(made.variants[2].least_driver, 11000u);
  EXPECT_THAT(made.image_names,
              ElementsAre("sm_80/scale.cubin", "sm_80/sums.cubin", "sm_90/scale.cubin",
                          "sm_90/sums.cubin", "compute_75/scale.ptx", "compute_75/sums.ptx"));
  EXPECT_EQ(cuda_arena_bytes_most(made), 256u + 512u);
}

TEST_F(CudaHost, ReadsTheFactsOfVariants) {
  const CudaTables of_ptx =
      make_host_tables({variant("compute_75", 0), variant("compute_80", 0)}, expressions).value();
  const std::vector<VariantFacts> variants = read_variants(of_ptx).value();
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(variants[1].architecture, "compute_80");
  EXPECT_TRUE(variants[1].is_ptx);
  EXPECT_EQ(variants[1].least_driver, 11000u);
  EXPECT_EQ(variants[1].launch_count, 2u);
  ASSERT_EQ(variants[1].kernels.size(), 2u);
  EXPECT_EQ(variants[1].kernels[0].name, "demo_scale");
  EXPECT_EQ(variants[1].kernels[0].threads, 32);
  EXPECT_EQ(driver_text(least_driver(variants)), "11.0");
  EXPECT_EQ(read_variants(tables()).reason(), "sm_80/scale.cubin: these bytes are no cubin");
  // An ELF file of two sections: nothing, and a table of names.
  std::string empty = cubin(80);
  empty.resize(64 + 2 * 64 + 1);
  empty[40] = 64;  // e_shoff
  empty[58] = 64;  // e_shentsize
  empty[60] = 2;   // e_shnum
  empty[62] = 1;   // e_shstrndx
  const HostVariant no_kernel{"sm_80", 0, {{"both", empty, {"demo_scale", "demo_sums"}}}, &plan};
  EXPECT_EQ(read_variants(make_host_tables({no_kernel}, expressions).value()).reason(),
            "sm_80/both.cubin does not hold the kernel demo_scale");
}

TEST_F(CudaHost, NeedsDlopenAndMemoryFunctionsOnly) {
  const std::string bytes = object(tables());
  const ObjectFacts facts = read_object_facts(llvm::MemoryBufferRef(bytes, "demo"));
  EXPECT_THAT(facts.undefined_symbols, ElementsAre("dlopen", "dlsym", "memcpy", "memset"));
}

TEST_F(CudaHost, RefusesMoreArgumentsThanALaunchTakes) {
  plan.launches[0].arguments.resize(TNC_MOST_ARGUMENTS + 1,
                                    {ArgumentKind::Arena, "t", pool->index(0), 0});
  const Result<CudaTables> made = make_host_tables({variant("sm_80", 12000)}, expressions);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.reason(), HasSubstr("demo_scale has 129 arguments"));
}

TEST_F(CudaHost, WritesAHeader) {
  const std::string header = write_cuda_header(interface, tables());
  EXPECT_THAT(header, HasSubstr("#define DEMO_ARENA_BYTES ((size_t)768)"));
  EXPECT_THAT(header, HasSubstr("  demo_result *result;"));
  EXPECT_THAT(header, HasSubstr("size_t demo_arena_bytes(const demo_model *, int64_t batch);"));
}

TEST_F(CudaHost, WritesAHeaderForOldAndNewLanguages) {
  const std::string path = testing::TempDir() + "/tenon_cuda_header_" + std::to_string(getpid());
  std::ofstream(path) << write_cuda_header(interface, tables());
  for (const char* language :
       {"cc -x c -std=c99", "cc -x c -std=c17", "c++ -x c++ -std=c++11", "c++ -x c++ -std=c++20"}) {
    const std::string command =
        std::string(language) + " -Wall -Wextra -pedantic -Werror -fsyntax-only " + path;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::remove(path.c_str());
}

// An output and a dimension have names of the wrapper's own.
TEST_F(CudaHost, WritesAWrapperForCpp17AndLater) {
  interface.dims[0].identifier = "c";
  interface.tensors[0].identifier = "io";
  interface.tensors[1].identifier = "result";
  interface.tensors[0].shape[0].code = "c";
  const std::string folder = testing::TempDir() + "/tenon_cuda_wrapper_" + std::to_string(getpid());
  ASSERT_EQ(std::system(("mkdir -p " + folder).c_str()), 0);
  std::ofstream(folder + "/demo.h") << write_cuda_header(interface, tables());
  std::ofstream(folder + "/demo.hpp") << write_cuda_cpp_header(interface);
  std::ofstream(folder + "/use.cpp")
      << "#include \"demo.hpp\"\n#include \"demo.hpp\"\n"
         "int use(demo::Model& m, demo::Graph& g, const demo::Io& io) {\n"
         "  return m.open().ok() && m.run(io, {}).ok() && m.arena_bytes(io.c) > 8 &&\n"
         "         g.open(m, io, {}).ok() && g.run(io).ok() && io.result_2 == nullptr;\n}\n";
  for (const char* language : {"c++ -std=c++17", "c++ -std=c++20"}) {
    const std::string command = std::string(language) +
                                " -Wall -Wextra -Wshadow=local -pedantic -Werror -fsyntax-only " +
                                folder + "/use.cpp";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  EXPECT_EQ(std::system(("rm -r " + folder).c_str()), 0);
}

TEST_F(CudaHost, RunsInThisProcess) {
  const CudaTables made = tables();
  Result<std::unique_ptr<JitLibrary>> library = JitLibrary::load({object(made)});
  ASSERT_TRUE(library) << library.reason();
  const auto function = [&](const char* name) {
    return (*library)->address(std::string("demo_") + name).value();
  };
  const auto open = reinterpret_cast<int (*)(void*, uint32_t, const void*, size_t, const tn_cuda*)>(
      function("open"));
  const auto run = reinterpret_cast<int (*)(const void*, const void*, void*, size_t, CUstream_st*)>(
      function("run"));
  const auto arena_bytes =
      reinterpret_cast<size_t (*)(const void*, int64_t)>(function("arena_bytes"));
  const auto close = reinterpret_cast<void (*)(void*)>(function("close"));
  const auto status_text = reinterpret_cast<const char* (*)(int)>(function("status_text"));
  const auto info = reinterpret_cast<const tn_info* (*)()>(function("info"));
  EXPECT_STREQ(info()->model, "demo.onnx");
  EXPECT_EQ(info()->arena_bytes, 768u);

  const Result<EmulatedLibrary> kernels = compile_emulated_kernels(demo_kernels(), {"", true, ""});
  ASSERT_TRUE(kernels) << kernels.reason();
  EmulatedDriver driver({.capability = 90, .emulator = {0, true}}, *kernels);
  const auto call = [](const char* name) { return EmulatedDriver::symbol(nullptr, name); };
  CUctx_st* context = nullptr;
  reinterpret_cast<int (*)(unsigned)>(call("cuInit"))(0);
  reinterpret_cast<int (*)(CUctx_st**, int)>(call("cuDevicePrimaryCtxRetain"))(&context, 0);
  tn_cuda cuda = {};
  cuda.context = context;
  cuda.symbol = EmulatedDriver::symbol;
  alignas(8) uint64_t model[96];
  ASSERT_EQ(open(model, cuda_interface_abi(interface, made), nullptr, 0, &cuda), TN_OK);
  EXPECT_THAT(driver.loaded(), ElementsAre("sm_90", "sm_90"));

  reinterpret_cast<int (*)(CUctx_st*)>(call("cuCtxPushCurrent_v2"))(context);
  const auto allocate = [&](size_t bytes) {
    uint64_t pointer = 0;
    reinterpret_cast<int (*)(uint64_t*, size_t)>(call("cuMemAlloc_v2"))(&pointer, bytes);
    return reinterpret_cast<float*>(pointer);
  };
  struct {
    int64_t batch;
    float *x, *y, *z;
    int32_t* result;
  } io = {3, allocate(512), allocate(512), allocate(64), reinterpret_cast<int32_t*>(allocate(8))};
  for (int i = 0; i < 24; ++i) io.x[i] = 1;
  EXPECT_EQ(arena_bytes(model, 3), 256u + 256u);
  float* const arena = allocate(512);
  ASSERT_EQ(run(model, &io, arena, 512, nullptr), TN_OK);
  reinterpret_cast<int (*)(CUstream_st*)>(call("cuStreamSynchronize"))(nullptr);
  EXPECT_THAT(driver.faults(), IsEmpty());
  EXPECT_EQ(io.z[2], 18.0f);
  EXPECT_EQ(io.result[0], TN_OK);
  io.x[9] = -1;
  ASSERT_EQ(run(model, &io, arena, 512, nullptr), TN_OK);
  reinterpret_cast<int (*)(CUstream_st*)>(call("cuStreamSynchronize"))(nullptr);
  EXPECT_STREQ(status_text(io.result[0]), "an index is out of range at node /Check");
  io.batch = 13;
  EXPECT_STREQ(status_text(run(model, &io, arena, 512, nullptr)), "batch <= 12 does not hold");
  close(model);
}

}  // namespace
}  // namespace tenon::codegen
