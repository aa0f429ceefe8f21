// What the emulated driver holds: memory, images, work on streams.
//   an ELF file for sm_86 on a device 8.0   ->   CUDA_ERROR_NO_BINARY_FOR_GPU
#include "codegen/cuda/emulator/emulated_driver.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace tenon::codegen {
namespace {

EmulatedDriver* the_driver = nullptr;

// The PTX language that a driver knows: CUDA 13.0 -> 90, 13.1 -> 91, ... (NVIDIA, PTX ISA, "Release
// Notes".)
int ptx_language_of(int driver) {
  if (driver >= 13000) return 90 + (driver - 13000) / 10;
  constexpr int kReleases[][2] = {{12090, 88}, {12080, 87}, {12070, 86}, {12050, 85}, {12040, 84},
                                  {12030, 83}, {12020, 82}, {12010, 81}, {12000, 80}, {11080, 78},
                                  {11070, 77}, {11060, 76}, {11050, 75}, {11040, 74}, {11030, 73},
                                  {11020, 72}, {11010, 71}, {11000, 70}};
  for (const auto& [release, language] : kReleases)
    if (driver >= release) return language;
  return 65;
}

// The number behind a word of PTX text, without its point: ".version 9.0" -> 90. -1: not there.
int number_behind(std::string_view text, std::string_view word) {
  size_t at = text.find(word);
  if (at == std::string_view::npos) return -1;
  int number = 0;
  for (at += word.size(); at < text.size() && (text[at] == '.' || isdigit(text[at])); ++at)
    if (text[at] != '.') number = 10 * number + (text[at] - '0');
  return number;
}

template <class T>
T value_at(const unsigned char* bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes + offset, sizeof value);
  return value;
}

}  // namespace

EmulatedDriver::EmulatedDriver(EmulatedDriverOptions options,
                               std::optional<EmulatedLibrary> library)
    : options_(std::move(options)), library_(std::move(library)) {
  the_driver = this;
}

EmulatedDriver::~EmulatedDriver() {
  if (the_driver == this) the_driver = nullptr;
}

EmulatedDriver* EmulatedDriver::current() { return the_driver; }

std::map<std::string, size_t> EmulatedDriver::live() const {
  std::map<std::string, size_t> counts;
  const auto count = [&](const char* name, size_t number) {
    if (number != 0) counts[name] = number;
  };
  count("memory", memory_.size());
  count("module", modules_.size());
  count("stream", streams_.size());
  count("graph", graphs_.size());
  count("executable graph", execs_.size());
  count("context", static_cast<size_t>(primary_uses_));
  count("context pushed", current_.size());
  return counts;
}

int EmulatedDriver::fault(const char* function, const std::string& what, int result) {
  faults_.push_back(fmt::format("{}: {}", function, what));
  return result;
}

const EmulatedDriver::Memory* EmulatedDriver::memory_at(uint64_t address, size_t bytes,
                                                        uint64_t* begin) const {
  auto after = memory_.upper_bound(address);
  if (after == memory_.begin()) return nullptr;
  const auto& [start, memory] = *std::prev(after);
  if (address - start > memory.size || bytes > memory.size - (address - start)) return nullptr;
  if (begin != nullptr) *begin = start;
  return &memory;
}

bool EmulatedDriver::capturing() const {
  for (const auto& [handle, stream] : streams_)
    if (stream->captured) return true;
  return false;
}

// Fills `name` with what the image is for; says why the device or the driver does not take it.
std::string EmulatedDriver::refused_image(const unsigned char* image, std::string& name,
                                          int& result) const {
  if (std::memcmp(image, "\177ELF", 4) == 0) {
    constexpr int kCuda = 190;  // EM_CUDA
    if (value_at<uint16_t>(image, 18) != kCuda) {
      result = 200;
      return "an ELF file, but not for CUDA";
    }
    const uint32_t flags = value_at<uint32_t>(image, 48);
    // Since ABI version 8 (CUDA 13) the architecture stands in the second byte.
    const int architecture = static_cast<int>(image[8] >= 8 ? flags >> 8 & 255 : flags & 255);
    name = fmt::format("sm_{}", architecture);
    if (architecture / 10 == options_.capability / 10 && architecture <= options_.capability)
      return "";
    result = TNC_NO_BINARY_FOR_GPU;
    return fmt::format("{} on a device sm_{}", name, options_.capability);
  }
  const std::string_view text(reinterpret_cast<const char*>(image));
  const int language = number_behind(text, ".version "),
            target = number_behind(text, ".target sm_");
  if (language < 0 || target < 0) {
    result = TNC_INVALID_PTX;
    return "neither a cubin nor PTX";
  }
  name = fmt::format("compute_{}", target);
  if (language > ptx_language_of(options_.version)) {
    result = TNC_UNSUPPORTED_PTX_VERSION;
    return fmt::format("PTX {} for a driver of CUDA {}", language, options_.version);
  }
  if (target <= options_.capability) return "";
  result = TNC_INVALID_PTX;
  return fmt::format("{} on a device sm_{}", name, options_.capability);
}

void EmulatedDriver::run(const EmulatedWork& work) {
  if (work.function == nullptr) return work.action();
  const tenon_emulated_kernel& kernel = *work.function->kernel;
  std::vector<void*> parameters;
  std::vector<EmulatedBuffer> buffers;
  std::set<uint64_t> seen;
  for (size_t i = 0; i < work.values.size(); ++i) {
    parameters.push_back(const_cast<unsigned char*>(work.values[i].data()));
    if (!kernel.parameter_is_pointer[i]) continue;
    uint64_t begin;
    const Memory* memory = memory_at(value_at<uint64_t>(work.values[i].data(), 0), 0, &begin);
    if (memory == nullptr) {
      fault(kernel.name, fmt::format("parameter {} points to no memory when the kernel runs", i),
            0);
      return;
    }
    if (seen.insert(begin).second)
      buffers.push_back(
          {memory->bytes.get() + (begin - reinterpret_cast<uint64_t>(memory->bytes.get())),
           memory->size, fmt::format("the memory of parameter {}", i)});
  }
  ++launches_;
  const std::optional<Fault> found =
      launch(*library_, kernel, {work.grid[0], work.grid[1], work.grid[2]}, kernel.threads,
             parameters.data(), buffers, options_.emulator);
  if (found) faults_.push_back(to_string(*found));
}

void EmulatedDriver::drain(EmulatedStream& stream) {
  std::vector<EmulatedWork> queue;
  queue.swap(stream.queue);
  for (const EmulatedWork& work : queue) run(work);
}

}  // namespace tenon::codegen
