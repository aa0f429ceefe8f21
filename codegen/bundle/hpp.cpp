// hpp.cpp: the C++17 wrapper of a bundle's C header.
//
//   mlp.h: mlp_io {const float *x; float *y;}, int mlp_run(const mlp_model *, mlp_io *, ...)
//     ->  mlp.hpp: mlp::Io {Span<const float> x; Span<float> y;}, mlp::Model::run(io, arena)
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/identifiers.h"

namespace tenon::codegen {
namespace {

constexpr const char* kSpanAndStatus = R"(
// A pointer and a count of elements, made from arrays, std::vector, std::array, std::span, ...
template <class T>
class Span {
 public:
  constexpr Span() noexcept = default;
  constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
  template <class C, class P = decltype(std::data(std::declval<C &>())),
            class = std::enable_if_t<std::is_convertible_v<P, T *>>>
  constexpr Span(C &all) noexcept : data_(std::data(all)), size_(std::size(all)) {}

  constexpr T *data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr T *begin() const noexcept { return data_; }
  constexpr T *end() const noexcept { return data_ + size_; }
  constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

 private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};
)";

std::string status_class(const std::string& name) {
  return fmt::format(R"(
// What a call answers: ok(), or what is wrong, in words.
class [[nodiscard]] Status {{
 public:
  constexpr Status(int value = TN_OK) noexcept : value_(value) {{}}
  constexpr bool ok() const noexcept {{ return value_ == TN_OK; }}
  constexpr int code() const noexcept {{ return TN_CODE(value_); }}  // TN_NULL, TN_DIM, ...
  constexpr int detail() const noexcept {{ return TN_DETAIL(value_); }}  // tensor, dimension, node
  constexpr int value() const noexcept {{ return value_; }}
  const char *text() const noexcept {{ return {}_status_text(value_); }}

 private:
  int value_;
}};
)",
                     name);
}

// "batch * 240 * 3", as a count of elements of the C type; empty where an extent has no text in C.
std::string element_count(const InterfaceTensor& tensor) {
  std::string product;
  for (const InterfaceExtent& extent : tensor.shape) {
    if (extent.code.empty()) return "";
    const bool is_sum = extent.code.find_first_of(" +-/%") != std::string::npos;
    product += (product.empty() ? "" : " * ") + (is_sum ? "(" + extent.code + ")" : extent.code);
  }
  if (product.empty()) product = "1";
  const int bits = bits_of(tensor.dtype);
  return bits < 8 ? fmt::format("({} * {} + 7) / 8", product, bits) : product;
}

// The check of spans, which C's pointers cannot have: only with dimensions in range, which C's run
// reports otherwise.
std::string size_check(const BundleInterface& interface) {
  std::string outside, checks;
  for (const InterfaceDim& dim : interface.dims)
    outside += fmt::format("{0}{1} < {2} || {1} > {3}", outside.empty() ? "" : " || ",
                           dim.identifier, dim.least, dim.most);
  if (!outside.empty())
    outside = fmt::format("    if ({}) return TN_OK;  // run says so\n", outside);
  for (size_t i = 0; i < interface.tensors.size(); ++i) {
    const std::string count = element_count(interface.tensors[i]);
    if (count.empty()) continue;
    checks += fmt::format(
        "    if ({0}.data() != nullptr && {0}.size() < static_cast<std::size_t>({1})) return "
        "TN_CAPACITY | {2} << 8;\n",
        interface.tensors[i].identifier, count, i);
  }
  return fmt::format(
      "\n  // TN_CAPACITY for the first span that has fewer elements than its tensor.\n"
      "  Status check_sizes() const noexcept {{\n{}{}    return TN_OK;\n  }}\n",
      outside, checks);
}

