// Several objects linked into one, and what is read from it.
#include "codegen/bundle/merge_objects.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/codegen/bundle/build_demo.h"

namespace tenon::codegen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MergeObjects : public ::testing::Test {
 protected:
  // Compiles C text; returns the object's path.
  std::string compile(const std::string& name, const std::string& text) {
    write_file(folder_ / (name + ".c"), text);
    const CommandResult built = run_command(
        fmt::format("{0} -O1 -fPIC -fno-asynchronous-unwind-tables -c {1}/{2}.c -o {1}/{2}.o",
                    TEST_GCC, folder_.path(), name));
    EXPECT_EQ(built.status, 0) << built.output;
    return folder_ / (name + ".o");
  }
  ObjectFacts facts_of(const std::string& path) {
    const std::string bytes = read_file(path);
    return read_object_facts({bytes, "object"});
  }

  TemporaryFolder folder_;
};

TEST_F(MergeObjects, ResolveOneAnother) {
  const std::string first = compile("first", "int g(int); int f(int x) { return g(x) + 1; }\n");
  const std::string second =
      compile("second",
              "void *memcpy(void *, const void *, unsigned long);\n"
              "int g(int x) { int y[999]; memcpy(y, &y[x], sizeof y); return y[x]; }\n");
  EXPECT_THAT(facts_of(first).undefined_symbols, ElementsAre("g"));
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    const Status status = merge_objects(order, folder_ / "merged.o");
    ASSERT_TRUE(static_cast<bool>(status)) << status.reason();
    const ObjectFacts facts = facts_of(folder_ / "merged.o");
    for (const std::string& name : facts.undefined_symbols)
      EXPECT_TRUE(name == "memcpy" || name == "__stack_chk_fail" || name.empty()) << name;
    EXPECT_GE(facts.code_bytes, facts_of(first).code_bytes + facts_of(second).code_bytes);
  }
}

TEST_F(MergeObjects, FaultsAreAnswered) {
  const std::string first = compile("first", "int f(int x) { return x; }\n");
  const std::string same = compile("same", "int f(int x) { return x + 1; }\n");
  EXPECT_THAT(merge_objects({first, same}, folder_ / "merged.o").reason(), HasSubstr("duplicate"));
  EXPECT_THAT(merge_objects({first, folder_ / "none.o"}, folder_ / "merged.o").reason(),
              HasSubstr("none.o"));
  EXPECT_THAT(merge_objects({first}, folder_ / "no/merged.o").reason(), HasSubstr("no/merged.o"));
  EXPECT_TRUE(static_cast<bool>(merge_objects({first}, folder_ / "merged.o"))) << "and again";
  EXPECT_THAT(facts_of(folder_ / "merged.o").undefined_symbols, IsEmpty());
}

}  // namespace
}  // namespace tenon::codegen
