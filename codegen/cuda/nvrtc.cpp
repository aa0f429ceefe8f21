// Finding NVRTC, its functions by name, and compiling with them.
#include "codegen/cuda/nvrtc.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "codegen/cuda/cubin.h"
#include "codegen/cuda/emulator/embedded.h"
#include "support/parallel.h"

namespace tenon::codegen {

namespace fs = std::filesystem;

// The functions of nvrtc.h that are used; an nvrtcResult of 0 is success.
struct Nvrtc::Library {
  using Program = struct _nvrtcProgram*;
  std::string path;
  void* handle = nullptr;
  int (*version)(int*, int*) = nullptr;
  const char* (*error_text)(int) = nullptr;
  int (*arch_count)(int*) = nullptr;
  int (*archs)(int*) = nullptr;
  int (*create)(Program*, const char*, const char*, int, const char* const*,
                const char* const*) = nullptr;
  int (*destroy)(Program*) = nullptr;
  int (*compile)(Program, int, const char* const*) = nullptr;
  int (*log_size)(Program, size_t*) = nullptr;
  int (*log)(Program, char*) = nullptr;
  int (*cubin_size)(Program, size_t*) = nullptr;
  int (*cubin)(Program, char*) = nullptr;
  int (*ptx_size)(Program, size_t*) = nullptr;
  int (*ptx)(Program, char*) = nullptr;

  // The library stays open for the life of the process: it starts threads of its own.
  bool load(const std::string& file) {
    handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) return false;
    path = file;
    bool complete = true;
    auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      complete = complete && function;
    };
    find(version, "nvrtcVersion");
    find(error_text, "nvrtcGetErrorString");
    find(arch_count, "nvrtcGetNumSupportedArchs");
    find(archs, "nvrtcGetSupportedArchs");
    find(create, "nvrtcCreateProgram");
    find(destroy, "nvrtcDestroyProgram");
    find(compile, "nvrtcCompileProgram");
    find(log_size, "nvrtcGetProgramLogSize");
    find(log, "nvrtcGetProgramLog");
    find(cubin_size, "nvrtcGetCUBINSize");
    find(cubin, "nvrtcGetCUBIN");
    find(ptx_size, "nvrtcGetPTXSize");
    find(ptx, "nvrtcGetPTX");
    return complete;
  }
};

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// libnvrtc.so.13 and the like in a folder, the newest first.
std::vector<std::string> libraries_in(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name.rfind("libnvrtc.so", 0) == 0) found.push_back(entry.path().string());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

// PREFIX/lib/python3.*/site-packages/nvidia/*/lib.
std::vector<fs::path> package_folders(const fs::path& prefix) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const char* lib : {"lib", "local/lib"})
    for (const fs::directory_entry& python : fs::directory_iterator(prefix / lib, error)) {
      if (python.path().filename().string().rfind("python3", 0) != 0) continue;
      for (const char* packages : {"site-packages", "dist-packages"})
        for (const fs::directory_entry& part :
             fs::directory_iterator(python.path() / packages / "nvidia", error))
          folders.push_back(part.path() / "lib");
    }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<fs::path> python_prefixes() {
  std::vector<fs::path> prefixes;
  if (std::string environment = variable("VIRTUAL_ENV"); !environment.empty())
    prefixes.emplace_back(environment);
  std::string path = variable("PATH");
  for (size_t begin = 0; begin < path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    fs::path program = fs::path(path.substr(begin, end - begin)) / "python3";
    std::error_code error;
    if (fs::exists(program, error)) prefixes.push_back(program.parent_path().parent_path());
    begin = end + 1;
  }
  return prefixes;
}

std::vector<std::string> candidates() {
  std::vector<std::string> files = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};
  auto add = [&](const fs::path& folder) {
    for (std::string& file : libraries_in(folder)) files.push_back(std::move(file));
  };
  for (const std::string& toolkit :
       {variable("CUDA_HOME"), variable("CUDA_PATH"), std::string("/usr/local/cuda")})
    if (!toolkit.empty()) add(fs::path(toolkit) / "lib64");
  for (const fs::path& prefix : python_prefixes())
    for (const fs::path& folder : package_folders(prefix)) add(folder);
  return files;
}

// Of a thread, over all kernels of a cubin.
int64_t stack_bytes_of(const std::string& cubin) {
  Result<std::vector<CubinKernel>> kernels = read_cubin(cubin);
  int64_t bytes = 0;
  if (kernels)
    for (const CubinKernel& kernel : *kernels) bytes += kernel.stack_bytes;
  return bytes;
}

constexpr const char* kRemedy =
    "install the CUDA Toolkit, or `pip install nvidia-cuda-nvrtc`, and give the path of "
    "libnvrtc.so in TENON_NVRTC where it is not found by itself";

}  // namespace

