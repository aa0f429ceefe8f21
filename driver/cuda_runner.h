// Calls a model for CUDA in this process: its host part, linked here, on the machine's GPU or on
// the emulated driver.
//
//   CudaRunner runner(built, cuda, CudaDevice::kEmulated);
//   runner.prepare(inputs);  runner.call();  runner.outputs()
#pragma once

#include <map>
#include <memory>
#include <string>

#include "driver/cuda_build.h"
#include "driver/npz.h"

namespace tenon::driver {

/// kChecked: emulated, and every access of every kernel checked (codegen/cuda/emulator/checker.h).
enum class CudaDevice { kReal, kEmulated, kChecked };

/// Throws UserErrors where this machine has no NVIDIA driver, before anything is compiled for it.
void require_cuda_driver();

class CudaRunner {
 public:
  /// Throws UserErrors where there is no driver, no device, no code for it, or no host compiler.
  CudaRunner(const BuiltModel& built, const CudaCode& cuda, CudaDevice device);
  ~CudaRunner();

  /// "NVIDIA H200 (compute capability 9.0), driver for CUDA 13.0: runs sm_90"
  std::string device_text() const;
  /// Memory on the device, the inputs in it, and a graph of the run, in place of those before.
  void prepare(const std::map<std::string, Array>& inputs);
  /// One run, as one launch of the graph, and the wait for its end; throws UserErrors with the
  /// status's text.
  void call();
  /// The order of threads and blocks in the next calls, where they are emulated (emulator.h).
  void set_thread_order(uint64_t order);
  /// Copies of the outputs of the last call, by their names in the model.
  std::map<std::string, Array> outputs() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::driver
