// Stack sizes read from objects: chains of calls, addresses taken, recursion.
#include "codegen/bundle/stack_bytes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <llvm/AsmParser/Parser.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include "tests/codegen/bundle/build_demo.h"

namespace tenon::codegen {
namespace {

using ::testing::HasSubstr;

// The object of a module given as text; @frame(i64) uses that much stack in each function below.
std::string object_of(const std::string& functions) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  auto module = llvm::parseAssemblyString(functions, diagnostic, context);
  EXPECT_NE(module, nullptr) << diagnostic.getMessage().str();
  module->setTargetTriple("x86_64-unknown-linux-gnu");
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream out(object);
  emit_object(*module, out);
  return {object.begin(), object.end()};
}

llvm::MemoryBufferRef ref(const std::string& object) { return {object, "object"}; }

// A function that keeps `bytes` bytes on its stack while it calls `callees`.
std::string function(const std::string& linkage, const std::string& name, int bytes,
                     const std::vector<std::string>& callees) {
  std::string text = fmt::format(
      "define {} void @{}() noinline {{\n  %a = alloca [{} x i8], align 16\n"
      "  call void asm sideeffect \"\", \"r,~{{memory}}\"(ptr %a)\n",
      linkage, name, bytes);
  for (const std::string& callee : callees) text += fmt::format("  call void @{}()\n", callee);
  return text + "  call void asm sideeffect \"\", \"r,~{memory}\"(ptr %a)\n  ret void\n}\n";
}

uint64_t bytes_of_run(const std::string& functions) {
  const auto object = object_of(functions);
  const Result<uint64_t> bytes = stack_bytes({ref(object)}, "m");
  EXPECT_TRUE(static_cast<bool>(bytes)) << bytes.reason();
  return bytes ? *bytes : 0;
}

TEST(StackBytes, DeepestChainCounts) {
  const uint64_t alone = bytes_of_run(function("", "m_run", 1024, {}));
  EXPECT_GE(alone, 1024u + 512u);
  EXPECT_LE(alone, 1024u + 512u + 512u);
  const std::string leaves =
      function("internal", "small", 64, {}) + function("internal", "large", 2048, {});
  const uint64_t with_leaves =
      bytes_of_run(function("", "m_run", 1024, {"small", "large"}) + leaves);
  EXPECT_GE(with_leaves, 1024u + 2048u + 512u);
  EXPECT_LE(with_leaves, 1024u + 2048u + 1024u) << "not the sum of both";
  EXPECT_EQ(bytes_of_run(function("", "m_run", 1024, {}) + function("", "m_open", 8000, {})), alone)
      << "only what run reaches";
}

TEST(StackBytes, TakenAddressCounts) {
  const std::string callback =
      "declare void @m_other(ptr)\n"
      "define void @m_run() {\n  call void @m_other(ptr @body)\n  ret void\n}\n" +
      function("internal", "body", 4096, {});
  EXPECT_GE(bytes_of_run(callback), 4096u + 512u);
}

TEST(StackBytes, AcrossObjects) {
  const auto first =
      object_of("declare void @m_kernel()\n" + function("", "m_run", 256, {"m_kernel"}));
  const auto second = object_of(function("", "m_kernel", 4096, {}));
  for (const auto& objects :
       {std::vector{ref(first), ref(second)}, std::vector{ref(second), ref(first)}}) {
    const Result<uint64_t> bytes = stack_bytes(objects, "m");
    ASSERT_TRUE(static_cast<bool>(bytes));
    EXPECT_GE(*bytes, 256u + 4096u + 512u);
  }
}

TEST(StackBytes, RecursionIsRefused) {
  const auto object =
      object_of(function("", "m_run", 16, {"m_a"}) + function("", "m_a", 16, {"m_b"}) +
                function("", "m_b", 16, {"m_a"}));
  const Result<uint64_t> bytes = stack_bytes({ref(object)}, "m");
  ASSERT_FALSE(static_cast<bool>(bytes));
  EXPECT_THAT(bytes.reason(), HasSubstr("calls itself"));
}

TEST(StackBytes, TooMuchIsRefused) {
  const auto object = object_of(function("", "m_run", 20000, {}));
  const Result<uint64_t> bytes = stack_bytes({ref(object)}, "m");
  ASSERT_FALSE(static_cast<bool>(bytes));
  EXPECT_THAT(bytes.reason(), HasSubstr("more than 16384"));
}

}  // namespace
}  // namespace tenon::codegen
