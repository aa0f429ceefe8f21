// cuda_header.cpp: the C header of a bundle for CUDA.
//
//   {name = "mlp", tensors = {x f32[128,768], y f32[128,3072]}, ...}
//     ->  mlp.h with MLP_ABI, mlp_model, mlp_graph, mlp_io {x, y, result}, mlp_open, mlp_run, ...
#include "codegen/bundle/cuda_header.h"

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/header_parts.h"
#include "codegen/bundle/identifiers.h"
#include "runtime/cuda/embedded.h"
#include "runtime/embedded.h"

namespace tenon::codegen {
namespace {

std::string text_of(const unsigned char* bytes, size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

std::string macros(const BundleInterface& interface, const CudaTables& tables,
                   const std::string& upper, const std::string& abi) {
  std::vector<HeaderLine> lines = first_macros(interface, abi);
  const auto define = [&](const std::string& rest, const std::string& comment) {
    lines.push_back({fmt::format("#define {}_{}", upper, rest), comment});
  };
  define(fmt::format("WEIGHTS_BYTES {}", interface.weights_bytes), "in the memory of the device");
  define(fmt::format("ARENA_ALIGN {}", TNC_DEVICE_ALIGN), "");
  define(fmt::format("ARENA_BYTES ((size_t){})", cuda_arena_bytes_most(tables)),
         "device memory, enough for any dimensions on any GPU");
  if (interface.selftest)
    define(fmt::format("SELFTEST_BYTES ((size_t){})",
                       cuda_selftest_bytes(*interface.selftest, tables)),
           "device memory of the self-test");
  if (interface.weights_bytes != 0) define("WEIGHTS_ALIGN 64", "of a mapped weights file");
  return align_comments(lines);
}

std::string structures(const BundleInterface& interface) {
  std::vector<HeaderLine> lines = io_members(interface);
  lines.push_back({fmt::format("  {}_result *{};", interface.name, cuda_result_member(interface)),
                   "NULL: not wanted"});
  return fmt::format(
      "typedef struct {0}_model {{ uint64_t opaque[96]; }} {0}_model; /* one per context; "
      "read-only "
      "once open */\n"
      "typedef struct {0}_graph {{ uint64_t opaque[8]; }} {0}_graph;  /* one per run under way */\n"
      "\n"
      "typedef struct {0}_result {{ /* device or pinned host memory, aligned 8; written last in "
      "stream order */\n"
      "  int32_t status; /* TN_OK, TN_INDEX */\n"
      "  int32_t reserved;\n"
      "}} {0}_result;\n"
      "\n"
      "typedef struct {0}_io {{ /* device pointers, aligned 16; the struct itself is copied by the "
      "call */\n"
      "{1}}} {0}_io;\n",
      interface.name, align_comments(lines));
}

std::string functions(const BundleInterface& interface) {
  std::string dims;
  for (const InterfaceDim& dim : interface.dims)
    dims += fmt::format(", int64_t {}", dim.identifier);
  const std::string weights = interface.weights_embedded || interface.weights_bytes == 0
                                  ? "NULL: those in the library; else the mapped file"
                                  : fmt::format("{}_weights.bin in memory", interface.name);
  const std::string selftest =
      interface.selftest
          ? fmt::format(
                "/* Runs stored inputs in memory of the device, aligned to {1}, compares the "
                "outputs; "
                "waits for the stream. */\n"
                "int {0}_selftest(const {0}_model *, void *memory, size_t memory_bytes, struct "
                "CUstream_st *);\n",
                interface.name, TNC_DEVICE_ALIGN)
          : "";
  return fmt::format(
      "/* Chooses the device's code, loads all of it (compiling PTX), uploads the weights.\n"
      "   weights: {2}; needed until open returns. */\n"
      "int {0}_open({0}_model *, uint32_t abi, const void *weights, size_t weights_bytes, const "
      "tn_cuda *);\n"
      "/* After open: the device, the driver, and what runs, or why nothing does. Lies in the "
      "model. "
      "*/\n"
      "const char *{0}_open_text(const {0}_model *);\n"
      "void {0}_close({0}_model *); /* no run under way; the context still alive */\n"
      "size_t {0}_arena_bytes(const {0}_model *{1}); /* exact for this device; 0: out of range */\n"
      "/* Enqueues launches and returns: no wait, no allocation, legal under stream capture. One "
      "arena for each run\n"
      "   under way. Inputs may overlap inputs, nothing else may. */\n"
      "int {0}_run(const {0}_model *, const {0}_io *, void *arena, size_t arena_bytes, struct "
      "CUstream_st *);\n"
      "/* The same as one graph launch. run takes other pointers than open did, but the same "
      "dimensions and arena. */\n"
      "int {0}_graph_open({0}_graph *, const {0}_model *, const {0}_io *, void *arena, size_t "
      "arena_bytes);\n"
      "int {0}_graph_run({0}_graph *, const {0}_io *, struct CUstream_st *); /* one thread at a "
      "time "
      "*/\n"
      "void {0}_graph_close({0}_graph *);\n{3}"
      "const char *{0}_status_text(int status); /* names the argument, or the driver's error; "
      "static, never NULL */\n"
      "const tn_info *{0}_info(void);\n",
      interface.name, dims, weights, selftest);
}

// The whole header, with `abi` in the place of the number.
std::string header_text(const BundleInterface& interface, const CudaTables& tables,
                        const std::string& abi) {
  const std::string upper = upper_case(interface.name);
  std::string text = fmt::format(
      "/* {}.h: from {}, by tenon {}, for cuda: {}; host {}. Generated; SPDX-License-Identifier: "
      "0BSD. C99, C++11.\n"
      "   Works in the caller's context and on the caller's stream; needs nothing but the driver. "
      "*/\n",
      interface.name, comment_text(interface.model_file), interface.version, tables.holds,
      interface.triple);
  std::string body = shared_block(text_of(tenon_embedded_abi_h, tenon_embedded_abi_h_bytes)) + "\n";
  body += shared_block(text_of(tenon_embedded_cuda_tree_cuda_abi_h,
                               tenon_embedded_cuda_tree_cuda_abi_h_bytes)) +
          "\n";
  body += macros(interface, tables, upper, abi) + "\n";
  body += structures(interface) + "\n";
  return text + header_frame(interface, body + functions(interface));
}

}  // namespace

std::string cuda_result_member(const BundleInterface& interface) {
  std::string name = "result";
  const auto is_taken = [&] {
    for (const InterfaceDim& dim : interface.dims)
      if (dim.identifier == name) return true;
    for (const InterfaceTensor& tensor : interface.tensors)
      if (tensor.identifier == name) return true;
    return false;
  };
  for (int i = 2; is_taken(); ++i) name = fmt::format("result_{}", i);
  return name;
}

uint32_t cuda_interface_abi(const BundleInterface& interface, const CudaTables& tables) {
  return header_abi(header_text(interface, tables, "0"), interface.name);
}

std::string write_cuda_header(const BundleInterface& interface, const CudaTables& tables) {
  return header_text(interface, tables,
                     fmt::format("0x{:08x}u", cuda_interface_abi(interface, tables)));
}

std::vector<StatusText> cuda_status_texts(const BundleInterface& interface) {
  std::vector<StatusText> texts;
  for (StatusText& text : status_texts(interface)) {
    const int code = text.status & 255;
    if (code == TN_CPU || code == TN_STOPPED) continue;  // not of this target
    if (code == TN_SELFTEST && !interface.selftest) continue;
    const size_t detail = static_cast<uint32_t>(text.status) >> 8;
    if (code == TN_ALIGNMENT)
      text.text = detail < interface.tensors.size()
                      ? fmt::format("{} is not aligned to {} bytes",
                                    interface.tensors[detail].identifier, TNC_TENSOR_ALIGN)
                      : fmt::format("the arena is not aligned to {} bytes", TNC_DEVICE_ALIGN);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace tenon::codegen
