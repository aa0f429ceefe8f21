// A loop module, compiled by codegen/llvm, as a bundle: kernels in objects of their own, sizes that
// depend on a dimension, chunks, a requirement and an index that a kernel checks.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/write_bundle.h"
#include "codegen/llvm/module.h"
#include "ir/loop/passes.h"
#include "ir/loop/text.h"
#include "target/target.h"
#include "tests/codegen/bundle/build_demo.h"

namespace tenon::codegen {
namespace {

// The function called @run has to give way to the entry point.
constexpr const char* kModule = R"(
symbol n in 1..40
symbol m in 1..64
check n <= m
const w: f32[3] = initializer "w"
input x: f32[n, 3]
input chosen: i64[m]
output y: f32[n, 3]
output z: f32[m]
func @run(x: f32[n, 3], const w: f32[3], out t: f32[n, 3]) {
  for parallel i in n chunk 8 { for j in 3 { t[i, j] = x[i, j] * w[j] } }
}
func @negate(t: f32[n, 3], out y: f32[n, 3]) {
  for parallel i in n chunk 16 { for j in 3 { y[i, j] = -t[i, j] } }
}
func @gather(chosen: i64[m], const w: f32[3], out z: f32[m]) {
  for i in m {
    require 0 <= index(chosen[i]) loc("/gather")
    require index(chosen[i]) < 3 loc("/gather")
    z[i] = w[max(0, min(index(chosen[i]), 2))]
  }
}
main {
  buffer t: f32[n, 3] in arena
  call @run(x, w, t)
  call @gather(chosen, w, z)
  call @negate(t, y)
}
)";

constexpr const char* kProgram = R"(
#include <stdio.h>
#include <string.h>
#include "small.h"
static void reversed(void *context, int n, void (*body)(void *, int), void *arg) {
  (void)context;
  while (n-- > 0) body(arg, n);
}
static float x[120], y[120], first[120], z[64];
static int64_t chosen[64];
TN_ALIGN(SMALL_ARENA_ALIGN) static unsigned char arena[SMALL_ARENA_BYTES(3)];
int main(void) {
  const tn_call three = {3, reversed, NULL, NULL};
  small_model model;
  small_io io = {33, 40, x, chosen, y, z};
  int i, status = small_open(&model, SMALL_ABI, NULL, 0);
  for (i = 0; i < 120; ++i) x[i] = (float)i;
  for (i = 0; i < 64; ++i) chosen[i] = i % 3;
  if (status) return puts(small_status_text(status)), 1;
  status = small_run(&model, &io, arena, small_arena_bytes(33, 40, 1), NULL);
  if (status) return puts(small_status_text(status)), 2;
  for (i = 0; i < 99; ++i)
    if (y[i] != -(float)i * (float)(i % 3 + 1)) return printf("y[%d] = %g\n", i, y[i]), 3;
  if (y[99] != 0 || z[39] != 1 || z[40] != 0) return puts("more than was asked for"), 4;
  memcpy(first, y, sizeof y);
  memset(y, 0, sizeof y);
  status = small_run(&model, &io, arena, sizeof arena, &three);
  if (status || memcmp(first, y, sizeof y)) return puts("other bits on three threads"), 5;
  puts(small_status_text(small_run(&model, &io, arena, 0, NULL)));
  io.m = 32;
  puts(small_status_text(small_run(&model, &io, arena, sizeof arena, NULL)));
  io.m = 40;
  chosen[7] = 3;
  puts(small_status_text(small_run(&model, &io, arena, sizeof arena, &three)));
  return 0;
}
)";

BundleInterface interface_of(const ModuleCode& code, const target::Target& target) {
  const InterfaceExtent n{"n", "n", 1, 40}, m{"m", "m", 1, 64}, three{"3", "3", 3, 3};
  BundleInterface small;
  small.name = "small";
  small.model_file = "small.onnx";
  small.model_sha256 = std::string(64, '0');
  small.version = "0.1.0";
  small.triple = "x86_64-linux-gnu";
  small.target = target.name;
  small.dims = {{"n", "n", 1, 40}, {"m", "m", 1, 64}};
  small.tensors = {{"x", "x", TensorRole::kInput, DType::F32, {n, three}},
                   {"chosen", "chosen", TensorRole::kInput, DType::I64, {m}},
                   {"y", "y", TensorRole::kOutput, DType::F32, {n, three}},
                   {"z", "z", TensorRole::kOutput, DType::F32, {m}}};
  small.requirements = {"n is larger than m"};
  small.nodes = {{5, "/gather"}};
  small.group_count = static_cast<uint32_t>(code.groups.size());
  small.size_count = code.size_count;
  small.buffer_bytes_most = code.buffer_bytes_most;
  small.scratch_bytes_most = code.scratch_bytes_most;
  small.weights_bytes = 12;
  small.cpu_features = target.features.bits();
  return small;
}

TEST(CompiledModule, IsABundle) {
  loop::Module module = loop::parse_module(kModule, "small.tenon");
  loop::plan_memory(module);
  const auto target = target::find_target("x86-64-v3");
  ASSERT_TRUE(static_cast<bool>(target)) << target.reason();
  ModuleOptions options;
  options.prefix = "small";
  options.dims = {"n", "m"};
  options.io_offsets = {16, 24, 32, 40};
  options.weight_offsets = {{"w", 0}};
  options.node_number = [](const Location&) { return 5; };
  auto code = emit_module(module, *target, options);
  ASSERT_TRUE(static_cast<bool>(code)) << code.reason();
  BundleInterface small = interface_of(*code, *target);
  ASSERT_EQ(io_layout(small, 8).tensors, options.io_offsets);

  BundleParts parts;
  parts.main = std::move(code->main);
  for (const CompiledKernel& kernel : code->kernels)
    parts.kernel_objects.emplace_back(kernel.object.bytes, kernel.symbol);
  parts.weights = [](const auto& take) {
    const float w[3] = {1, 2, 3};
    take(std::span(reinterpret_cast<const uint8_t*>(w), sizeof w));
  };
  parts.emit = [&](llvm::Module& main, llvm::raw_pwrite_stream& out) {
    out << emit_object(main, *target, Scheduling::Reorder).bytes;
  };
  const TemporaryFolder folder;
  BundleFolder out({folder.path(), "small", {}, false}, bundle_file_names("small", {}));
  const auto report = write_bundle(out, small, std::move(parts), {}, {});
  ASSERT_TRUE(static_cast<bool>(report)) << report.reason();
  EXPECT_GT(report->code_bytes, 1000u);
  EXPECT_EQ(report->files.size(), 3u);

  write_file(folder / "main.c", kProgram);
  const CommandResult built = run_command(
      fmt::format("{0} -Wall -Wextra -Werror -I{1} {1}/main.c {1}/libsmall.a -o {1}/main", TEST_GCC,
                  folder.path()));
  ASSERT_EQ(built.status, 0) << built.output;
  const CommandResult run = run_command(folder / "main");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output,
            "the arena is smaller than small_arena_bytes says\n"
            "n is larger than m\n"
            "an index is out of range at node /gather\n");
}

}  // namespace
}  // namespace tenon::codegen
