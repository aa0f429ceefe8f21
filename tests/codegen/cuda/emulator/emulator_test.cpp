// The emulator: correct kernels give the right values in every order and no fault; each seeded
// fault is found, and named with kernel, block, thread and what.
#include "codegen/cuda/emulator/emulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/codegen/cuda/emulator/kernels.h"

namespace tenon::codegen {
namespace {

using testing::HasSubstr;

std::vector<KernelText> all_kernels() {
  std::vector<KernelText> kernels = correct_kernels();
  const auto add = [&](const char* kernel, const char* name, const char* from, const char* to) {
    kernels.push_back(faulty(kernel, name, from, to));
  };
  add(kGemm, "no_first_barrier", "tn_sync(); // tiles", "");
  add(kGemm, "no_back_edge_barrier", "tn_sync(); // back edge", "");
  add(kGemm, "row_too_many", "i < 256; i += 64", "i < 320; i += 64");
  add(kGemm, "unwritten_shared", "for (int i = tn_thread(); i < 256",
      "for (int i = tn_thread(); i < 192");
  add(kGemm, "row_of_the_next_block", "x[(mo * 16 + i / 16) * 48", "x[(mo * 16 + i / 16 + 1) * 48");
  add(kGemm, "writes_one_row_down", "y[(mo * 16 + tm * 2 + mi) * 32",
      "y[(mo * 16 + tm * 2 + mi + 1) * 32");
  add(kGemm, "blocks_overlap", "const int n = no * 16 +", "const int n = no * 15 +");
  add(kRows, "no_parts_barrier", "tn_sync(); // parts", "");
  add(kScale, "divergent_barrier", "if (i < n) {", "if (i < n) {\n    tn_sync();");
  add(kRows, "two_barriers", "    tn_sync(); // level",
      "    if (tn_thread() < half)\n tn_sync();\n else\n tn_sync();");
  add(kRows, "early_return", "  float sum = 0.0f;",
      "  if (tn_thread() >= 40) return;\n  float sum = 0.0f;");
  add(kRows, "all_write_one", "part[tn_thread()] = sum;", "part[tn_thread() / 2] = sum;");
  add(kScale, "past_the_end", "if (i < n) {", "if (i < n + 4) {");
  add(kScale, "before_the_start", "tn_load<4>(x + i)", "tn_load<4>(x + i - 4)");
  add(kScale, "writes_input", "tn_store(y + i, v)", "tn_store((float *)x + i, v)");
  add(kScale, "unaligned", "tn_load<4>(x + i)", "tn_load<4>(x + (i == 0 ? 1 : i))");
  add(kScale, "reads_output", "tn_load<4>(x + i)", "tn_load<4>((const float *)y + i)");
  return kernels;
}

const EmulatedLibrary& library_of(bool check) {
  static const auto compiled = [](bool checked) {
    Result<EmulatedLibrary> library =
        compile_emulated_kernels(checked ? all_kernels() : correct_kernels(),
                                 {scratch_folder(checked ? "checked" : "plain"), checked, ""});
    if (!library) ADD_FAILURE() << library.reason();
    return library;
  };
  static const Result<EmulatedLibrary> checked = compiled(true), plain = compiled(false);
  return check ? checked.value() : plain.value();
}

// Values with room around them, so that what a faulty kernel does outside breaks nothing.
class Floats {
 public:
  Floats(size_t count, float first, float step) : memory_(count + 2 * kRoom), count_(count) {
    for (size_t i = 0; i < count; ++i) (*this)[i] = first + step * static_cast<float>(i % 13);
  }
  float* data() {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data() + kRoom / 2);
    return memory_.data() + kRoom / 2 + (64 - address % 64) / sizeof(float);
  }
  float& operator[](size_t i) { return data()[i]; }
  EmulatedBuffer buffer(const char* name, bool writable) {
    return {data(), count_ * sizeof(float), name, writable, !writable};
  }

