// The generated headers: their text, their hash, and that they compile as promised.
#include "codegen/bundle/header.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "codegen/bundle/identifiers.h"
#include "tests/codegen/bundle/build_demo.h"
#include "tests/codegen/bundle/demo_interface.h"

namespace tenon::codegen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The header that tests/runtime is built with is the one written for its interface.
// TENON_BLESS=1 in the environment rewrites it.
TEST(Header, Golden) {
  const std::string path = TENON_SOURCE_DIR "/tests/runtime/demo.h";
  const std::string text = write_header(demo_interface());
  if (getenv("TENON_BLESS") != nullptr) write_file(path, text);
  EXPECT_EQ(text, read_file(path));
}

TEST(Header, SharedBlockIsTheFrozenOne) {
  const std::string abi = read_file(TENON_SOURCE_DIR "/runtime/abi.h");
  const size_t begin = abi.find("#ifndef TENON_ABI_1"), end = abi.find("/* ---- end of the shared");
  EXPECT_THAT(write_header(demo_interface()), HasSubstr(abi.substr(begin, end - begin)));
  // Programs may include headers of several versions: a change here needs a new name instead.
  EXPECT_EQ(header_abi(abi.substr(begin, end - begin), "none"), 0x1a8a5e83u);
}

TEST(Header, AbiIsOfTheTextWithoutComments) {
  const std::string header = write_header(demo_interface());
  const uint32_t abi = header_abi(header, "demo");
  EXPECT_THAT(header, HasSubstr(fmt::format("#define DEMO_ABI 0x{:08x}u", abi)));
  EXPECT_EQ(abi, interface_abi(demo_interface()));

  BundleInterface other = demo_interface();
  other.model_file = "renamed.onnx";
  other.version = "9.9.9";
  other.target = "x86-64-v4";
  EXPECT_EQ(interface_abi(other), abi) << "stands in comments only";
  other.dims[0].most = 32;
  EXPECT_NE(interface_abi(other), abi);
  other = demo_interface();
  other.tensors[2].dtype = DType::I32;
  EXPECT_NE(interface_abi(other), abi);
  other = demo_interface();
  std::swap(other.tensors[2], other.tensors[3]);
  EXPECT_NE(interface_abi(other), abi);
}

TEST(Header, IoLayout) {
  const IoLayout layout = io_layout(demo_interface(), 8);
  EXPECT_EQ(layout.dims, (std::vector<uint32_t>{0, 8}));
  EXPECT_EQ(layout.tensors, (std::vector<uint32_t>{16, 24, 32, 40}));
  EXPECT_EQ(layout.bytes, 48u);
  EXPECT_EQ(io_layout(demo_interface(), 4).bytes, 32u);
}

TEST(Header, WeightsFileIsSaid) {
  BundleInterface demo = demo_interface();
  demo.weights_embedded = false;
  EXPECT_THAT(write_header(demo), HasSubstr("demo_weights.bin"));
  demo.weights_bytes = 0;
  EXPECT_THAT(write_header(demo), Not(HasSubstr("WEIGHTS_ALIGN")));
}

// One tensor of each type, names that could end a comment or need care, and no dimension.
BundleInterface awkward_interface() {
  BundleInterface awkward = demo_interface();
  awkward.name = "awkward";
  awkward.model_file = "a /* b */ \\";
  awkward.dims.clear();
  awkward.tensors.clear();
  awkward.requirements.clear();
  awkward.selftest.reset();
  for (const char* name : {"class", "*/ x", "/* y", "495", "a.b", "a:b", "caf\xc3\xa9", "?\?/",
                           "new\nline", "int64_t", "NULL", "threads"})
    awkward.tensors.push_back(
        {name, "", TensorRole::kInput, DType::U8, {{"3", "3", 3, 3}, {"a\\b", "", 1, 4}}});
  for (int number = 1; number < 27; ++number) {
    const auto dtype = dtype_from_onnx(number);
    if (dtype && *dtype != DType::String)
      awkward.tensors.push_back(
          {std::string(name_of(*dtype)), "", TensorRole::kOutput, *dtype, {}});
  }
  Diagnostics diagnostics;
  name_identifiers(awkward, {}, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 0);
  return awkward;
}

// Compiles a file that includes both headers, twice, in one language standard.
class HeaderCompiles : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(HeaderCompiles, WithoutAWarning) {
  const auto [compiler, standard] = GetParam();
  const bool is_cpp = std::string(standard).find("++") != std::string::npos;
  const TemporaryFolder folder;
  write_file(folder / "demo.h", write_header(demo_interface()));
  write_file(folder / "awkward.h", write_header(awkward_interface()));
  write_file(folder / "demo.hpp", write_cpp_header(demo_interface()));
  write_file(folder / "awkward.hpp", write_cpp_header(awkward_interface()));
  std::string program =
      "#include \"demo.h\"\n#include \"awkward.h\"\n#include \"demo.h\"\n"
      "TN_ALIGN(DEMO_ARENA_ALIGN) static unsigned char arena[DEMO_ARENA_BYTES(2)];\n"
      "int use(demo_io *io, awkward_io *other);\n"
      "int use(demo_io *io, awkward_io *other) {\n"
      "  demo_model model;\n"
      "  int status = demo_open(&model, DEMO_ABI, NULL, 0);\n"
      "  other->f32 = io->y;\n"
      "  return TN_CODE(status) ? TN_DETAIL(status) : demo_run(&model, io, arena, sizeof arena, "
      "NULL);\n"
      "}\n";
  const std::string standard_text = standard;
  if (is_cpp && standard_text != "c++11" && standard_text != "c++14")
    program +=
        "#include \"demo.hpp\"\n#include \"awkward.hpp\"\n#include <vector>\n"
        "int wrapped(const std::vector<float>& x, const std::vector<std::int64_t>& indices);\n"
        "int wrapped(const std::vector<float>& x, const std::vector<std::int64_t>& indices) {\n"
        "  static demo::Arena<2> space;\n  float y[8], z[1];\n  demo::Model model;\n  demo::Io "
        "io;\n"
        "  io.batch = io.rows = 1;\n  io.x = x;\n  io.indices = indices;\n  io.y = y;\n  io.z = "
        "z;\n"
        "  if (!model.open().ok()) return 1;\n"
        "  return model.run(io, space.bytes).code();\n}\n";
  const std::string source = folder / (is_cpp ? "use.cpp" : "use.c");
  write_file(source, program);
  const CommandResult result = run_command(
      fmt::format("{} -x {} -std={} -Wall -Wextra -pedantic -Werror -I{} -fsyntax-only {}",
                  compiler, is_cpp ? "c++" : "c", standard, folder.path(), source));
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

INSTANTIATE_TEST_SUITE_P(Standards, HeaderCompiles,
                         ::testing::Combine(::testing::Values(TEST_GCC, TEST_CLANG),
                                            ::testing::Values("c99", "c11", "c17", "c++11", "c++14",
                                                              "c++17", "c++20")));

}  // namespace
}  // namespace tenon::codegen
