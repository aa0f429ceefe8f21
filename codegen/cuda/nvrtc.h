// NVIDIA's compiler for kernel text, opened where it is found when Tenon runs; building Tenon needs
// nothing of it.
//
//   Nvrtc::open()                              ->   the library, or what to install
//   nvrtc->compile("mlp_fc1", text, "sm_80")   ->   a cubin; for compute_80: PTX
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/result.h"

namespace tenon::codegen {

class Nvrtc {
 public:
  /// $TENON_NVRTC, or else libnvrtc.so of this process's library path, of a CUDA toolkit
  /// ($CUDA_HOME, $CUDA_PATH, /usr/local/cuda), or of the PyPI package nvidia-cuda-nvrtc beside the
  /// python3 of $PATH or of $VIRTUAL_ENV. A failure says what was looked at, and the remedy.
  static Result<Nvrtc> open();

  /// Code of kernel text (the prelude is included before it) for an architecture: a cubin for sm_*,
  /// PTX text for compute_*. The same text gives the same bytes. Fails where NVRTC does not know the
  /// architecture, or does not take the text, in its words. A kernel spills registers only where
  /// all that a thread can have are too few. Any number of threads at once.
  Result<std::string> compile(const std::string& name, const std::string& text,
                              const std::string& architecture) const;

  const std::string& path() const;
  /// "13.0".
  std::string version() const;
  /// Of the architectures that it compiles for, as "sm_80".
  std::vector<std::string> architectures() const;

 private:
  Result<std::string> compile_with(const std::string& name, const std::string& text,
                                   const std::string& architecture,
                                   std::vector<const char*> options) const;

  struct Library;
  std::shared_ptr<const Library> library_;
};

/// One unit of work: a kernel's text for an architecture.
struct CudaUnit {
  std::string name, text, architecture;
};
/// Compiles all units with so many threads; the results are in the order of the units. The failure
/// is that of the first unit that has one.
Result<std::vector<std::string>> compile_units(const Nvrtc& nvrtc,
                                               const std::vector<CudaUnit>& units, int threads);

}  // namespace tenon::codegen