Result<Nvrtc> Nvrtc::open() {
  auto library = std::make_shared<Library>();
  Nvrtc nvrtc;
  if (std::string given = variable("TENON_NVRTC"); !given.empty()) {
    if (!library->load(given))
      return Failure{"TENON_NVRTC is " + given + ", which is no NVRTC that can be opened; " +
                     kRemedy};
    nvrtc.library_ = library;
    return nvrtc;
  }
  for (const std::string& file : candidates())
    if (library->load(file)) {
      nvrtc.library_ = library;
      return nvrtc;
    }
  return Failure{std::string("NVRTC, the compiler of CUDA kernels, was not found; ") + kRemedy};
}

const std::string& Nvrtc::path() const { return library_->path; }

std::string Nvrtc::version() const {
  int major = 0, minor = 0;
  library_->version(&major, &minor);
  return std::to_string(major) + "." + std::to_string(minor);
}

std::vector<std::string> Nvrtc::architectures() const {
  int count = 0;
  std::vector<std::string> names;
  if (library_->arch_count(&count) != 0) return names;
  std::vector<int> numbers(static_cast<size_t>(count));
  if (library_->archs(numbers.data()) != 0) return names;
  for (int number : numbers) names.push_back("sm_" + std::to_string(number));
  return names;
}

// NVRTC weighs the registers of a thread against the blocks that run at once, and may spill for
// more of these. Such a kernel is compiled again for one block, which leaves its threads all
// registers.
Result<std::string> Nvrtc::compile(const std::string& name, const std::string& text,
                                   const std::string& architecture) const {
  Result<std::string> code = compile_with(name, text, architecture, {});
  if (!code || architecture.rfind("compute_", 0) == 0 || stack_bytes_of(*code) == 0) return code;
  Result<std::string> alone = compile_with(name, text, architecture, {"-DTN_BLOCKS=1"});
  return alone && stack_bytes_of(*alone) < stack_bytes_of(*code) ? alone : code;
}

Result<std::string> Nvrtc::compile_with(const std::string& name, const std::string& text,
                                        const std::string& architecture,
                                        std::vector<const char*> options) const {
  const Library& n = *library_;
  std::vector<EmbeddedHeader> headers = kernel_headers();
  std::vector<std::string> contents;
  std::vector<const char*> texts, names;
  for (const EmbeddedHeader& header : headers) contents.emplace_back(header.text);
  for (size_t i = 0; i < headers.size(); ++i) {
    texts.push_back(contents[i].c_str());
    names.push_back(headers[i].name);
  }
  std::string unit = "#include \"tn_cuda.h\"\n" + text;
  Library::Program program = nullptr;
  int result = n.create(&program, unit.c_str(), (name + ".cu").c_str(),
                        static_cast<int>(headers.size()), texts.data(), names.data());
  if (result != 0) return Failure{std::string("NVRTC: ") + n.error_text(result)};
  std::string target = "--gpu-architecture=" + architecture;
  // What a kernel computes is in its text: nothing is contracted, flushed or approximated.
  options.insert(options.end(), {target.c_str(), "--fmad=false", "--ftz=false", "--prec-div=true",
                                 "--prec-sqrt=true", "--std=c++17", "--disable-warnings"});
  result = n.compile(program, static_cast<int>(options.size()), options.data());
  std::string code;
  if (result == 0) {
    bool is_ptx = architecture.rfind("compute_", 0) == 0;
    size_t bytes = 0;
    result = is_ptx ? n.ptx_size(program, &bytes) : n.cubin_size(program, &bytes);
    code.resize(bytes);
    if (result == 0) result = is_ptx ? n.ptx(program, code.data()) : n.cubin(program, code.data());
    if (is_ptx && !code.empty() && code.back() == '\0') code.pop_back();
  }
  size_t bytes = 0;
  std::string log;
  if (result != 0 && n.log_size(program, &bytes) == 0 && bytes > 1) {
    log.resize(bytes);
    n.log(program, log.data());
    log.pop_back();
  }
  n.destroy(&program);
  if (result == 0) return code;
  std::vector<std::string> known = architectures();
  std::string number = "sm_" + architecture.substr(architecture.find('_') + 1);
  if (std::find(known.begin(), known.end(), number) == known.end()) {
    std::string list;
    for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
    return Failure{"NVRTC " + version() + " (" + path() + ") does not compile for " + architecture +
                   "; it knows " + list};
  }
  return Failure{"NVRTC does not compile the kernel " + name + " for " + architecture + ": " +
                 n.error_text(result) + "\n" + log};
}

Result<std::vector<std::string>> compile_units(const Nvrtc& nvrtc,
                                               const std::vector<CudaUnit>& units, int threads) {
  std::vector<std::optional<Result<std::string>>> results(units.size());
  for_each_parallel(units.size(), threads, [&](size_t i) {
    results[i] = nvrtc.compile(units[i].name, units[i].text, units[i].architecture);
  });
  std::vector<std::string> codes;
  for (auto& result : results) {
    if (!*result) return result->error();
    codes.push_back(std::move(**result));
  }
  return codes;
}

}  // namespace tenon::codegen
