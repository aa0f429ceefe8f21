// A whole bundle, from the demo's kernels: what is in the archive, and that programs work with it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include <llvm/Object/Archive.h>
#include <llvm/Object/ELFObjectFile.h>

#include "tests/codegen/bundle/build_demo.h"

namespace tenon::codegen {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// What the objects of an archive define and need, each against the others.
struct Contents {
  std::set<std::string> defined, undefined, not_hidden, writable_sections, relocated_data;
  std::vector<std::string> members;
};

Contents read_archive(const std::string& path) {
  Contents contents;
  std::set<std::string> needed;
  const auto buffer = std::move(*llvm::MemoryBuffer::getFile(path));
  auto archive = llvm::cantFail(llvm::object::Archive::create(buffer->getMemBufferRef()));
  llvm::Error error = llvm::Error::success();
  for (const auto& child : archive->children(error)) {
    contents.members.push_back(llvm::cantFail(child.getName()).str());
    const auto bytes = llvm::cantFail(child.getMemoryBufferRef());
    const auto object = llvm::cantFail(llvm::object::ObjectFile::createObjectFile(bytes));
    for (const llvm::object::ELFSymbolRef symbol : object->symbols()) {
      const uint32_t flags = llvm::cantFail(symbol.getFlags());
      const std::string name = llvm::cantFail(symbol.getName()).str();
      if (flags & llvm::object::SymbolRef::SF_Undefined) {
        if (!name.empty()) needed.insert(name);
      } else if (flags & llvm::object::SymbolRef::SF_Global) {
        contents.defined.insert(name);
        if ((symbol.getOther() & 3) != llvm::ELF::STV_HIDDEN) contents.not_hidden.insert(name);
      }
    }
    for (const llvm::object::ELFSectionRef section : object->sections()) {
      const std::string name = llvm::cantFail(section.getName()).str();
      if (section.getFlags() & llvm::ELF::SHF_WRITE) contents.writable_sections.insert(name);
      const auto relocated = llvm::cantFail(section.getRelocatedSection());
      if (relocated == object->section_end()) continue;
      // Absolute addresses need relocating at load: only N_info's tables may hold them.
      for (const auto& relocation : section.relocations())
        if (relocation.getType() == llvm::ELF::R_X86_64_64 &&
            llvm::object::ELFSectionRef(*relocated).getFlags() & llvm::ELF::SHF_ALLOC)
          contents.relocated_data.insert(llvm::cantFail(relocated->getName()).str());
    }
  }
  llvm::cantFail(std::move(error));
  for (const std::string& name : needed)
    if (!contents.defined.count(name)) contents.undefined.insert(name);
  return contents;
}

// With weights in the library, and in a file.
class Bundle : public ::testing::TestWithParam<bool> {};

TEST_P(Bundle, HasOnlyTheSymbolsAndSectionsOfTheContract) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {.weights_embedded = GetParam()});
  const Contents contents = read_archive(folder / "libdemo.a");
  for (const std::string& name : contents.defined) EXPECT_EQ(name.rfind("demo_", 0), 0u) << name;
  for (const char* entry : {"open", "run", "arena_bytes", "status_text", "info", "selftest"})
    EXPECT_TRUE(contents.defined.count(std::string("demo_") + entry)) << entry;
  EXPECT_EQ(contents.defined.size(), 6u) << "entry points only";
  for (const std::string& name : contents.undefined)
    EXPECT_TRUE(name == "memcpy" || name == "memmove" || name == "memset") << name;
  EXPECT_THAT(contents.not_hidden, IsEmpty());
  for (const std::string& section : contents.writable_sections)
    EXPECT_EQ(section.rfind(".data.rel.ro", 0), 0u) << section;
  for (const std::string& section : contents.relocated_data)
    EXPECT_EQ(section.rfind(".data.rel.ro", 0), 0u) << section;
}

