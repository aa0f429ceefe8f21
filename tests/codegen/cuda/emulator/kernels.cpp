#include "tests/codegen/cuda/emulator/kernels.h"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

namespace tenon::codegen {
namespace {

// "TN_KERNEL(64) gemm(" -> 64, "gemm"
KernelText parsed(const std::string& text) {
  const size_t open = text.find('('), close = text.find(')'), end = text.find('(', close);
  return {text.substr(close + 2, end - close - 2), std::stoll(text.substr(open + 1)), text};
}

void replace_once(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the kernel has no " + from);
  text.replace(at, from.size(), to);
}

// Gone when the process ends.
class ProcessFolder {
 public:
  ProcessFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tenon_emulator_XXXXXX";
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~ProcessFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ProcessFolder(const ProcessFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

KernelText faulty(const char* kernel, const std::string& name, const std::string& from,
                  const std::string& to) {
  std::string text = kernel;
  replace_once(text, from, to);
  replace_once(text, " " + parsed(kernel).name + "(", " " + name + "(");
  return parsed(text);
}

std::vector<KernelText> correct_kernels() { return {parsed(kGemm), parsed(kRows), parsed(kScale)}; }

std::string scratch_folder(const std::string& name) {
  // Cases run side by side, each in a process of its own.
  static const ProcessFolder folder;
  return folder.path() / name;
}

}  // namespace tenon::codegen
