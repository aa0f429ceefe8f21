// Every operator and every template for processors, printed as C++: the graphs of
// tests/ir/high/*_cases.txt and of template_cases.txt go through the whole pipeline for source; each
// kernel, built by g++ and by clang, gives the bits that the interpreter gives for the same loop
// function on seeded inputs. Many kernels are one file, so that a compiler starts rarely.
//
//   case softmax_last, x86-64-v3, g++   ->   the same bits in both
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "codegen/cpp/embedded.h"
#include "codegen/cpp/tree.h"
#include "codegen/llvm/jit.h"
#include "driver/build.h"
#include "driver/check_kernel.h"
#include "driver/commands/commands.h"
#include "tests/driver/template_cases.h"

namespace tenon::driver {
namespace {

struct PrintedKernel {
  std::string name;
  loop::Module module;  // owns the function's expressions
  std::string function;
  std::vector<loop::SymbolValues> sizes;
  codegen::cpp::KernelText text;
  std::string call;
};

loop::Module lower(const TemplateCase& c, const target::Target& target) {
  ModelOptions options;
  options.in_source = true;
  return lower_graph(import_case(c), options, target, [](const std::string&) {}).program.module;
}

std::vector<TemplateCase> operator_cases() {
  std::vector<TemplateCase> cases;
  for (const high::Case& c : high::read_cases())
    cases.push_back({c.name, c.graph, {c.symbols}, {}, {}});
  return cases;
}

// All kernels of all cases; what cannot be printed is a failure of the test.
std::vector<PrintedKernel> print_cases(const std::vector<TemplateCase>& cases,
                                       const target::Target& target) {
  std::vector<PrintedKernel> kernels;
  for (const TemplateCase& c : cases) try {
      loop::Module module = lower(c, target);
      if (!c.cpu.empty()) expect_schedules(c.name, module, c.cpu);
      loop::for_each_stmt(module.main, [&](const loop::Stmt& stmt) {
        const auto* call = stmt.as<loop::Call>();
        if (!call) return;
        std::string number = std::to_string(kernels.size());
        Result<codegen::cpp::KernelText> text =
            codegen::cpp::print_kernel(*module.find_function(call->function),
                                       module.symbol_ranges(), target, {"kernel_" + number});
        if (!text) {
          ADD_FAILURE() << c.name << ": " << text.reason();
          return;
        }
        kernels.push_back({c.name + " @" + call->function, module, call->function, c.sizes,
                           std::move(*text), "call_" + number});
      });
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  return kernels;
}

codegen::BundleInterface interface_for(const target::Target& target) {
  codegen::BundleInterface interface;
  interface.name = "cases";
  interface.target = target.name;
  interface.triple = target.triple;
  interface.cpu_features = target.features.bits();
  return interface;
}

void write_file(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

struct Choice {
  const char* compiler;
  const char* target;
  const char* processor;  // that runs the kernels: their text is portable
};
class SourceKernels : public testing::TestWithParam<Choice> {};

void expect_same_bits(const std::vector<TemplateCase>& cases, const Choice& choice) {
  target::Target target = target::find_target(choice.target).value(),
                 processor = target::find_target(choice.processor).value();
  if (!target::native_target().value().features.has_all(processor.features))
    GTEST_SKIP() << "this processor does not run code for " << processor.name;
  setenv("CXX", choice.compiler, 1);
  HostCompiler compiler = HostCompiler::find();
  std::vector<PrintedKernel> kernels = print_cases(cases, target);
  ASSERT_GE(kernels.size(), cases.size());

  // Several files, for several cores.
  constexpr size_t kFiles = 4;
  std::vector<std::string> texts(
      kFiles, "#define TN_RESTRICT __restrict\n#include \"runtime/tn_vector.h\"\n");
  for (size_t i = 0; i < kernels.size(); ++i) {
    const PrintedKernel& kernel = kernels[i];
    texts[i % kFiles] +=
        "static " + kernel.text.definition +
        kernel_call_text(kernel.call, *kernel.module.find_function(kernel.function),
                         "kernel_" + std::to_string(i), kernel.text);
  }
  TemporaryFolder folder;
  std::vector<std::string> sources;
  for (size_t i = 0; i < kFiles; ++i) {
    sources.push_back("kernels/cases_" + std::to_string(i) + ".cpp");
    write_file(folder.path() + "/" + sources.back(), texts[i]);
  }
  for (const codegen::cpp::EmbeddedFile& file : codegen::cpp::embedded_files())
    write_file(folder.path() + "/runtime/" + file.name, file.text);
  std::vector<std::string> objects;
  for (const std::string& path :
       build_objects(compiler, folder.path(), interface_for(processor), sources, folder.path())) {
    std::vector<uint8_t> bytes = read_file(path);
    objects.emplace_back(bytes.begin(), bytes.end());
  }
  Result<std::unique_ptr<codegen::JitLibrary>> library = codegen::JitLibrary::load(objects);
  ASSERT_TRUE(library) << library.reason();
  for (const PrintedKernel& kernel : kernels) {
    auto call = reinterpret_cast<KernelCall>((*library)->address(kernel.call).value());
    for (const loop::SymbolValues& sizes : kernel.sizes)
      EXPECT_EQ(difference_from_interpreter(*kernel.module.find_function(kernel.function),
                                            kernel.text, sizes, call, {0, 0}),
                "")
          << kernel.name << "\n"
          << kernel.text.definition;
  }
}

TEST_P(SourceKernels, OfOperatorsGiveTheInterpretersBits) {
  std::vector<TemplateCase> cases = operator_cases();
  ASSERT_GT(cases.size(), 250u);
  expect_same_bits(cases, GetParam());
}

TEST_P(SourceKernels, OfTemplatesGiveTheInterpretersBits) {
  std::vector<TemplateCase> cases = read_template_cases();
  ASSERT_GT(cases.size(), 30u);
  expect_same_bits(cases, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Compilers, SourceKernels,
                         testing::Values(Choice{"g++ -Werror", "x86-64-v3", "x86-64-v3"},
                                         Choice{"clang++-19 -Werror", "x86-64-v3", "x86-64-v3"},
                                         Choice{"g++ -Werror", "x86-64-v4", "x86-64-v4"},
                                         Choice{"clang++-19 -Werror", "x86-64-v2", "x86-64-v2"},
                                         Choice{"clang++-19 -Werror", "armv7-neon", "x86-64-v3"}),
                         [](const testing::TestParamInfo<Choice>& info) {
                           std::string name = info.param.compiler;
                           name =
                               name.substr(0, name.find_first_of(" -+")) + "_" + info.param.target;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tenon::driver
