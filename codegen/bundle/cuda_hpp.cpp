// cuda_hpp.cpp: the C++17 wrapper of the C header of a bundle for CUDA.
//
//   mlp.h: mlp_io {const float *x; float *y; mlp_result *result;}, mlp_open, mlp_graph_run, ...
//     ->  mlp.hpp: mlp::Io {DeviceSpan<const float> x; ...}, mlp::Model, mlp::Graph
#include <fmt/format.h>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/hpp_parts.h"
#include "codegen/bundle/identifiers.h"

namespace tenon::codegen {
namespace {

constexpr const char* kDeviceSpan = R"(
// An address in the memory of the device and a count of elements, which only the device can read:
// DeviceSpan<float>(pointer, 8), or DeviceSpan<float>(CUdeviceptr, 8).
template <class T>
class DeviceSpan {
 public:
  constexpr DeviceSpan() noexcept = default;
  constexpr DeviceSpan(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
  DeviceSpan(unsigned long long data, std::size_t size) noexcept
      : data_(reinterpret_cast<T *>(static_cast<std::uintptr_t>(data))), size_(size) {}
  template <class U, class = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  constexpr DeviceSpan(const DeviceSpan<U> &other) noexcept
      : data_(other.data()), size_(other.size()) {}

  constexpr T *data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};
)";

std::string model_class(const BundleInterface& interface) {
  std::string parameters, arguments;
  for (const InterfaceDim& dim : interface.dims) {
    parameters += fmt::format("{}std::int64_t {}", parameters.empty() ? "" : ", ", dim.identifier);
    arguments += ", " + dim.identifier;
  }
  const std::string selftest = interface.selftest
                                   ? fmt::format(R"(
  // In at least {1}_SELFTEST_BYTES; waits for the stream.
  Status selftest(DeviceSpan<unsigned char> memory, CUstream_st *stream = nullptr) const noexcept {{
    return {0}_selftest(&model_, memory.data(), memory.size(), stream);
  }}
)",
                                                 interface.name, upper_case(interface.name))
                                   : "";
  return fmt::format(R"(
// Opened once for each context, closed at its end; then run by any number of threads at once, each
// with its own Io and arena. Stays where it is: graphs point to it.
class Model {{
 public:
  Model() noexcept = default;
  ~Model() {{ close(); }}
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  // In the current context where `cuda` names none. `weights`: needed until open returns.
  Status open(const tn_cuda *cuda = nullptr, Span<const unsigned char> weights = {{}}) noexcept {{
    close();
    return {0}_open(&model_, {1}_ABI, weights.data(), weights.size(), cuda);
  }}
  // After open: the device, the driver, and what runs, or why nothing does.
  const char *text() const noexcept {{ return {0}_open_text(&model_); }}
  void close() noexcept {{ {0}_close(&model_); }}  // no run under way

  // Enqueues and returns; what only the device knows goes to Io's {0}_result in stream order.
  Status run(const Io &io, DeviceSpan<unsigned char> arena,
             CUstream_st *stream = nullptr) const noexcept {{
    const Status sizes = io.check_sizes();
    if (!sizes.ok()) return sizes;
    const {0}_io c = c_io(io);
    return {0}_run(&model_, &c, arena.data(), arena.size(), stream);
  }}
{4}
  // Exact for the device that it is open on; 0: out of range.
  std::size_t arena_bytes({2}) const noexcept {{ return {0}_arena_bytes(&model_{3}); }}
  // Enough for any dimensions on any device; aligned to {1}_ARENA_ALIGN.
  static constexpr std::size_t arena_bytes_most() noexcept {{ return {1}_ARENA_BYTES; }}
  static const tn_info &info() noexcept {{ return *{0}_info(); }}
  const {0}_model *c() const noexcept {{ return &model_; }}

 private:
  {0}_model model_{{}};
}};
)",
                     interface.name, upper_case(interface.name), parameters, arguments, selftest);
}

std::string graph_class(const BundleInterface& interface) {
  return fmt::format(R"(
// A run as one launch of a CUDA graph. The model that it is opened for must outlive it.
class Graph {{
 public:
  Graph() noexcept = default;
  ~Graph() {{ close(); }}
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;

  Status open(const Model &model, const Io &io, DeviceSpan<unsigned char> arena) noexcept {{
    close();
    const Status sizes = io.check_sizes();
    if (!sizes.ok()) return sizes;
    const {0}_io c = c_io(io);
    return {0}_graph_open(&graph_, model.c(), &c, arena.data(), arena.size());
  }}
  // Other pointers than open had, but the same dimensions and arena. One thread at a time.
  Status run(const Io &io, CUstream_st *stream = nullptr) noexcept {{
    const Status sizes = io.check_sizes();
    if (!sizes.ok()) return sizes;
    const {0}_io c = c_io(io);
    return {0}_graph_run(&graph_, &c, stream);
  }}
  void close() noexcept {{ {0}_graph_close(&graph_); }}

 private:
  {0}_graph graph_{{}};
}};
)",
                     interface.name);
}

}  // namespace

std::string write_cuda_cpp_header(const BundleInterface& interface) {
  const std::string& name = interface.name;
  const std::string result = cuda_result_member(interface);
  IoStruct form;
  form.about =
      "The arguments of a run, in the memory of the device, aligned to 16 bytes. Elements lie "
      "densely,\n// the last axis fastest.";
  form.span = "DeviceSpan";
  form.more = fmt::format(
      "  {0}_result *{1} = nullptr;  // not wanted; else in the memory of the device, or pinned\n",
      name, result);
  const std::string c_io = fmt::format(
      "\n// The arguments as C's functions take them.\n"
      "inline {0}_io c_io(const Io &io) noexcept {{\n  {0}_io c{{}};\n{1}  c.{2} = io.{2};\n"
      "  return c;\n}}\n",
      name, fill_io(interface, "  "), result);
  return wrapper_frame(interface, span_class() + kDeviceSpan + status_class(name) +
                                      io_struct(interface, form) + c_io + model_class(interface) +
                                      graph_class(interface));
}

}  // namespace tenon::codegen
