// Putting the tree together: generated text, and the runtime as it stands in Tenon's own source.
#include "codegen/cpp/tree.h"

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/cpp/embedded.h"
#include "codegen/cpp/tables_text.h"
#include "support/text.h"
#include "target/cpu_features.h"

namespace tenon::codegen::cpp {
namespace {

std::string model_file(const BundleInterface& interface, const ModuleText& module) {
  const std::string& name = interface.name;
  std::string text = "/* SPDX-License-Identifier: 0BSD\n   " + name +
                     "_model.c: the model's tables, what calls its kernels, and the functions of " +
                     name +
                     ".h.\n   All symbols get the model's prefix, so that several models fit into "
                     "one program. */\n";
  text += runtime_names(name);
  text += "\n#pragma GCC visibility push(" +
          std::string(interface.default_visibility ? "default" : "hidden") + ")\n#include \"" +
          name + ".h\"\n#pragma GCC visibility pop\n#include \"" + name +
          "_kernels.h\"\n#include \"runtime/model_tables.h\"\n#include \"runtime/tn_sizes.h\"\n\n";
  text += table_text(interface) + "\n" + module.functions + "\n";
  return text + "#include \"runtime/bundle.c\"\n\n" + entry_points(interface);
}

// The assembler copies the file into the object: no compiler reads the numbers.
std::string weights_file(const BundleInterface& interface) {
  const std::string symbol = interface.name + "_rt_model_weights";
  std::string text = "/* SPDX-License-Identifier: 0BSD\n   " + interface.name +
                     "_weights.c: the weights, as the assembler reads them from " + interface.name +
                     "_weights.bin";
  if (interface.weights_bytes == 0 || !interface.weights_embedded)
    return "/* SPDX-License-Identifier: 0BSD\n   " + interface.name + "_weights.c: " +
           (interface.weights_bytes ? "the weights are a file of their own" : "no weights") +
           ". */\n__attribute__((visibility(\"hidden\"), aligned(64))) const unsigned char " +
           symbol + "[64] = {0};\n";
  return text +
         ", behind its header. */\n"
         "__asm__(\n"
         "    \".section .rodata." +
         interface.name +
         "_weights"
         ",\\\"a\\\"\\n\"\n"
         "    \".balign 64\\n\"\n"
         "    \".globl " +
         symbol +
         "\\n\"\n"
         "    \".hidden " +
         symbol +
         "\\n\"\n"
         "    \".type " +
         symbol +
         ", %object\\n\"\n"
         "    \"" +
         symbol +
         ":\\n\"\n"
         "    \".incbin \\\"\" TN_WEIGHTS_FILE \"\\\", 64\\n\"\n"
         "    \".size " +
         symbol + ", . - " + symbol +
         "\\n\"\n"
         "    \".previous\\n\");\n";
}

std::string cmake_file(const BundleInterface& interface, const ModuleText& module) {
  const std::string& name = interface.name;
  std::string kernels;
  for (const Kernel& kernel : module.kernels) kernels += "\n  " + kernel.file;
  return fmt::format(
      R"(# {name}: a static library from this folder's sources, by g++ from 12 or clang from 14.
#   cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build
# Or from another project: add_subdirectory(this_folder), target_link_libraries(program {name}).
# The kernels need no C++ library. CMake does not know that; where there is none, tell it for a program in C:
#   set_target_properties(program PROPERTIES LINKER_LANGUAGE C)
# Kernels may be edited; `tenon pack` builds and verifies them.
cmake_minimum_required(VERSION 3.16)
project({name} LANGUAGES C CXX)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(kernels{kernels})
add_library({name} STATIC {name}_model.c {name}_weights.c ${{kernels}})
target_include_directories({name} PUBLIC "${{CMAKE_CURRENT_SOURCE_DIR}}")
set_target_properties({name} PROPERTIES C_STANDARD 11 CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON
  CXX_EXTENSIONS ON POSITION_INDEPENDENT_CODE ON)
target_compile_options({name} PRIVATE {common})
# What the processor must have, and nothing that rounds otherwise than the text says. Only kernels are built so: the
# rest runs before the processor was asked.
set(kernel_options {flags})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND kernel_options {gcc})
else()
  list(APPEND kernel_options {clang})
endif()
set_property(SOURCE ${{kernels}} APPEND PROPERTY COMPILE_OPTIONS ${{kernel_options}})
set_property(SOURCE {name}_weights.c APPEND PROPERTY
  COMPILE_DEFINITIONS "TN_WEIGHTS_FILE=\"${{CMAKE_CURRENT_SOURCE_DIR}}/{name}_weights.bin\"")
set_property(SOURCE {name}_weights.c APPEND PROPERTY
  OBJECT_DEPENDS "${{CMAKE_CURRENT_SOURCE_DIR}}/{name}_weights.bin")
)",
      fmt::arg("name", name), fmt::arg("kernels", kernels),
      fmt::arg("common", join(common_flags(interface), " ")),
      fmt::arg("flags", join(kernel_flags(interface), " ")), fmt::arg("gcc", gcc_flags()),
      fmt::arg("clang", clang_flags()));
}

}  // namespace

