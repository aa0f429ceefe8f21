// Writing tables and entry points.
#include "codegen/cpp/tables_text.h"

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/status_texts.h"
#include "runtime/model_tables.h"
#include "support/text.h"

namespace tenon::codegen::cpp {
namespace {

// C knows no empty array: a table without rows has one of zeros.
std::string table(const std::string& declaration, const std::vector<std::string>& rows) {
  std::string text = declaration + " = {\n";
  for (const std::string& row : rows) text += "    " + row + ",\n";
  if (rows.empty()) text += "    {0},\n";
  return text + "};\n";
}

std::string numbers(const std::string& declaration, const std::vector<int64_t>& values) {
  std::string text = declaration + " = {";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  return text + (values.empty() ? "0" : "") + "};\n";
}

std::string bytes_table(const std::string& declaration, const std::vector<uint8_t>& bytes) {
  std::string text = declaration + " = {";
  for (size_t i = 0; i < bytes.size(); ++i)
    text += (i % 24 == 0 ? "\n    " : " ") + std::to_string(bytes[i]) + ",";
  return text + (bytes.empty() ? "0" : "\n") + "};\n";
}

std::string status_table(const BundleInterface& interface, size_t& count) {
  std::string strings =
      "const char tn_model_strings[] =\n    " + c_string(std::string(kUnknownStatusText) + '\0');
  size_t offset = std::string(kUnknownStatusText).size() + 1;
  std::vector<std::string> rows;
  for (const StatusText& text : status_texts(interface)) {
    rows.push_back(fmt::format("{{{}, {}}}", text.status, offset));
    strings += "\n    " + c_string(text.text + '\0');
    offset += text.text.size() + 1;
  }
  count = rows.size();
  return strings + ";\n" + table("const tnr_status_text tn_model_status_texts[]", rows);
}

std::string golden_tables(const BundleInterface& interface) {
  std::vector<std::string> rows;
  std::vector<int64_t> dims(interface.dims.size());  // as many as the self-test would read
  std::vector<uint8_t> bytes;
  if (interface.selftest) {
    dims = interface.selftest->dims;
    for (const GoldenTensor& tensor : interface.selftest->tensors) {
      rows.push_back(fmt::format("{{{}, {}, 0, {}, {}}}", bytes.size(), tensor.node,
                                 tensor.absolute, tensor.relative));
      bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
      bytes.resize(TNR_ROUND_UP(bytes.size()));
    }
  }
  if (bytes.empty()) bytes.resize(64);  // the self-test reads elements of any type
  return table("const tnr_golden tn_model_golden[]", rows) +
         numbers("const int64_t tn_model_golden_dims[]", dims) +
         bytes_table("TN_ALIGN(64) const unsigned char tn_model_golden_bytes[]", bytes);
}

std::string info_text(const BundleInterface& interface) {
  const std::string& name = interface.name;
  std::string text, tensors, dims;
  for (size_t i = 0; i < interface.tensors.size(); ++i) {
    const InterfaceTensor& tensor = interface.tensors[i];
    std::vector<int64_t> least, most;
    std::vector<std::string> shape;
    for (const InterfaceExtent& extent : tensor.shape) {
      least.push_back(extent.least);
      most.push_back(extent.most);
      shape.push_back(extent.text);
    }
    text += numbers(fmt::format("static const int64_t info_least_{}[]", i), least);
    text += numbers(fmt::format("static const int64_t info_most_{}[]", i), most);
    tensors += fmt::format("    {{{}, {}, {}, {}, {}, 0, 0.0f, info_least_{}, info_most_{}}},\n",
                           c_string(tensor.name), c_string(join(shape, ",")),
                           static_cast<int>(tensor.role), onnx_number(tensor.dtype),
                           tensor.shape.size(), i, i);
  }
  for (const InterfaceDim& dim : interface.dims) dims += c_string(dim.name) + ", ";
  if (tensors.empty()) tensors = "    {0},\n";
  text += "static const tn_tensor info_tensors[] = {\n" + tensors + "};\n";
  text += "static const char *const info_dims[] = {" + (dims.empty() ? "0" : dims) + "};\n";
  const ArenaBytes arena = arena_bytes_most(interface);
  return text +
         fmt::format(
             "\nconst tn_info *{}_info(void) {{\n  static const tn_info info = {{\n"
             "      sizeof(tn_info), 0x{:08x}u, {}, {}, {}, {}, {},\n      {}u, {}u, {}u, {}, {}, "
             "info_tensors, info_dims}};\n  return &info;\n}}\n",
             name, interface_abi(interface), c_string(interface.model_file),
             c_string(interface.model_sha256), c_string("tenon " + interface.version),
             c_string(interface.options), c_string(interface.triple + " " + interface.target),
             interface.weights_bytes, arena.fixed + arena.scratch, interface.stack_bytes,
             interface.tensors.size(), interface.dims.size());
}

}  // namespace

std::string c_string(const std::string& bytes) {
  std::string text = "\"";
  for (char c : bytes) {
    if (c == '"' || c == '\\')
      text += std::string("\\") + c;
    else if (c < ' ' || c == 127 || c == '?')
      text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    else
      text += c;
  }
  return text + "\"";
}

std::string runtime_names(const std::string& prefix) {
  std::string text;
  for (const char* name : {"model", "model_dims", "model_tensors", "model_status_texts",
                           "model_strings", "model_weights", "model_golden", "model_golden_dims",
                           "model_golden_bytes", "model_entry", "model_sizes", "model_run_group"})
    text += fmt::format("#define tn_{} {}_rt_{}\n", name, prefix, name);
  for (const char* name :
       {"open", "arena_bytes", "run", "selftest", "status_text", "missing_cpu_feature", "check",
        "arena_total", "dims_in_range", "execute"})
    text += fmt::format("#define tn_rt_{} {}_rt_{}\n", name, prefix, name);
  return text;
}

std::string table_text(const BundleInterface& interface) {
  const IoLayout layout = io_layout(interface, interface.pointer_bytes);
  size_t status_count = 0;
  std::string statuses = status_table(interface, status_count);
  std::vector<std::string> dims, tensors;
  for (const InterfaceDim& dim : interface.dims)
    dims.push_back(fmt::format("{{offsetof({}_io, {}), 0, {}, {}}}", interface.name, dim.identifier,
                               dim.least, dim.most));
  for (const InterfaceTensor& tensor : interface.tensors)
    tensors.push_back(fmt::format("{{offsetof({}_io, {}), {}, {}, {}}}", interface.name,
                                  tensor.identifier, static_cast<int>(tensor.role),
                                  onnx_number(tensor.dtype), element_alignment(tensor.dtype)));
  std::string model = fmt::format(
      "const tnr_model tn_model = {{\n"
      "    .abi = 0x{:08x}u,\n    .io_bytes = sizeof({}_io),\n    .dim_count = {},\n"
      "    .tensor_count = {},\n    .requirement_count = {},\n    .group_count = {},\n"
      "    .size_count = {},\n    .status_text_count = {},\n    .golden_count = {},\n"
      "    .arena_align = {},\n    .weights_align = 64,\n    .weights_embedded = {},\n"
      "    .weights_bytes = {}u,\n    .weights_layout = {{0x{:x}u, 0x{:x}u}},\n"
      "    .cpu_features = 0x{:x}u,\n}};\n",
      interface_abi(interface), interface.name, interface.dims.size(), interface.tensors.size(),
      interface.requirements.size(), interface.group_count, interface.size_count, status_count,
      interface.selftest ? interface.tensors.size() : 0, interface.arena_align,
      interface.weights_embedded ? 1 : 0, interface.weights_bytes, interface.weights_layout[0],
      interface.weights_layout[1], interface.cpu_features);
  return model + table("const tnr_dim tn_model_dims[]", dims) +
         table("const tnr_tensor tn_model_tensors[]", tensors) + statuses +
         golden_tables(interface);
}

std::string entry_points(const BundleInterface& interface) {
  const std::string& name = interface.name;
  std::string count = std::to_string(TNR_ENTRY_COUNT(
      interface.dims.size(), interface.tensors.size(), interface.requirements.size()));
  std::string array = "  int64_t entry[" + count + "];\n";
  std::string text = fmt::format(
      "int {0}_open({0}_model *model, uint32_t abi, const void *weights, size_t weights_bytes) {{\n"
      "  return tn_rt_open((tnr_opened *)model, abi, weights, weights_bytes);\n}}\n\n"
      "int {0}_run(const {0}_model *model, {0}_io *io, void *arena, size_t arena_bytes,\n"
      "    const tn_call *call) {{\n{1}"
      "  return tn_rt_run((const tnr_opened *)model, io, arena, arena_bytes, call, entry);\n}}\n\n",
      name, array);
  std::string parameters, sets;
  for (size_t i = 0; i < interface.dims.size(); ++i) {
    parameters += "int64_t " + interface.dims[i].identifier + ", ";
    sets += fmt::format("  entry[{}] = {};\n", i, interface.dims[i].identifier);
  }
  text += fmt::format(
      "size_t {}_arena_bytes({}int threads) {{\n{}{}  return tn_rt_arena_bytes(entry, threads);\n"
      "}}\n\n",
      name, parameters, array, sets);
  if (interface.selftest)
    text += fmt::format(
        "int {0}_selftest(const {0}_model *model, void *arena, size_t arena_bytes) {{\n{1}"
        "  return tn_rt_selftest((const tnr_opened *)model, arena, arena_bytes, entry);\n}}\n\n",
        name, array);
  text += fmt::format(
      "const char *{}_status_text(int status) {{ return tn_rt_status_text(status); }}\n\n", name);
  return text + info_text(interface);
}

}  // namespace tenon::codegen::cpp
