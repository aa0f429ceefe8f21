// hpp_parts.cpp: what the C++17 wrappers of all targets are put together from.
//
//   tensors x f32[batch,8], y f32[batch]
//     ->  struct Io {Span<const float> x; Span<float> y; Status check_sizes() const noexcept; };
#include "codegen/bundle/hpp_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/identifiers.h"

namespace tenon::codegen {
namespace {

constexpr const char* kSpan = R"(
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

}  // namespace

std::string span_class() { return kSpan; }

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

std::string io_struct(const BundleInterface& interface, const IoStruct& form) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const InterfaceDim& dim : interface.dims)
    members.emplace_back(fmt::format("std::int64_t {} = {};", dim.identifier, dim.most),
                         fmt::format("{}..{}", dim.least, dim.most));
  for (const InterfaceTensor& tensor : interface.tensors) {
    std::string type = type_text(tensor);
    for (char& c : type)
      if (c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '?';
    members.emplace_back(
        fmt::format("{}<{}{}> {};", form.span, tensor.role == TensorRole::kInput ? "const " : "",
                    c_type(tensor.dtype), tensor.identifier),
        type);
  }
  size_t column = 0;
  for (const auto& [code, comment] : members) column = std::max(column, code.size());
  std::string text = fmt::format("\n// {}\nstruct Io {{\n", form.about);
  for (const auto& [code, comment] : members)
    text += fmt::format("  {:<{}}  // {}\n", code, column, comment);
  return text + form.more + size_check(interface) + "};\n";
}

std::string fill_io(const BundleInterface& interface, const std::string& indent) {
  std::string text;
  for (const InterfaceDim& dim : interface.dims)
    text += fmt::format("{1}c.{0} = io.{0};\n", dim.identifier, indent);
  for (const InterfaceTensor& tensor : interface.tensors)
    text += fmt::format("{1}c.{0} = io.{0}.data();\n", tensor.identifier, indent);
  return text;
}

std::string wrapper_frame(const BundleInterface& interface, const std::string& body) {
  return fmt::format(
      "// {0}.hpp: {0}.h for C++17. Generated by tenon {1}; SPDX-License-Identifier: 0BSD. No "
      "allocation, no exception.\n"
      "#ifndef {2}_HPP\n#define {2}_HPP\n"
      "#include <cstddef>\n#include <cstdint>\n#include <iterator>\n#include "
      "<type_traits>\n#include <utility>\n\n"
      "#include \"{0}.h\"\n\nnamespace {0} {{\n{3}\n}}  // namespace {0}\n#endif\n",
      interface.name, interface.version, upper_case(interface.name), body);
}

}  // namespace tenon::codegen