bool is_architecture(const std::string& machine, target::Architecture architecture) {
  const std::string name = machine.substr(0, machine.find('-'));
  switch (architecture) {
    case target::Architecture::x86_64: return name == "x86_64" || name == "amd64";
    case target::Architecture::aarch64: return name == "aarch64" || name == "arm64";
    case target::Architecture::armv7:
      return name.starts_with("arm") && !name.starts_with("arm64") && !name.starts_with("armeb");
    case target::Architecture::gpu: return false;
  }
  return false;
}

// ARMv7 cannot be asked what it has, so that all code is the target's. On AArch64, compilers make
// atomics calls of their own library, which a program may be linked without.
std::vector<std::string> common_flags(const BundleInterface& interface) {
  std::vector<std::string> flags = {"-O2", "-Wall", "-Wextra", "-fno-math-errno"};
  if (is_architecture(interface.triple, target::Architecture::armv7))
    flags.insert(flags.end(), {"-march=armv7-a", "-mfpu=neon-vfpv4", "-mfloat-abi=hard"});
  if (is_architecture(interface.triple, target::Architecture::aarch64))
    flags.push_back("-mno-outline-atomics");
  return flags;
}

std::vector<std::string> feature_flags(const BundleInterface& interface) {
  std::vector<std::string> names, flags;
  for (const target::CpuFeature feature : target::all_cpu_features())
    if (interface.cpu_features >> static_cast<int>(feature) & 1)
      names.push_back(feature == target::CpuFeature::fullfp16 ? "fp16" : target::name(feature));
  if (is_architecture(interface.triple, target::Architecture::aarch64))
    return {"-march=armv8-a" + (names.empty() ? "" : "+" + join(names, "+"))};
  if (is_architecture(interface.triple, target::Architecture::armv7)) return {};
  for (const std::string& name : names) flags.push_back("-m" + name);
  return flags;
}

// The last one warns where a kernel takes so much of N_STACK_BYTES that the promise may break.
std::vector<std::string> kernel_flags(const BundleInterface& interface) {
  std::vector<std::string> flags = feature_flags(interface);
  flags.insert(flags.end(),
               {"-ffp-contract=off", "-fno-exceptions", "-Wno-psabi", "-Wframe-larger-than=8192"});
  return flags;
}

// Accumulators stay in registers: g++ gives variables of one tile one register each only without
// this, and clang moves loads so far ahead that accumulators are spilled.
const char* gcc_flags() { return "-fno-tree-coalesce-vars -fira-region=one"; }
const char* clang_flags() { return "-mllvm -enable-misched=false -mllvm -unroll-threshold=60"; }

std::vector<TreeFile> source_tree(const BundleInterface& interface, const ModuleText& module,
                                  const std::string& module_text) {
  const std::string& name = interface.name;
  std::vector<TreeFile> files = {{"CMakeLists.txt", cmake_file(interface, module)},
                                 {name + "_model.c", model_file(interface, module)},
                                 {name + "_weights.c", weights_file(interface)},
                                 {name + "_kernels.h", module.declarations},
                                 {name + ".tenon", module_text}};
  for (const Kernel& kernel : module.kernels) files.push_back({kernel.file, kernel.text});
  for (const EmbeddedFile& file : embedded_files())
    files.push_back({"runtime/" + file.name, std::string(file.text)});
  return files;
}

}  // namespace tenon::codegen::cpp