std::string io_struct(const BundleInterface& interface) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const InterfaceDim& dim : interface.dims)
    members.emplace_back(fmt::format("std::int64_t {} = {};", dim.identifier, dim.most),
                         fmt::format("{}..{}", dim.least, dim.most));
  for (const InterfaceTensor& tensor : interface.tensors) {
    std::string type = type_text(tensor);
    for (char& c : type)
      if (c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '?';
    members.emplace_back(
        fmt::format("Span<{}{}> {};", tensor.role == TensorRole::kInput ? "const " : "",
                    c_type(tensor.dtype), tensor.identifier),
        type);
  }
  size_t column = 0;
  for (const auto& [code, comment] : members) column = std::max(column, code.size());
  std::string text =
      "\n// The arguments of a run. Elements lie densely, the last axis fastest.\nstruct Io {\n";
  for (const auto& [code, comment] : members)
    text += fmt::format("  {:<{}}  // {}\n", code, column, comment);
  return text + size_check(interface) + "};\n";
}

std::string model_class(const BundleInterface& interface) {
  const std::string& name = interface.name;
  std::string parameters, arguments, members;
  for (const InterfaceDim& dim : interface.dims) {
    parameters += fmt::format("std::int64_t {}, ", dim.identifier);
    arguments += dim.identifier + ", ";
    members += fmt::format("    c.{0} = io.{0};\n", dim.identifier);
  }
  for (const InterfaceTensor& tensor : interface.tensors)
    members += fmt::format("    c.{0} = io.{0}.data();\n", tensor.identifier);
  std::string text = fmt::format(R"(
// Opened once, then run by any number of threads at once, each with its own Io and arena.
class Model {{
 public:
  Status open(Span<const unsigned char> weights = {{}}) noexcept {{
    return {0}_open(&model_, {1}_ABI, weights.data(), weights.size());
  }}

  Status run(const Io &io, Span<unsigned char> arena,
             const tn_call *call = nullptr) const noexcept {{
    const Status sizes = io.check_sizes();
    if (!sizes.ok()) return sizes;
    {0}_io c;
{2}    return {0}_run(&model_, &c, arena.data(), arena.size(), call);
  }}
)",
                                 name, upper_case(name), members);
  if (interface.selftest)
    text += fmt::format(R"(
  Status selftest(Span<unsigned char> arena) const noexcept {{
    return {}_selftest(&model_, arena.data(), arena.size());
  }}
)",
                        name);
  text += fmt::format(R"(
  static std::size_t arena_bytes({0}int threads = 1) noexcept {{
    return {1}_arena_bytes({2}threads);
  }}
  static const tn_info &info() noexcept {{ return *{1}_info(); }}

 private:
  {1}_model model_{{}};
}};
)",
                      parameters, name, arguments);
  return text;
}

}  // namespace

std::string write_cpp_header(const BundleInterface& interface) {
  const std::string upper = upper_case(interface.name);
  std::string text = fmt::format(
      "// {0}.hpp: {0}.h for C++17. Generated by tenon {1}; SPDX-License-Identifier: 0BSD. No "
      "allocation, no exception.\n"
      "#ifndef {2}_HPP\n#define {2}_HPP\n"
      "#include <cstddef>\n#include <cstdint>\n#include <iterator>\n#include "
      "<type_traits>\n#include <utility>\n\n"
      "#include \"{0}.h\"\n\nnamespace {0} {{\n",
      interface.name, interface.version, upper);
  text += kSpanAndStatus;
  text += status_class(interface.name);
  text += io_struct(interface);
  text += fmt::format(
      "\n// Memory for runs at any dimensions: Arena<2> arena; model.run(io, arena.bytes, &call)\n"
      "template <int threads = 1>\nstruct Arena {{\n"
      "  alignas({0}_ARENA_ALIGN) unsigned char bytes[{0}_ARENA_BYTES(threads)];\n}};\n",
      upper);
  text += model_class(interface);
  text += fmt::format("\n}}  // namespace {}\n#endif\n", interface.name);
  return text;
}

}  // namespace tenon::codegen
