// header.cpp: the C header of a bundle.
//
//   {name = "mlp", tensors = {x f32[128,768], y f32[128,3072]}, ...}
//     ->  mlp.h with MLP_ABI, mlp_model, mlp_io {x, y}, mlp_open, mlp_run, ...
#include "codegen/bundle/header.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "codegen/bundle/header_parts.h"
#include "codegen/bundle/identifiers.h"
#include "runtime/embedded.h"
#include "runtime/model_tables.h"
#include "support/check.h"
#include "support/sha256.h"

namespace tenon::codegen {
namespace {

std::string macros(const BundleInterface& interface, const std::string& upper,
                   const std::string& abi) {
  std::vector<HeaderLine> lines = first_macros(interface, abi);
  const auto define = [&](const std::string& rest, const std::string& comment) {
    lines.push_back({fmt::format("#define {}_{}", upper, rest), comment});
  };
  define(fmt::format("ARENA_ALIGN {}", interface.arena_align), "");
  const ArenaBytes arena = arena_bytes_most(interface);
  define(fmt::format("ARENA_BYTES(threads) ((size_t){} + (size_t){} * (size_t)(threads))",
                     arena.fixed, arena.scratch),
         interface.dims.empty() ? "threads >= 1" : "any dimensions; threads >= 1");
  if (interface.selftest)
    define(fmt::format("SELFTEST_BYTES ((size_t){})", selftest_bytes(interface)),
           "arena of the self-test");
  define(fmt::format("STACK_BYTES {}", interface.stack_bytes),
         fmt::format("of {}_run and of each body, without the callbacks", interface.name));
  if (interface.weights_bytes != 0) define("WEIGHTS_ALIGN 64", "of a mapped weights file");
  return align_comments(lines);
}

std::string io_struct(const BundleInterface& interface) {
  return fmt::format(
      "typedef struct {0}_io {{ /* one for each run under way; pointers need no more than their "
      "element's alignment */\n"
      "{1}}} {0}_io;\n",
      interface.name, align_comments(io_members(interface)));
}

std::string open_comment(const BundleInterface& interface) {
  if (interface.weights_bytes == 0)
    return "/* Checks header and processor. There are no weights: NULL and 0. */\n";
  if (interface.weights_embedded)
    return "/* Checks header, processor and weights. NULL: those in the library; else the mapped "
           "file, which must outlive "
           "the model. */\n";
  return fmt::format(
      "/* Checks header, processor and weights: {}_weights.bin in memory, which must outlive the "
      "model. */\n",
      interface.name);
}

std::string functions(const BundleInterface& interface) {
  const std::string& name = interface.name;
  std::string dims;
  for (const InterfaceDim& dim : interface.dims)
    dims += fmt::format("int64_t {}, ", dim.identifier);
  std::string text = open_comment(interface);
  text += fmt::format(
      "int {0}_open({0}_model *, uint32_t abi, const void *weights, size_t weights_bytes);\n",
      name);
  text += fmt::format("size_t {}_arena_bytes({}int threads); /* exact; 0: out of range */\n", name,
                      dims);
  text +=
      "/* Arguments are checked before anything is written. Inputs may overlap inputs, nothing "
      "else may. The arena "
      "keeps nothing. */\n";
  text += fmt::format(
      "int {0}_run(const {0}_model *, {0}_io *, void *arena, size_t arena_bytes, const tn_call "
      "*);\n",
      name);
  if (interface.selftest)
    text += fmt::format("int {0}_selftest(const {0}_model *, void *arena, size_t arena_bytes);\n",
                        name);
  text += fmt::format(
      "const char *{}_status_text(int status); /* names the argument; static, never NULL */\n"
      "const tn_info *{}_info(void);\n",
      name, name);
  return text;
}

// The whole header, with `abi` in the place of the number.
std::string header_text(const BundleInterface& interface, const std::string& abi) {
  const std::string upper = upper_case(interface.name);
  std::string text = fmt::format(
      "/* {}.h: from {}, by tenon {}, for {} {}. Generated; SPDX-License-Identifier: 0BSD. C99, "
      "C++11.\n"
      "   All memory is the caller's. No function allocates, locks, does I/O or keeps global "
      "state. */\n",
      interface.name, comment_text(interface.model_file), interface.version, interface.triple,
      interface.target);
  std::string body = shared_block(std::string(reinterpret_cast<const char*>(tenon_embedded_abi_h),
                                              tenon_embedded_abi_h_bytes)) +
                     "\n";
  body += macros(interface, upper, abi) + "\n";
  body += fmt::format(
      "typedef struct {0}_model {{ uint64_t opaque[8]; }} {0}_model; /* read-only once open: "
      "threads may share it */\n\n",
      interface.name);
  body += io_struct(interface) + "\n";
  return text + header_frame(interface, body + functions(interface));
}

}  // namespace

std::string c_type(DType dtype) {
  switch (dtype) {
    case DType::F32: return "float";
    case DType::F64: return "double";
    case DType::I8: return "int8_t";
    case DType::I16: return "int16_t";
    case DType::I32: return "int32_t";
    case DType::I64: return "int64_t";
    case DType::U16:
    case DType::F16:
    case DType::BF16: return "uint16_t";
    case DType::U32: return "uint32_t";
    case DType::U64: return "uint64_t";
    case DType::Bool:
    case DType::U8:
    case DType::F8E4M3FN:
    case DType::F8E4M3FNUZ:
    case DType::F8E5M2:
    case DType::F8E5M2FNUZ:
    case DType::F4E2M1:
    case DType::I4:
    case DType::U4:
    case DType::I2:
    case DType::U2: return "uint8_t";
    case DType::String:
    case DType::Index: break;
  }
  TENON_CHECK(false, fmt::format("no bundle has a tensor of {}", name_of(dtype)));
}

uint32_t element_alignment(DType dtype) {
  return static_cast<uint32_t>(std::max(1, bits_of(dtype) / 8));
}

std::string type_text(const InterfaceTensor& tensor) {
  std::string extents;
  for (const InterfaceExtent& extent : tensor.shape)
    extents += (extents.empty() ? "" : ",") + extent.text;
  return fmt::format("{}[{}]", name_of(tensor.dtype), extents);
}

ArenaBytes arena_bytes_most(const BundleInterface& interface) {
  return {TNR_ARENA_FIXED_BYTES(interface.size_count, interface.buffer_bytes_most),
          TNR_ROUND_UP(interface.scratch_bytes_most)};
}

uint64_t selftest_bytes(const BundleInterface& interface) {
  // As runtime/selftest.c lays it out: N_io, the outputs, the arena of a run.
  const SelfTest& test = *interface.selftest;
  TENON_CHECK(test.tensors.size() == interface.tensors.size(), "a tensor without golden bytes");
  uint64_t bytes = TNR_ROUND_UP(io_layout(interface, interface.pointer_bytes).bytes);
  for (size_t i = 0; i < interface.tensors.size(); ++i)
    if (interface.tensors[i].role != TensorRole::kInput)
      bytes += TNR_ROUND_UP(test.tensors[i].bytes.size());
  bytes = (bytes + interface.arena_align - 1) / interface.arena_align * interface.arena_align;
  return bytes + TNR_ARENA_FIXED_BYTES(interface.size_count, test.buffer_bytes) +
         TNR_ROUND_UP(test.scratch_bytes);
}

IoLayout io_layout(const BundleInterface& interface, uint32_t pointer_bytes) {
  IoLayout layout;
  for (size_t i = 0; i < interface.dims.size(); ++i)
    layout.dims.push_back(static_cast<uint32_t>(8 * i));
  layout.bytes = static_cast<uint32_t>(8 * interface.dims.size());
  for (size_t i = 0; i < interface.tensors.size(); ++i, layout.bytes += pointer_bytes)
    layout.tensors.push_back(layout.bytes);
  const uint32_t alignment = interface.dims.empty() ? pointer_bytes : 8;
  layout.bytes = (layout.bytes + alignment - 1) / alignment * alignment;
  return layout;
}

uint32_t header_abi(const std::string& header_text, const std::string& prefix) {
  std::string text;
  for (size_t i = 0; i < header_text.size();) {
    if (header_text.compare(i, 2, "/*") == 0) {
      i = std::min(header_text.size(), header_text.find("*/", i) + 2);
      text += ' ';
    } else {
      text += header_text[i++];
    }
  }
  const size_t define = text.find(fmt::format("#define {}_ABI ", upper_case(prefix)));
  if (define != std::string::npos) text.erase(define, text.find('\n', define) - define);
  std::string words;
  for (char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t';
    if (!is_blank)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  const std::string digest =
      sha256_hex(std::span(reinterpret_cast<const uint8_t*>(words.data()), words.size()));
  return static_cast<uint32_t>(std::stoul(digest.substr(0, 8), nullptr, 16));
}

uint32_t interface_abi(const BundleInterface& interface) {
  return header_abi(header_text(interface, "0"), interface.name);
}

std::string write_header(const BundleInterface& interface) {
  return header_text(interface, fmt::format("0x{:08x}u", interface_abi(interface)));
}

}  // namespace tenon::codegen