TEST_P(Bundle, WorksInAProgram) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {.weights_embedded = GetParam()});
  const std::string weights = GetParam() ? "" : folder / "demo_weights.bin";
  for (const char* flags : {"-std=c99", "-std=c11 -pie -fPIE", "-std=c17 -no-pie -static",
                            "-std=c++11 -x c++", "-std=c++20 -x c++ -Wl,-z,now"}) {
    const CommandResult built = run_command(fmt::format(
        "{} {} -Wall -Wextra -pedantic -Werror -I{} -DNAME=demo -DUPPER=DEMO -DFUNCTION=use_demo "
        "-DHEADER='\"demo.h\"' {}/tests/codegen/bundle/use_demo.c -x none {} -o {}",
        TEST_GCC, flags, folder.path(), TENON_SOURCE_DIR, folder / "libdemo.a", folder / "use"));
    ASSERT_EQ(built.status, 0) << built.output;
    const CommandResult run = run_command(folder / "use" + (" " + weights));
    EXPECT_EQ(run.output, "ok\n") << flags;
    EXPECT_EQ(run.status, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Weights, Bundle, ::testing::Bool());

TEST(Bundles, WeightsFileIsAskedFor) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {.weights_embedded = false});
  const CommandResult built = run_command(
      fmt::format("{} -I{} -DNAME=demo -DUPPER=DEMO -DFUNCTION=use_demo -DHEADER='\"demo.h\"' "
                  "{}/tests/codegen/bundle/use_demo.c {} -o {}",
                  TEST_GCC, folder.path(), TENON_SOURCE_DIR, folder / "libdemo.a", folder / "use"));
  ASSERT_EQ(built.status, 0) << built.output;
  const CommandResult run = run_command(folder / "use");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      run.output,
      ::testing::HasSubstr("no weights given: they are in demo_weights.bin, not in the library"));
}

TEST(Bundles, TwoBuildsGiveTheSameBytes) {
  const TemporaryFolder first, second;
  build_demo(first.path(), {});
  build_demo(second.path(), {});
  for (const char* file : {"libdemo.a", "demo.h", "demo.hpp"})
    EXPECT_EQ(read_file(first / file), read_file(second / file)) << file;
}

// Three bundles whole in one program, and one of them in a shared library that exports nothing of
// it.
TEST(Bundles, LiveTogether) {
  const TemporaryFolder folder;
  std::string objects, libraries, calls;
  for (const char* name : {"one", "two", "three"}) {
    build_demo(folder / name, {.name = name});
    std::string upper = name;
    for (char& c : upper) c = static_cast<char>(toupper(c));
    const CommandResult built = run_command(
        fmt::format("{0} -Wall -Wextra -Werror -c -DNO_MAIN -I{1}/{2} -DNAME={2} -DUPPER={3} "
                    "-DFUNCTION=use_{2} "
                    "-DHEADER='\"{2}.h\"' {4}/tests/codegen/bundle/use_demo.c -o {1}/use_{2}.o",
                    TEST_GCC, folder.path(), name, upper, TENON_SOURCE_DIR));
    ASSERT_EQ(built.status, 0) << built.output;
    objects += fmt::format(" {}/use_{}.o", folder.path(), name);
    libraries += fmt::format(" {0}/{1}/lib{1}.a", folder.path(), name);
  }
  write_file(folder / "main.c",
             "#include <stddef.h>\n#include <stdio.h>\n"
             "int use_one(const void *, size_t);\nint use_two(const void *, size_t);\n"
             "int use_three(const void *, size_t);\n"
             "int main(void) {\n"
             "  int bad = use_one(NULL, 0) + use_two(NULL, 0) + use_three(NULL, 0);\n"
             "  puts(bad ? \"bad\" : \"ok\");\n  return bad;\n}\n");
  const CommandResult linked = run_command(
      fmt::format("{} -pie -fPIE {} {} -Wl,--whole-archive {} -Wl,--no-whole-archive -o {}",
                  TEST_GCC, folder / "main.c", objects, libraries, folder / "all"));
  ASSERT_EQ(linked.status, 0) << linked.output;
  EXPECT_EQ(run_command(folder / "all").output, "ok\n");

  const CommandResult shared = run_command(
      fmt::format("{0} -shared -Wl,-z,defs {1}/use_one.o {1}/one/libone.a -o {1}/libuse_one.so && "
                  "nm -D --defined-only {1}/libuse_one.so",
                  TEST_GCC, folder.path()));
  EXPECT_EQ(shared.status, 0) << shared.output;
  EXPECT_THAT(shared.output, ::testing::HasSubstr("use_one"));
  EXPECT_THAT(shared.output, ::testing::Not(::testing::HasSubstr("one_")));
}

