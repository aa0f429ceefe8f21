// A CUDA driver without a GPU: the functions of libcuda that Tenon calls, over the emulator. It
// does what the driver does, and checks what the driver takes on trust: handles and their lives,
// memory, launches against the kernels' parameters, what is legal while a stream is captured. Work
// is queued on its stream and done when somebody waits, as on a GPU.
//
//   EmulatedDriver driver({.capability = 86}, library);
//   tn_cuda cuda = {.symbol = EmulatedDriver::symbol};      // then N_open(..., &cuda), N_run, ...
//   driver.faults()   ->   {"cuMemFree_v2: 0x7f.. is not allocated"}
//
// The functions have no argument that could name a driver: the one made last is the one they mean,
// until it ends. For one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codegen/cuda/emulator/emulator.h"
#include "runtime/cuda/driver.h"

namespace tenon::codegen {

struct EmulatedDriverOptions {
  int capability = 90;       // of the device: 86 is 8.6
  int version = 13000;       // as cuDriverGetVersion says: CUDA 13.0
  int device_count = 1;      // 0: cuInit answers CUDA_ERROR_NO_DEVICE
  int fail_call = 0;         // this call (from 1 on; calls that undo do not count) fails
  std::string missing = {};  // a function that this driver does not have
  EmulatorOptions emulator = {};
};

/// What lives in a context.
struct EmulatedContext {};
struct EmulatedModule {
  EmulatedContext* context;
  std::string image;
};
struct EmulatedFunction {
  EmulatedModule* module;
  const tenon_emulated_kernel* kernel;
};
/// One piece of work: a launch with its values, a clearing or a copy.
struct EmulatedWork {
  EmulatedFunction* function = nullptr;  // null: `action`
  uint32_t grid[3] = {1, 1, 1};
  std::vector<std::vector<unsigned char>> values;
  std::function<void()> action;
};
struct EmulatedGraph {
  EmulatedContext* context;
  std::deque<EmulatedWork> nodes;  // whose addresses are the nodes' handles
};
struct EmulatedExec {
  EmulatedContext* context;
  std::vector<std::pair<const EmulatedWork*, EmulatedWork>> nodes;  // by the graph's handle
};
struct EmulatedStream {
  EmulatedContext* context;
  std::vector<EmulatedWork> queue;
  std::unique_ptr<EmulatedGraph> captured;  // while capturing
};

class EmulatedDriver {
 public:
  /// Without a library, modules load, but hold no kernels.
  EmulatedDriver(EmulatedDriverOptions options, std::optional<EmulatedLibrary> library);
  ~EmulatedDriver();
  EmulatedDriver(const EmulatedDriver&) = delete;
  EmulatedDriver& operator=(const EmulatedDriver&) = delete;

  /// For tn_cuda::symbol: the driver's function of that name, or null.
  static void* symbol(void* user, const char* name);
  /// The driver that the functions mean; null: none.
  static EmulatedDriver* current();

  /// What a caller did wrong, in order.
  const std::vector<std::string>& faults() const { return faults_; }
  /// What is still there: {"memory": 1, "module": 2}; empty when everything was given back.
  std::map<std::string, size_t> live() const;
  int calls() const { return calls_; }
  /// The images that were loaded, as "sm_86" or "compute_80".
  const std::vector<std::string>& loaded() const { return loaded_; }
  uint64_t launches() const { return launches_; }
  /// Of the launches from now on (EmulatorOptions::order).
  void set_thread_order(uint64_t order) { options_.emulator.order = order; }
  void fail_call(int call) {
    options_.fail_call = call;
    calls_ = 0;
  }

 private:
  friend class DriverCalls;

  struct Memory {
    std::unique_ptr<unsigned char[]> bytes;
    EmulatedContext* context;
    size_t size;
    bool host;
  };

  int fault(const char* function, const std::string& what, int result);
  // The allocation that holds these bytes, or null.
  const Memory* memory_at(uint64_t address, size_t bytes, uint64_t* begin = nullptr) const;
  std::string refused_image(const unsigned char* image, std::string& name, int& result) const;
  void run(const EmulatedWork& work);
  void drain(EmulatedStream& stream);
  bool capturing() const;

  EmulatedDriverOptions options_;
  std::optional<EmulatedLibrary> library_;
  std::vector<std::string> faults_, loaded_;
  int calls_ = 0;
  uint64_t launches_ = 0;
  bool initialised_ = false;
  std::vector<EmulatedContext*> current_;  // the stack of contexts
  EmulatedContext primary_;
  int primary_uses_ = 0;
  std::map<uint64_t, Memory> memory_;
  std::map<void*, std::unique_ptr<EmulatedModule>> modules_;
  std::map<void*, std::unique_ptr<EmulatedFunction>> functions_;
  std::map<void*, std::unique_ptr<EmulatedStream>> streams_;
  std::map<void*, std::unique_ptr<EmulatedGraph>> graphs_;
  std::map<void*, std::unique_ptr<EmulatedExec>> execs_;
  EmulatedStream legacy_{&primary_, {}, nullptr};  // the stream NULL
};

}  // namespace tenon::codegen
