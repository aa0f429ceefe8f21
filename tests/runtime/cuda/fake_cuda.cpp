// A libcuda.so.1 over the emulator, for programs that are linked with a bundle and open the driver
// themselves. At the end it tells every wrong call and all that was not given back, and the program
// ends with status 3.
//
//   TENON_FAKE_KERNELS=DIR TENON_FAKE_CAPABILITY=86 TENON_FAKE_VERSION=13000 program
//
// DIR holds the .cu files of the bundle's kernels.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "codegen/cuda/emulator/compile_kernels.h"
#include "codegen/cuda/emulator/emulated_driver.h"

namespace {

using namespace tenon::codegen;

int number_of(const char *variable, int otherwise) {
  const char *text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

// The text of DIR/scale.cu says TN_KERNEL(256) scale(...).
std::vector<KernelText> kernels_of(const char *folder) {
  std::vector<KernelText> kernels;
  if (folder == nullptr) return kernels;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cu") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const size_t threads = text.find("TN_KERNEL(") + 10;
    kernels.push_back({entry.path().stem(), std::stoll(text.substr(threads)), text});
  }
  return kernels;
}

class FakeCuda {
 public:
  FakeCuda() {
    const tenon::Result<EmulatedLibrary> library =
        compile_emulated_kernels(kernels_of(std::getenv("TENON_FAKE_KERNELS")), {});
    if (!library) {
      std::fprintf(stderr, "libcuda: %s\n", library.reason().c_str());
      std::_Exit(3);
    }
    EmulatedDriverOptions options;
    options.capability = number_of("TENON_FAKE_CAPABILITY", 90);
    options.version = number_of("TENON_FAKE_VERSION", 13000);
    driver_ = std::make_unique<EmulatedDriver>(options, *library);
  }
  ~FakeCuda() {
    for (const std::string &fault : driver_->faults())
      std::fprintf(stderr, "libcuda: %s\n", fault.c_str());
    for (const auto &[what, count] : driver_->live())
      std::fprintf(stderr, "libcuda: %zu %s left\n", count, what.c_str());
    if (driver_->faults().empty() && driver_->live().empty()) return;
    std::fflush(nullptr);
    std::_Exit(3);
  }

 private:
  std::unique_ptr<EmulatedDriver> driver_;
};

FakeCuda fake;

}  // namespace

// NVRTC asks a driver that it finds for tables of functions that are no part of CUDA's interface.
extern "C" __attribute__((visibility("default"))) int cuGetExportTable(const void **table,
                                                                       const void *) {
  *table = nullptr;
  return 500;  // CUDA_ERROR_NOT_FOUND
}