TEST(Bundles, DefaultVisibilityExportsTheEntryPointsOnly) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {.default_visibility = true});
  const Contents contents = read_archive(folder / "libdemo.a");
  EXPECT_THAT(contents.not_hidden,
              UnorderedElementsAre("demo_open", "demo_run", "demo_arena_bytes", "demo_status_text",
                                   "demo_info", "demo_selftest"));
}

// A processor without the instructions: qemu plays one. open says so, and nothing traps before.
TEST(Bundles, RefusesAProcessorWithoutTheInstructions) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {.cpu = "x86-64-v3", .cpu_features = 1u << 8 | 1u << 9 | 1u << 12});
  write_file(folder / "main.c",
             "#include <stdio.h>\n#include \"demo.h\"\n"
             "int main(void) {\n  demo_model model;\n"
             "  int status = demo_open(&model, DEMO_ABI, NULL, 0);\n"
             "  printf(\"%d %zu %s\\n\", TN_CODE(status), demo_arena_bytes(16, 16, 1),\n"
             "         demo_status_text(status));\n"
             "  return demo_info()->tensor_count != 4;\n}\n");
  const CommandResult built =
      run_command(fmt::format("{} -static -I{} {} {} -o {}", TEST_GCC, folder.path(),
                              folder / "main.c", folder / "libdemo.a", folder / "main"));
  ASSERT_EQ(built.status, 0) << built.output;
  const std::string text = "10 960 this processor, or its operating system, lacks ";
  EXPECT_EQ(run_command("qemu-x86_64 -cpu Nehalem " + (folder / "main")).output,
            text + "avx2, which x86-64-v2 needs\n");
  EXPECT_EQ(run_command("qemu-x86_64 -cpu max " + (folder / "main")).output, "0 960 ok\n");
}

// The C++ wrapper: sizes of spans checked, statuses in words, the pool through tn_call.
TEST(Bundles, WorkThroughTheWrapperAndThePool) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {});
  for (const char* compiler : {TEST_GCC, TEST_CLANG}) {
    const CommandResult built = run_command(fmt::format(
        "{0} -x c++ -std=c++17 -Wall -Wextra -pedantic -Werror -I{1} "
        "{2}/tests/codegen/bundle/use_wrapper.cc -x none {1}/libdemo.a {1}/libtenon_pool.a "
        "-lstdc++ -pthread -o {1}/wrapped",
        compiler, folder.path(), TENON_SOURCE_DIR));
    ASSERT_EQ(built.status, 0) << built.output;
    EXPECT_EQ(run_command(folder / "wrapped").output, "ok\n");
  }
}

// On a stack of exactly N_STACK_BYTES, with a guard page below it.
TEST(Bundles, RunNeedsNoMoreStackThanTheHeaderSays) {
  const TemporaryFolder folder;
  build_demo(folder.path(), {});
  const CommandResult built = run_command(fmt::format(
      "{0} -Wall -Wextra -Werror -Wl,-z,now -I{1} {2}/tests/codegen/bundle/small_stack.c "
      "{1}/libdemo.a -o {1}/small",
      TEST_GCC, folder.path(), TENON_SOURCE_DIR));
  ASSERT_EQ(built.status, 0) << built.output;
  EXPECT_EQ(run_command(folder / "small").output, "ok\n");
}

}  // namespace
}  // namespace tenon::codegen
