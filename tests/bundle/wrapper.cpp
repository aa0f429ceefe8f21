// The C++17 wrapper: spans from containers, sizes checked, the same bits as through the C header.
//   wrapper CASE
#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "bundle_test.h"
#include WRAPPER

namespace wrapped = BUNDLE_NAMESPACE;

static_assert(std::is_trivially_copyable_v<wrapped::Model>);

// The memory of tensor `index` as a vector of the wrapper's element type, for Span's constructor.
template <class Span>
auto elements(const Case& c, int index) {
  using T = std::remove_const_t<std::remove_pointer_t<decltype(std::declval<Span>().data())>>;
  std::vector<T> values(static_cast<size_t>(c.bytes[index]) / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), c.data[index], values.size() * sizeof(T));
  return values;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2, "wrapper CASE");
  Case c = load_case(argv[1]);
  const BUNDLE(model) plain = open_model();

  wrapped::Io io;
  int dim = 0, index = 0;
#define SET_DIM(name) io.name = c.dims[dim++];
  DIM_MEMBERS(SET_DIM)
  (void)dim;
#define MAKE_VECTOR(name) auto name##_values = elements<decltype(io.name)>(c, index++);
  TENSOR_MEMBERS(MAKE_VECTOR)
#define SET_SPAN(name) io.name = name##_values;
  TENSOR_MEMBERS(SET_SPAN)

  wrapped::Model model;
  REQUIRE(!model.run(io, {}).ok(), "a run before open");
  REQUIRE(model.open().ok(), "open");
  const size_t bytes = arena_bytes_for(c.dims, 1);
  unsigned char* memory = static_cast<unsigned char*>(aligned_memory(bytes));
  const wrapped::Status status = model.run(io, {memory, bytes});
  REQUIRE(status.ok() && status.code() == TN_OK, "run: %s", status.text());
  const wrapped::Status refused = model.run(io, {memory, bytes - 1});
  REQUIRE(refused.code() == TN_ARENA && std::strstr(refused.text(), "arena"), "a small arena");

  run_case(&plain, &c, nullptr);
  index = 0;
#define COMPARE(name)                                                                    \
  REQUIRE(std::memcmp(name##_values.data(), c.data[index], size_t(c.bytes[index])) == 0, \
          "%s has other bits than through the C header", #name);                         \
  ++index;
  TENSOR_MEMBERS(COMPARE)
#define SHORTEN(name)                                                                              \
  if (io.name.size() > 0) {                                                                        \
    wrapped::Io shorter = io;                                                                      \
    shorter.name = {io.name.data(), io.name.size() - 1};                                           \
    REQUIRE(model.run(shorter, {memory, bytes}).code() == TN_CAPACITY, "a short span: %s", #name); \
  }
  TENSOR_MEMBERS(SHORTEN)
  return 0;
}
