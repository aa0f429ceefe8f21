// The unit that is compiled: each kernel after its name, then the list of kernels.
//   {"scale", 256, "TN_KERNEL(256) scale..."}   ->   scale.cu, kernels.cpp, libkernels.so
#include "codegen/cuda/emulator/compile_kernels.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "codegen/cuda/emulator/embedded.h"

extern char** environ;

namespace tenon::codegen {
namespace {

namespace filesystem = std::filesystem;

void write_file(const filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The exit status; what the program prints goes to the file `output`.
int run_program(const std::vector<std::string>& words, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = 0;
  const int failed =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return 127;
  int status = 0;
  if (waitpid(process, &status, 0) < 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    if (access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Empty: there is none.
std::string find_compiler(const EmulationOptions& options) {
  if (!options.compiler.empty()) return options.compiler;
  const char* const named = std::getenv("CXX");
  std::vector<std::string> candidates;
  if (named != nullptr &&
      (!options.check || std::string_view(named).find("clang") != std::string::npos))
    candidates.push_back(named);
  for (int version = 22; version >= 15; --version)
    candidates.push_back(fmt::format("clang++-{}", version));
  candidates.push_back("clang++");
  if (!options.check) {
    candidates.push_back("g++");
    candidates.push_back("c++");
  }
  for (const std::string& candidate : candidates)
    if (in_path(candidate)) return candidate;
  return "";
}

std::string unit_of(const std::vector<KernelText>& kernels) {
  std::string unit =
      "// The kernels for the emulator: each after its name, then the list of them.\n"
      "#define TN_EMULATED\n#include \"tn_cuda.h\"\n";
  for (const KernelText& kernel : kernels)
    unit += fmt::format(
        "\n#define TN_EMULATED_KERNEL {0}\n#include \"{0}.cu\"\nTN_EMULATED_END({0})\n"
        "#undef TN_EMULATED_KERNEL\n",
        kernel.name);
  unit += "\nstatic const struct tenon_emulated_kernel tn_kernels[] = {\n";
  for (const KernelText& kernel : kernels)
    unit += fmt::format("    TN_EMULATED_ROW({}, {})\n", kernel.name, kernel.threads);
  unit += fmt::format(
      "}};\n"
      "extern \"C\" __attribute__((visibility(\"hidden\"))) const unsigned char __ehdr_start[], "
      "_end[];\n"
      "extern \"C\" const struct tenon_emulated_library tenon_emulated_library_of_kernels = {{\n"
      "    &tn_state, tn_kernels, {}, __ehdr_start, _end}};\n",
      kernels.size());
  return unit;
}

Result<EmulatedLibrary> compile_in(const filesystem::path& directory, const std::string& compiler,
                                   const std::vector<KernelText>& kernels,
                                   const EmulationOptions& options) {
  filesystem::create_directories(directory);
  for (const EmbeddedHeader& header : emulation_headers())
    write_file(directory / header.name, header.text);
  for (const KernelText& kernel : kernels)
    write_file(directory / (kernel.name + ".cu"), kernel.text);
  write_file(directory / "kernels.cpp", unit_of(kernels));

  const std::string library = directory / "libkernels.so", messages = directory / "messages.txt";
  std::vector<std::string> command = {
      compiler, "-std=c++17",        "-fPIC",           "-shared",
      "-w",     "-ffp-contract=off", "-fno-math-errno", "-I" + directory.string()};
  if (options.check) {
    // Vectors of more than 16 bytes have no hook; a read before a write of the same place has one
    // only when asked for.
    for (const char* option :
         {"-O1", "-fno-vectorize", "-fno-slp-vectorize", "-fsanitize=thread",
          "-DTN_EMULATED_CHECKS", "-mllvm", "-tsan-instrument-func-entry-exit=0", "-mllvm",
          "-tsan-instrument-read-before-write=1"})
      command.push_back(option);
  } else {
    command.push_back("-O2");
    command.push_back("-march=native");
  }
  command.insert(command.end(), {(directory / "kernels.cpp").string(), "-o", library});
  const int status = run_program(command, messages);
  if (status == 127) return Failure{fmt::format("{} cannot be run", compiler)};
  if (status != 0)
    return Failure{
        fmt::format("{} does not compile the kernels: {}", compiler, read_file(messages))};
  return EmulatedLibrary::open(library);
}

}  // namespace

Result<EmulatedLibrary> compile_emulated_kernels(const std::vector<KernelText>& kernels,
                                                 const EmulationOptions& options) {
  const std::string compiler = find_compiler(options);
  if (compiler.empty())
    return Failure{options.check
                       ? "a host compiler was not found: the emulator's checks need clang++"
                       : "a host compiler was not found: there is no clang++ or g++"};
  if (!options.directory.empty()) return compile_in(options.directory, compiler, kernels, options);
  std::string pattern = filesystem::temp_directory_path() / "tenon_emulator_XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return Failure{"no temporary folder can be made"};
  Result<EmulatedLibrary> library = compile_in(pattern, compiler, kernels, options);
  std::error_code ignored;
  filesystem::remove_all(pattern, ignored);
  return library;
}

}  // namespace tenon::codegen
