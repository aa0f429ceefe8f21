// What the functions of the emulated driver have in common: a call that knows its name, and answers
// with a fault where it was wrong.
//
//   DriverCalls call("cuMemFree_v2");   if (call.failed()) return call.result;
//   call.free(pointer, false)   ->   CUDA_ERROR_INVALID_VALUE, where it is not allocated
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "codegen/cuda/emulator/emulated_driver.h"

namespace tenon::codegen {

/// Values of CUresult.
enum DriverResult {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialised = 3,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kInvalidContext = 201,
  kInvalidHandle = 400,
  kNotFound = 500,
  kCaptureUnsupported = 900
};

/// One call: what all calls check first, and access to the driver's parts.
class DriverCalls {
 public:
  // A call that undoes something never fails on purpose.
  enum class Kind { kDo, kUndo };

  explicit DriverCalls(const char* name, Kind kind = Kind::kDo, bool needs_context = true)
      : name_(name) {
    if (EmulatedDriver::current() == nullptr) {
      result = kNotInitialised;
      return;
    }
    if (kind == Kind::kDo && ++driver().calls_ == driver().options_.fail_call)
      result = kOutOfMemory;
    else if (!needs_context)
      result = kSuccess;
    else if (!driver().initialised_)
      result = fault("before cuInit", kNotInitialised);
    else if (driver().current_.empty() || driver().current_.back() == nullptr)
      result = fault("no context is current", kInvalidContext);
  }

  bool failed() const { return result != kSuccess; }
  int fault(const std::string& what, int code) const { return driver().fault(name_, what, code); }

  static EmulatedDriver& driver() { return *EmulatedDriver::current(); }
  static EmulatedDriverOptions& options() { return driver().options_; }
  static auto& stack() { return driver().current_; }
  static auto& initialised() { return driver().initialised_; }
  static auto& primary() { return driver().primary_; }
  static auto& primary_uses() { return driver().primary_uses_; }
  static auto& modules() { return driver().modules_; }
  static auto& functions() { return driver().functions_; }
  static auto& streams() { return driver().streams_; }
  static auto& graphs() { return driver().graphs_; }
  static auto& execs() { return driver().execs_; }
  static auto& loaded() { return driver().loaded_; }
  static auto& library() { return driver().library_; }
  static EmulatedContext* context() { return driver().current_.back(); }

  // Memory that the host or the device may use; a fault where it does not lie in one allocation.
  bool is_memory(uint64_t address, size_t bytes) const {
    if (driver().memory_at(address, bytes) != nullptr) return true;
    fault(fmt::format("{:#x}, {} bytes, is not in one allocation", address, bytes), kInvalidValue);
    return false;
  }
  int allocate(uint64_t* pointer, size_t bytes, bool host) const {
    constexpr size_t kAlignment = 256, kRoom = 4096;
    if (bytes == 0) return fault("0 bytes", kInvalidValue);
    auto memory = std::make_unique<unsigned char[]>(bytes + kAlignment + 2 * kRoom);
    std::memset(memory.get(), 0xff, bytes + kAlignment + 2 * kRoom);
    const uint64_t begin = (reinterpret_cast<uint64_t>(memory.get()) + kRoom + kAlignment - 1) /
                           kAlignment * kAlignment;
    *pointer = begin;
    driver().memory_[begin] = {std::move(memory), context(), bytes, host};
    return kSuccess;
  }
  int free(uint64_t pointer, bool host) const {
    auto found = driver().memory_.find(pointer);
    if (found == driver().memory_.end() || found->second.host != host)
      return fault(fmt::format("{:#x} is not allocated", pointer), kInvalidValue);
    driver().memory_.erase(found);
    return kSuccess;
  }
  // Waits that a GPU would make before memory goes.
  void drain_all() const {
    driver().drain(driver().legacy_);
    for (auto& [handle, stream] : driver().streams_) driver().drain(*stream);
  }
  void drain(EmulatedStream& stream) const { driver().drain(stream); }

  // Refused while a stream is captured.
  bool forbidden_in_capture() {
    if (!driver().capturing()) return false;
    result = fault("not allowed while a stream is captured", kCaptureUnsupported);
    return true;
  }

  EmulatedStream* stream(CUstream_st* handle) {
    if (handle == nullptr) {
      if (driver().capturing()) {
        result = fault("the legacy stream while another is captured", 906);
        return nullptr;
      }
      return &driver().legacy_;
    }
    auto found = streams().find(handle);
    if (found == streams().end()) {
      result = fault("not a stream", kInvalidHandle);
      return nullptr;
    }
    return found->second.get();
  }
  int enqueue(CUstream_st* handle, EmulatedWork work) {
    EmulatedStream* const to = stream(handle);
    if (to == nullptr) return result;
    if (to->captured)
      to->captured->nodes.push_back(std::move(work));
    else
      to->queue.push_back(std::move(work));
    return kSuccess;
  }

  // A launch, checked against the kernel; nothing where it is wrong.
  std::optional<EmulatedWork> make_launch(tnc_entry handle, const unsigned* grid,
                                          const unsigned* block, unsigned shared_bytes,
                                          void** parameters) {
    auto found = functions().find(handle);
    if (found == functions().end()) {
      result = fault("not a function", kInvalidHandle);
      return std::nullopt;
    }
    EmulatedFunction& function = *found->second;
    const tenon_emulated_kernel& kernel = *function.kernel;
    const auto refuse = [&](const std::string& what) {
      result = fault(fmt::format("{}: {}", kernel.name, what), kInvalidValue);
      return std::nullopt;
    };
    if (function.module->context != context()) return refuse("of another context");
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || grid[0] > 0x7fffffff || grid[1] > 65535 ||
        grid[2] > 65535)
      return refuse(fmt::format("a grid of {} x {} x {}", grid[0], grid[1], grid[2]));
    if (block[0] != kernel.threads || block[1] != 1 || block[2] != 1)
      return refuse(fmt::format("blocks of {} x {} x {}, compiled for {}", block[0], block[1],
                                block[2], kernel.threads));
    if (shared_bytes != 0) return refuse("asks for dynamic shared memory");
    EmulatedWork work;
    work.function = &function;
    std::copy(grid, grid + 3, work.grid);
    for (uint32_t i = 0; i < kernel.parameter_count; ++i) {
      if (parameters == nullptr || parameters[i] == nullptr) return refuse("too few parameters");
      const auto* bytes = static_cast<const unsigned char*>(parameters[i]);
      work.values.emplace_back(bytes, bytes + kernel.parameter_bytes[i]);
      uint64_t pointer;
      if (!kernel.parameter_is_pointer[i]) continue;
      std::memcpy(&pointer, bytes, sizeof pointer);
      if (driver().memory_at(pointer, 0) == nullptr)
        return refuse(fmt::format("parameter {} points to no memory", i));
    }
    return work;
  }

  bool load(const unsigned char* image, std::string& name) {
    int code = kSuccess;
    const std::string refused = driver().refused_image(image, name, code);
    if (!refused.empty()) result = code;
    return refused.empty();
  }

  int result = kSuccess;

 private:
  const char* name_;
};

}  // namespace tenon::codegen
