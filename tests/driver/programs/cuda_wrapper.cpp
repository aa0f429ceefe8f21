// How a C++17 program uses a bundle for CUDA through its wrapper: the model clip, y = relu(x) of
// f32[batch,8], batch 1..16, run by itself and as a graph, with two sets of tensors. What it does
// not give back, the emulated driver reports.
#include "clip.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <type_traits>
#include <vector>

#define CHECK(condition)                                \
  if (!(condition)) {                                   \
    std::printf("line %d: %s\n", __LINE__, #condition); \
    return 1;                                           \
  }

static_assert(!std::is_copy_constructible_v<clip::Model> &&
              !std::is_move_assignable_v<clip::Graph>);
static_assert(!std::is_convertible_v<clip::DeviceSpan<const float>, clip::DeviceSpan<float>>);
static_assert(!std::is_constructible_v<clip::DeviceSpan<float>, std::vector<float>&>);
static_assert(clip::Model::arena_bytes_most() == CLIP_ARENA_BYTES);

namespace {

template <class... Arguments>
int call(const char* name, Arguments... arguments) {
  static void* const driver = dlopen("libcuda.so.1", RTLD_NOW);
  return reinterpret_cast<int (*)(Arguments...)>(dlsym(driver, name))(arguments...);
}

// Memory of the device.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size) : size_(size) {
    call("cuMemAlloc_v2", &address_, size * sizeof(T));
  }
  ~Buffer() { call("cuMemFree_v2", address_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  clip::DeviceSpan<T> span() const { return {address_, size_}; }
  void set(const std::vector<T>& values) const {
    call("cuMemcpyHtoD_v2", address_, static_cast<const void*>(values.data()), size_ * sizeof(T));
  }
  std::vector<T> get() const {
    std::vector<T> values(size_);
    call("cuMemcpyDtoH_v2", static_cast<void*>(values.data()), address_, size_ * sizeof(T));
    return values;
  }

 private:
  unsigned long long address_ = 0;
  std::size_t size_;
};

int use_model(CUctx_st* context) {
  clip::Model model;
  CHECK(std::strcmp(model.text(), "") == 0);
  CHECK(model.arena_bytes(3) == 0);
  tn_cuda cuda{};
  cuda.context = context;
  CHECK(model.open(&cuda).ok());
  CHECK(std::strstr(model.text(), "runs sm_90") != nullptr);
  CHECK(model.open().ok());  // closes what was open
  CHECK(clip::Model::info().tensor_count == 2);
  CHECK(model.arena_bytes(17) == 0);
  CHECK(model.arena_bytes(3) != 0 && model.arena_bytes(16) <= clip::Model::arena_bytes_most());

  const Buffer<float> x(24), y(24), other_x(24), other_y(24);
  const Buffer<unsigned char> arena(clip::Model::arena_bytes_most());
  const Buffer<clip_result> result(1);
  std::vector<float> values(24), clipped(24);
  for (int i = 0; i < 24; ++i)
    values[i] = static_cast<float>(i - 12), clipped[i] = i < 12 ? 0.0f : values[i];
  x.set(values);
  other_x.set(clipped);

  clip::Io io;
  io.batch = 3;
  io.x = x.span();
  io.y = y.span();
  io.result = result.span().data();
  CHECK(model.run(io, arena.span()).ok());
  CHECK(y.get() == clipped);
  CHECK(result.get()[0].status == TN_OK);

  clip::Graph graph;
  CHECK(graph.run(io).code() == TN_ABI);
  CHECK(graph.open(model, io, arena.span()).ok());
  y.set(values);
  CHECK(graph.run(io).ok());
  CHECK(y.get() == clipped);
  io.x = other_x.span();
  io.y = other_y.span();
  CHECK(graph.run(io).ok());
  CHECK(other_y.get() == clipped);

  io.y = {other_y.span().data(), 23};
  for (const clip::Status small :
       {model.run(io, arena.span()), graph.run(io), clip::Graph().open(model, io, arena.span())}) {
    CHECK(small.code() == TN_CAPACITY && small.detail() == 1);
    CHECK(std::strcmp(small.text(), "y has room for fewer elements than its shape needs") == 0);
  }
  io.y = {};
  CHECK(model.run(io, arena.span()).code() == TN_NULL);
  io.y = y.span();
  io.batch = 17;
  CHECK(std::strcmp(model.run(io, arena.span()).text(), "batch is outside 1..16") == 0);
  io.batch = 3;
  CHECK(model.run(io, {arena.span().data(), 8}).code() == TN_ARENA);
  graph.close();
  model.close();
  CHECK(model.run(io, arena.span()).code() == TN_ABI);
  return 0;
}

// What is open at the end of its scope gives back what it took.
int leave_open() {
  const Buffer<float> x(8), y(8);
  const Buffer<unsigned char> arena(clip::Model::arena_bytes_most());
  clip::Model model;
  clip::Graph graph;
  clip::Io io;
  io.batch = 1;
  io.x = x.span();
  io.y = y.span();
  CHECK(model.open().ok());
  CHECK(graph.open(model, io, arena.span()).ok());
  CHECK(graph.open(model, io, arena.span()).ok());
  return 0;
}

}  // namespace

int main() {
  CUctx_st* context = nullptr;
  call("cuInit", 0u);
  call("cuDevicePrimaryCtxRetain", &context, 0);
  call("cuCtxPushCurrent_v2", context);
  const int failed = use_model(context) + leave_open();
  call("cuCtxPopCurrent_v2", &context);
  call("cuDevicePrimaryCtxRelease_v2", 0);
  return failed;
}
