// Debug information names the ONNX nodes that each instruction computes for, and changes no code.
#include <gtest/gtest.h>

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ELFObjectFile.h>

#include "codegen/llvm/compile_kernel.h"
#include "ir/loop/text.h"

namespace tenon::codegen {
namespace {

constexpr const char* kFunction = R"(
func @conv_relu(x: f32[64], out y: f32[64], out z: f32[64]) loc("/conv", "/relu") {
  for i in 64 { y[i] = x[i] * 3.0 loc("/conv") }
  for j in 64 { z[j] = max(y[j], 0.0) loc("/relu") }
})";

CompiledKernel compile_function(const std::string& debug_file) {
  ExprPool pool;
  loop::Function function = loop::parse_function(kFunction, "test", pool);
  KernelOptions options;
  options.debug_file = debug_file;
  return compile_kernel(function, {}, target::find_target("x86-64-v3").value(), options).value();
}

std::unique_ptr<llvm::object::ObjectFile> parse_object(const std::string& bytes) {
  return llvm::cantFail(
      llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, "object")));
}

std::string code_of(const llvm::object::ObjectFile& object) {
  for (const llvm::object::SectionRef& section : object.sections())
    if (section.isText() && section.getSize() > 0)
      return llvm::cantFail(section.getContents()).str();
  return "";
}

TEST(DebugInfo, NodesAreInlinedFunctions) {
  std::string bytes = compile_function("model.onnx").object.bytes;
  auto object = parse_object(bytes);
  auto dwarf = llvm::DWARFContext::create(*object);
  std::set<std::string> seen;
  for (uint64_t address = 0; address < code_of(*object).size(); ++address) {
    llvm::DIInliningInfo frames =
        dwarf->getInliningInfoForAddress({address, llvm::object::SectionedAddress::UndefSection},
                                         {llvm::DILineInfoSpecifier::FileLineInfoKind::RawValue,
                                          llvm::DILineInfoSpecifier::FunctionNameKind::ShortName});
    std::string stack;
    for (uint32_t i = 0; i < frames.getNumberOfFrames(); ++i)
      stack += frames.getFrame(i).FunctionName + ";";
    seen.insert(stack);
  }
  EXPECT_TRUE(seen.count("/conv;conv_relu;"));
  EXPECT_TRUE(seen.count("/relu;conv_relu;"));
}

TEST(DebugInfo, ChangesNoCode) {
  std::string with = compile_function("model.onnx").object.bytes,
              without = compile_function("").object.bytes;
  EXPECT_NE(with, without);
  EXPECT_EQ(code_of(*parse_object(with)), code_of(*parse_object(without)));
}

TEST(DebugInfo, NamesNoFolder) {
  std::string bytes = compile_function("model.onnx").object.bytes;
  auto object = parse_object(bytes);
  auto dwarf = llvm::DWARFContext::create(*object);
  for (const auto& unit : dwarf->compile_units()) {
    const char* folder = unit->getCompilationDir();
    EXPECT_EQ(std::string(folder ? folder : ""), "");
  }
}

}  // namespace
}  // namespace tenon::codegen
