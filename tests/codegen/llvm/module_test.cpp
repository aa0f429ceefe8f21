// A whole module as the runtime sees it: sizes at the entry, chunks of the groups, and the groups
// run in any order of chunks, against the interpreter.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "codegen/llvm/jit.h"
#include "codegen/llvm/module.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "runtime/model_tables.h"
#include "tests/codegen/llvm/objects.h"

namespace tenon::codegen {
namespace {

// Two kernels in three groups, a view, a buffer behind one whose size depends on the batch, a
// requirement.
constexpr const char* kModule = R"(module small
symbol batch in 1..9
symbol rows in 1..9
const w: f32[4, 6] = [0.5, 1.0, -1.0, 2.0, 0.25, -2.0, 1.5, 1.0, 0.0, -0.5, 3.0, 1.0, 2.0, -1.0, 0.5, 0.5, 1.0, 1.0, -3.0, 0.75, 2.0, 1.0, 0.5, -1.0]
input x: f32[batch, 4] "x"
input ids: i64[rows] "ids"
output y: f32[batch, 6] "y"
output z: f32[rows] "z"
check batch == rows

func @product(x: f32[batch, 4], const w: f32[4, 6], out y: f32[batch, 6]) {
  for parallel i in batch chunk 2 {
    buffer acc: f32[6] in register
    for unrolled a in 6 { acc[a] = 0.0 }
    for k in 4 { for unrolled b in 6 { acc[b] = acc[b] + x[i, k] * w[k, b] } }
    for unrolled c in 6 { y[i, c] = acc[c] }
  }
}

func @double(x: f32[batch * 6], out y: f32[batch * 6]) {
  buffer half: f32[batch, 3] in scratch
  for i in batch { for j in 3 { half[i, j] = x[i * 6 + j] * 0.5 } }
  for i2 in batch { for j2 in 6 { y[i2 * 6 + j2] = x[i2 * 6 + j2] * 2.0 + half[i2, j2 % 3] } }
}

func @run(x: f32[batch, 6], ids: i64[rows], out z: f32[rows]) {
  for i in rows {
    require 0i64 <= ids[i] & ids[i] < 6i64 loc("/gather")
    z[i] = x[i, min(max(index(ids[i]), 0), 5)]
  }
}

main {
  buffer h: f32[batch, 6] in arena
  buffer flat: f32[batch * 6] over h in arena
  buffer g: f32[batch * 6] in arena
  buffer square: f32[batch, 6] over g in arena
  call @product(x, w, h)
  call @double(flat, g)
  call @run(square, ids, z) loc("/gather")
  call @product(x, w, y)
}
)";

class SmallModule {
 public:
  explicit SmallModule(int threads) : module(loop::parse_module(kModule, "test")) {
    loop::plan_memory(module);
    ModuleOptions options;
    options.prefix = "small";
    options.dims = {"batch", "rows"};
    options.io_offsets = {16, 24, 32, 40};
    options.weight_offsets = {{"w", 64}};
    options.node_number = [](const Location& location) {
      return location == Location{"/gather"} ? 7 : 0;
    };
    options.threads = threads;
    auto emitted = emit_module(module, target::native_target().value(), options);
    code = std::move(emitted.value());
    for (const CompiledKernel& kernel : code.kernels) objects.push_back(kernel.object.bytes);
    objects.push_back(
        emit_object(*code.main, target::native_target().value(), Scheduling::Reorder).bytes);
  }
  loop::Module module;
  ModuleCode code;
  std::vector<std::string> objects;
};

struct Io {
  int64_t dims[2];
  const void* x;
  const void* ids;
  void *y, *z;
};
static_assert(offsetof(Io, x) == 16 && offsetof(Io, z) == 40);

std::vector<uint8_t> bytes_of_floats(const std::vector<float>& values) {
  std::vector<uint8_t> bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TEST(Module, RunsLikeTheInterpreter) {
  SmallModule small(1);
  auto library = std::move(JitLibrary::load(small.objects).value());
  auto function = [&](const char* name) { return library->address(name).value(); };
  auto entry = reinterpret_cast<decltype(&tn_model_entry)>(function("tn_model_entry"));
  auto sizes = reinterpret_cast<decltype(&tn_model_sizes)>(function("tn_model_sizes"));
  auto run_group = reinterpret_cast<decltype(&tn_model_run_group)>(function("tn_model_run_group"));

  alignas(64) float weights[16 + 24 + 16] = {};
  std::memcpy(weights + 16, small.module.constants[0].bytes.data(), 96);
  ASSERT_EQ(small.code.groups.size(), 4u);
  for (int64_t batch : {1, 2, 5, 9}) {
    // dims, arena, scratch, x, ids, y, z, the requirement
    int64_t values[9] = {batch, batch};
    entry(values);
    EXPECT_EQ(values[2],
              loop::evaluate_index(small.module.arena_bytes, {{"batch", batch}, {"rows", batch}}));
    EXPECT_GE(values[3], batch * 12);
    EXPECT_LE(static_cast<uint64_t>(values[3]), small.code.scratch_bytes_most);
    EXPECT_EQ((std::vector<int64_t>(values + 4, values + 9)),
              (std::vector<int64_t>{batch * 16, batch * 8, batch * 24, batch * 4, 1}));
    int64_t differ[9] = {batch, batch + 1};
    entry(differ);
    EXPECT_EQ(differ[8], 0);

    std::vector<int64_t> chunks(small.code.size_count);
    sizes(values, chunks.data());
    EXPECT_EQ((std::vector<int64_t>(chunks.begin(), chunks.begin() + 4)),
              (std::vector<int64_t>{(batch + 1) / 2, 1, 1, (batch + 1) / 2}));

    std::vector<float> x, y(static_cast<size_t>(batch * 6)), z(static_cast<size_t>(batch));
    std::vector<int64_t> ids;
    for (int64_t i = 0; i < batch; ++i) ids.push_back(i * 5 % 6);
    for (int64_t i = 0; i < batch * 4; ++i) x.push_back(static_cast<float>(i) * 0.3f - 2);
    Io io{{batch, batch}, x.data(), ids.data(), y.data(), z.data()};
    std::vector<unsigned char> arena(static_cast<size_t>(values[2]) + 128),
        scratch(static_cast<size_t>(values[3]) + 128);
    int32_t status = 0;
    auto aligned = [](std::vector<unsigned char>& memory) {
      return memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
    };
    tnr_env env{&io,    aligned(arena), reinterpret_cast<unsigned char*>(weights),
                values, chunks.data(),  aligned(scratch),
                &status};
    for (int32_t group = 0; group < 4; ++group)
      for (int64_t chunk = chunks[static_cast<size_t>(group)]; chunk-- > 0;)
        run_group(&env, group, chunk, chunk + 1);
    EXPECT_EQ(status, 0);

    std::vector<uint8_t> id_bytes(ids.size() * 8);
    std::memcpy(id_bytes.data(), ids.data(), id_bytes.size());
    std::vector<std::vector<uint8_t>> inputs = {bytes_of_floats(x), id_bytes};
    loop::ModuleOutcome wanted =
        loop::run_module(small.module, nullptr, inputs, {{"batch", batch}, {"rows", batch}});
    ASSERT_TRUE(wanted.outcome.ok());
    EXPECT_EQ(bytes_of_floats(y), wanted.outputs[0]);
    EXPECT_EQ(bytes_of_floats(z), wanted.outputs[1]);

    ids[0] = 6;
    run_group(&env, 2, 0, 1);
    EXPECT_EQ(status, TNR_STATUS(TN_INDEX, 7));
  }
}

// Kernels carry the prefix, stay clear of the entry points' names, and nothing else is left for the
// linker.
TEST(Module, LeavesOnlyItsOwnSymbols) {
  SmallModule small(1);
  std::vector<std::string> names;
  for (const CompiledKernel& kernel : small.code.kernels) {
    names.push_back(kernel.symbol);
    EXPECT_TRUE(undefined_symbols(kernel.object.bytes).empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"small_product", "small_double", "small_kernel_run"}));
  EXPECT_EQ(undefined_symbols(small.objects.back()),
            (std::set<std::string>{"small_product", "small_double", "small_kernel_run"}));
}

TEST(Module, IsTheSameForAnyNumberOfThreads) {
  EXPECT_EQ(SmallModule(1).objects, SmallModule(3).objects);
}

}  // namespace
}  // namespace tenon::codegen
