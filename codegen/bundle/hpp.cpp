// hpp.cpp: the C++17 wrapper of a bundle's C header.
//
//   mlp.h: mlp_io {const float *x; float *y;}, int mlp_run(const mlp_model *, mlp_io *, ...)
//     ->  mlp.hpp: mlp::Io {Span<const float> x; Span<float> y;}, mlp::Model::run(io, arena)
#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/hpp_parts.h"
#include "codegen/bundle/identifiers.h"

namespace tenon::codegen {
namespace {

std::string model_class(const BundleInterface& interface) {
  const std::string& name = interface.name;
  std::string parameters, arguments;
  for (const InterfaceDim& dim : interface.dims) {
    parameters += fmt::format("std::int64_t {}, ", dim.identifier);
    arguments += dim.identifier + ", ";
  }
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
                                 name, upper_case(name), fill_io(interface, "    "));
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
  std::string body = span_class() + status_class(interface.name);
  body += io_struct(
      interface,
      {"The arguments of a run. Elements lie densely, the last axis fastest.", "Span", ""});
  body += fmt::format(
      "\n// Memory for runs at any dimensions: Arena<2> arena; model.run(io, arena.bytes, &call)\n"
      "template <int threads = 1>\nstruct Arena {{\n"
      "  alignas({0}_ARENA_ALIGN) unsigned char bytes[{0}_ARENA_BYTES(threads)];\n}};\n",
      upper_case(interface.name));
  return wrapper_frame(interface, body + model_class(interface));
}

}  // namespace tenon::codegen