 private:
  static constexpr size_t kRoom = 1024;
  std::vector<float> memory_;
  size_t count_;
};

std::optional<Fault> run_gemm(const std::string& name, uint64_t order, bool check, Floats& y) {
  Floats x(32 * 48, -1.0f, 0.25f), w(48 * 32, 0.5f, -0.125f), b(32, 1.0f, 0.5f);
  const float *px = x.data(), *pw = w.data(), *pb = b.data();
  float* py = y.data();
  void* parameters[] = {&px, &pw, &pb, &py};
  const EmulatedLibrary& library = library_of(check);
  const auto fault = launch(
      library, *library.find(name), {2, 2, 1}, 64, parameters,
      {x.buffer("x", false), w.buffer("w", false), b.buffer("b", false), y.buffer("y", true)},
      {order, check});
  if (fault) return fault;
  for (size_t m = 0; m < 32; ++m)
    for (size_t n = 0; n < 32; ++n) {
      float sum = 0;
      for (size_t k = 0; k < 48; ++k) sum = std::fma(x[m * 48 + k], w[k * 32 + n], sum);
      EXPECT_EQ(y[m * 32 + n], std::max(sum + b[n], 0.0f)) << m << ", " << n;
    }
  return std::nullopt;
}

std::optional<Fault> run_rows(const std::string& name, uint64_t order, bool check) {
  Floats x(3 * 100, 1.0f, 1.0f), y(3 * 100, 0, 0);
  const float* px = x.data();
  float* py = y.data();
  void* parameters[] = {&px, &py};
  const EmulatedLibrary& library = library_of(check);
  const auto fault = launch(library, *library.find(name), {3, 1, 1}, 64, parameters,
                            {x.buffer("x", false), y.buffer("y", true)}, {order, check});
  if (fault) return fault;
  for (size_t r = 0; r < 3; ++r) {
    float sum = 0;
    for (size_t i = 0; i < 100; ++i) sum += x[r * 100 + i];
    EXPECT_FLOAT_EQ(y[r * 100 + 5], x[r * 100 + 5] / sum);
  }
  return std::nullopt;
}

std::optional<Fault> run_scale(const std::string& name, uint64_t order, bool check, float first,
                               int* status) {
  Floats x(200, first, 1.0f), y(200, 0, 0);
  const float* px = x.data();
  float* py = y.data();
  long long n = 200;
  *status = 0;
  void* parameters[] = {&px, &py, &n, &status};
  const EmulatedLibrary& library = library_of(check);
  const auto fault =
      launch(library, *library.find(name), {2, 1, 1}, 32, parameters,
             {x.buffer("x", false), y.buffer("y", true), {status, sizeof *status, "status"}},
             {order, check});
  if (!fault) {
    for (size_t i = 0; i < 200; ++i) EXPECT_EQ(y[i], std::max(2 * x[i], 0.0f)) << i;
  }
  return fault;
}

std::optional<Fault> run_any(const std::string& kernel, const std::string& name, uint64_t order) {
  int status;
  Floats y(32 * 32, 0, 0);
  return kernel == "gemm"   ? run_gemm(name, order, true, y)
         : kernel == "rows" ? run_rows(name, order, true)
                            : run_scale(name, order, true, 1.0f, &status);
}

TEST(Emulator, RunsCorrectKernelsInEveryOrder) {
  for (const bool check : {false, true}) {
    for (uint64_t order = 0; order < 6; ++order) {
      int status;
      Floats y(32 * 32, 0, 0);
      std::optional<Fault> fault = run_gemm("gemm", order, check, y);
      EXPECT_FALSE(fault) << to_string(*fault);
      fault = run_rows("rows", order, check);
      EXPECT_FALSE(fault) << to_string(*fault);
      fault = run_scale("scale", order, check, 1.0f, &status);
      EXPECT_FALSE(fault) << to_string(*fault);
      EXPECT_EQ(status, 0);
    }
  }
}

// clang reads both lanes at once, at an address of which that is no multiple.
TEST(Emulator, TakesAccessesThatTheCompilerMerges) {
  Result<EmulatedLibrary> library = compile_emulated_kernels(
      {{"pairs", 4,
        "TN_KERNEL(4) pairs(const float *TN_RESTRICT x, float *TN_RESTRICT y) {\n"
        "  tn_vector<float, 2> y2;\n"
        "  for (int lane = 0; lane < 2; ++lane) y2[lane] = x[tn_thread() * 6 + lane + 3];\n"
        "  tn_store(y + tn_thread() * 2, y2);\n"
        "}\n"}},
      {scratch_folder("merged"), true, ""});
  ASSERT_TRUE(library) << library.reason();
  Floats x(24, 0, 1.0f), y(8, 0, 0);
  const float* px = x.data();
  float* py = y.data();
  void* parameters[] = {&px, &py};
  const auto fault = launch(*library, *library->find("pairs"), {1, 1, 1}, 4, parameters,
                            {x.buffer("x", false), y.buffer("y", true)}, {0, true});
  EXPECT_FALSE(fault) << to_string(*fault);
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(y[i], x[i / 2 * 6 + i % 2 + 3]) << i;
}

TEST(Emulator, RecordsAFailedRequirement) {
  int status;
  const std::optional<Fault> fault = run_scale("scale", 3, true, -1.0f, &status);
  EXPECT_FALSE(fault) << to_string(*fault);
  EXPECT_EQ(status, 3 | 7 << 8);
}

struct Seeded {
  const char *kernel, *name;
  FaultKind kind;
  const char* what;
};
void PrintTo(const Seeded& seeded, std::ostream* out) { *out << seeded.name; }

class EmulatorFault : public testing::TestWithParam<Seeded> {};

TEST_P(EmulatorFault, IsFoundInEveryOrder) {
  const Seeded& seeded = GetParam();
  for (uint64_t order = 0; order < 4; ++order) {
    const std::optional<Fault> fault = run_any(seeded.kernel, seeded.name, order);
    ASSERT_TRUE(fault) << seeded.name << " in order " << order;
    EXPECT_EQ(fault->kind, seeded.kind) << to_string(*fault);
    EXPECT_THAT(to_string(*fault), HasSubstr(seeded.what)) << "order " << order;
    EXPECT_THAT(to_string(*fault), HasSubstr("kernel " + std::string(seeded.name) + ", block ("));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Seeded, EmulatorFault,
    testing::Values(
        Seeded{"gemm", "row_too_many", FaultKind::kOutOfBounds, " of "},
        Seeded{"gemm", "no_back_edge_barrier", FaultKind::kRace, "the shared variable of line"},
        Seeded{"gemm", "unwritten_shared", FaultKind::kUninitialised, "which nothing wrote"},
        Seeded{"gemm", "row_of_the_next_block", FaultKind::kOutOfBounds, "of x, which has 6144"},
        Seeded{"gemm", "blocks_overlap", FaultKind::kRace, "nothing orders the blocks"},
        Seeded{"scale", "divergent_barrier", FaultKind::kBarrier, "14 of 32 threads"},
        Seeded{"rows", "two_barriers", FaultKind::kBarrier, "waits at line"},
        Seeded{"rows", "early_return", FaultKind::kBarrier, "24 of 64 threads"},
        Seeded{"rows", "all_write_one", FaultKind::kRace, "writes 4 bytes"},
        Seeded{"scale", "past_the_end", FaultKind::kOutOfBounds, "at byte 800 of x, which has 800"},
        Seeded{"scale", "before_the_start", FaultKind::kOutOfBounds, "16 bytes before x"},
        Seeded{"scale", "writes_input", FaultKind::kOutOfBounds, "which is only read"},
        Seeded{"scale", "unaligned", FaultKind::kAlignment, "16 bytes at byte 4 of x"},
        Seeded{"scale", "reads_output", FaultKind::kUninitialised, "of y, which nothing wrote"}),
    [](const testing::TestParamInfo<Seeded>& info) { return std::string(info.param.name); });

// Here what shows first depends on the order.
struct EitherOf {
  const char *kernel, *name;
  FaultKind one, other;
};
void PrintTo(const EitherOf& seeded, std::ostream* out) { *out << seeded.name; }

class EmulatorFaultEither : public testing::TestWithParam<EitherOf> {};

TEST_P(EmulatorFaultEither, IsFoundInEveryOrder) {
  for (uint64_t order = 0; order < 4; ++order) {
    const std::optional<Fault> fault = run_any(GetParam().kernel, GetParam().name, order);
    ASSERT_TRUE(fault) << "order " << order;
    EXPECT_TRUE(fault->kind == GetParam().one || fault->kind == GetParam().other)
        << to_string(*fault);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Seeded, EmulatorFaultEither,
    testing::Values(
        EitherOf{"gemm", "no_first_barrier", FaultKind::kRace, FaultKind::kUninitialised},
        EitherOf{"rows", "no_parts_barrier", FaultKind::kRace, FaultKind::kUninitialised},
        EitherOf{"gemm", "writes_one_row_down", FaultKind::kRace, FaultKind::kOutOfBounds}),
    [](const testing::TestParamInfo<EitherOf>& info) { return std::string(info.param.name); });

TEST(CompileKernels, SaysWhatTheCompilerSays) {
  const Result<EmulatedLibrary> library =
      compile_emulated_kernels({{"wrong", 1, "TN_KERNEL(1) wrong(float *y) { y[0] = missing; }"}},
                               {scratch_folder("wrong"), false, ""});
  ASSERT_FALSE(library);
  EXPECT_THAT(library.reason(), HasSubstr("missing"));
}

TEST(CompileKernels, NamesACompilerThatIsNotThere) {
  const Result<EmulatedLibrary> library =
      compile_emulated_kernels(correct_kernels(), {scratch_folder("none"), false, "no-such-clang"});
  ASSERT_FALSE(library);
  EXPECT_THAT(library.reason(), HasSubstr("no-such-clang cannot be run"));
}

}  // namespace
}  // namespace tenon::codegen
