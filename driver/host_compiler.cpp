// Finding and running the host's compiler.
#include "driver/host_compiler.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "codegen/cpp/tree.h"
#include "support/diagnostics.h"
#include "support/parallel.h"

namespace tenon::driver {
namespace {

namespace fs = std::filesystem;

// Runs a program with stdout and stderr in `output`; its exit status, 127 where it cannot be run.
int run_program(const std::vector<std::string>& words, std::string& output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return 127;
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool is_kernel(const std::string& source) { return source.starts_with("kernels/"); }

}  // namespace

HostCompiler HostCompiler::find() {
  HostCompiler compiler;
  const char* chosen = std::getenv("CXX");
  std::vector<std::string> candidates = {"c++", "g++", "clang++"};
  if (chosen && *chosen) candidates = {chosen};
  for (const std::string& candidate : candidates) {
    compiler.words_ = words_of(candidate);
    if (compiler.words_.empty()) continue;
    std::string version;
    std::vector<std::string> ask = compiler.words_;
    ask.push_back("--version");
    if (run_program(ask, version) != 0) continue;
    compiler.name_ = candidate;
    compiler.is_clang_ = version.find("clang") != std::string::npos;
    ask.back() = "-dumpmachine";
    if (run_program(ask, compiler.machine_) != 0) compiler.machine_.clear();
    return compiler;
  }
  user_error({},
             chosen && *chosen ? "a host compiler was not found: CXX is \"" + std::string(chosen) +
                                     "\", which cannot be run"
                               : "a host compiler was not found: there is no c++, g++ or clang++",
             "install g++ or clang++, or set CXX to a compiler of C++17");
}

void HostCompiler::require_code_for(const std::string& triple) const {
  using enum target::Architecture;
  const std::string machine = words_of(machine_ + " unknown")[0];
  for (target::Architecture architecture : {x86_64, aarch64, armv7})
    if (codegen::cpp::is_architecture(triple, architecture) && machine != "unknown" &&
        !codegen::cpp::is_architecture(machine, architecture))
      user_error({},
                 "the compiler " + name_ + " makes code for " + machine +
                     ", and the bundle is for " + triple,
                 "set CXX to a compiler for it, as in CXX=\"clang++ --target=" + triple + "\"");
}

std::vector<std::string> HostCompiler::options(const std::string& folder, const std::string& source,
                                               const codegen::BundleInterface& interface) const {
  std::vector<std::string> all = codegen::cpp::common_flags(interface);
  all.insert(all.end(), {"-fPIC", "-I" + folder});
  if (!is_kernel(source)) {
    all.insert(all.begin(), {"-x", "c", "-std=gnu11"});
    all.push_back("-DTN_WEIGHTS_FILE=\"" + folder + "/" + interface.name + "_weights.bin\"");
    return all;
  }
  all.insert(all.begin(), {"-x", "c++", "-std=gnu++17"});
  for (const std::string& flag : codegen::cpp::kernel_flags(interface)) all.push_back(flag);
  const char* own = is_clang_ ? codegen::cpp::clang_flags() : codegen::cpp::gcc_flags();
  for (const std::string& flag : words_of(own)) all.push_back(flag);
  return all;
}

bool HostCompiler::run(const std::vector<std::string>& arguments, std::string& output) const {
  std::vector<std::string> words = words_;
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words, output) == 0;
}

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  std::string pattern = (fs::temp_directory_path(error) / "tenon-XXXXXX").string();
  if (error || !mkdtemp(pattern.data()))
    user_error({pattern, "", 0, 0}, "a temporary folder cannot be made",
               "set TMPDIR to a folder that can be written");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> build_objects(const HostCompiler& compiler, const std::string& folder,
                                       const codegen::BundleInterface& interface,
                                       const std::vector<std::string>& sources,
                                       const std::string& objects) {
  std::vector<std::string> paths(sources.size()), outputs(sources.size());
  std::vector<char> failed(sources.size(), 0);
  for (size_t i = 0; i < sources.size(); ++i) {
    std::string flat = sources[i];
    for (char& c : flat)
      if (c == '/') c = '-';
    paths[i] = objects + "/" + flat + ".o";
  }
  for_each_parallel(sources.size(), processor_count(), [&](size_t i) {
    std::vector<std::string> arguments = compiler.options(folder, sources[i], interface);
    arguments.insert(arguments.end(), {"-c", folder + "/" + sources[i], "-o", paths[i]});
    failed[i] = !compiler.run(arguments, outputs[i]);
  });
  for (size_t i = 0; i < sources.size(); ++i)
    if (failed[i])
      user_error({sources[i], "", 0, 0},
                 "the compiler " + compiler.name() + " refuses it:\n" + outputs[i]);
  return paths;
}

}  // namespace tenon::driver
