// cuda_source.cpp: the host part of a model for CUDA as a source tree.
//
//   tables  ->  mlp_host.c: static const tnc_launch tn_cuda_launches[] = {{0, {3, 9, 3}, 0, 6}};
//                           .incbin "images/sm_80/mlp_fc1.cubin" ...
//                           #include "runtime/cuda/host.c", entry points
//               CMakeLists.txt: a static library; with -DTENON_NVCC=ON, nvcc makes the images anew
#include "codegen/bundle/cuda_source.h"

#include <fmt/format.h>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/header.h"
#include "codegen/bundle/header_parts.h"
#include "runtime/cuda/embedded.h"
#include "support/check.h"

namespace tenon::codegen {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      result += std::string("\\") + c;
    else if (byte < 0x20 || byte > 0x7e || c == '?')
      result += fmt::format("\\{:03o}", byte);
    else
      result += c;
  }
  return result + '"';
}

// `static const T name[] = {rows};`, each row on a line of its own; C has no empty array.
template <class Row, class Print>
std::string table(const std::string& type, const std::string& name, const std::vector<Row>& rows,
                  Print print) {
  std::string text = fmt::format("static const {} {}[] = {{\n", type, name);
  for (const Row& row : rows) text += "    " + print(row) + ",\n";
  if (rows.empty()) text += "    {0},\n";
  return text + "};\n";
}

std::string numbers(const std::string& type, const std::string& name,
                    const std::vector<int64_t>& values) {
  std::string text = fmt::format("static const {} {}[] = {{", type, name);
  for (size_t i = 0; i < values.size(); ++i)
    text += (i % 16 == 0 ? "\n    " : " ") + std::to_string(values[i]) + ",";
  return text + (values.empty() ? "0" : "\n") + "};\n";
}

std::vector<int64_t> widened(const std::vector<uint32_t>& values) {
  return {values.begin(), values.end()};
}

std::string model_row(const tnc_model& model) {
  return fmt::format(
      "static const tnc_model tn_cuda_model = {{\n"
      "    .abi = 0x{:08x}u, .io_bytes = {}, .result_offset = {},\n"
      "    .dim_count = {}, .tensor_count = {}, .requirement_count = {},\n"
      "    .variant_count = {}, .status_text_count = {}, .weights_embedded = {}, .holds = {},\n"
      "    .weights_bytes = {}u, .weights_layout = {{0x{:x}u, 0x{:x}u}}}};\n",
      model.abi, model.io_bytes, model.result_offset, model.dim_count, model.tensor_count,
      model.requirement_count, model.variant_count, model.status_text_count, model.weights_embedded,
      model.holds, model.weights_bytes, model.weights_layout[0], model.weights_layout[1]);
}

std::string tables_text(const BundleInterface& interface, const CudaTables& tables) {
  const CudaModelRows rows = cuda_model_rows(interface, tables);
  std::string text = model_row(rows.model);
  text += table("tnr_dim", "tn_cuda_dims", rows.dims, [](const tnr_dim& dim) {
    return fmt::format("{{{}, 0, {}, {}}}", dim.io_offset, dim.least, dim.most);
  });
  text += table("tnr_tensor", "tn_cuda_tensors", rows.tensors, [](const tnr_tensor& tensor) {
    return fmt::format("{{{}, {}, {}, {}}}", tensor.io_offset, tensor.role, tensor.dtype,
                       tensor.alignment);
  });
  text += numbers("uint32_t", "tn_cuda_tensor_bytes", widened(tables.tensor_bytes));
  text += numbers("uint32_t", "tn_cuda_requirements", widened(tables.requirements));
  text += "/* kind, architecture, least driver, images, kernels, launches, arena */\n";
  text += table("tnc_variant", "tn_cuda_variants", tables.variants, [](const tnc_variant& row) {
    return fmt::format("{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}", row.kind, row.architecture,
                       row.least_driver, row.first_image, row.image_count, row.first_kernel,
                       row.kernel_count, row.first_launch, row.launch_count, row.arena);
  });
  text += table("tnc_kernel", "tn_cuda_kernels", rows.kernels, [&](const tnc_kernel& row) {
    return fmt::format("{{{}, {}, {}, 0}} /* {} */", row.name, row.image, row.threads,
                       rows.strings.c_str() + row.name);
  });
  text += table("tnc_launch", "tn_cuda_launches", tables.launches, [](const tnc_launch& row) {
    return fmt::format("{{{}, {{{}, {}, {}}}, {}, {}}}", row.kernel, row.grid[0], row.grid[1],
                       row.grid[2], row.first_argument, row.argument_count);
  });
  text += table("tnc_argument", "tn_cuda_arguments", tables.arguments, [](const tnc_argument& row) {
    return fmt::format("{{{}, {}, {}, 0}}", row.kind, row.tensor, row.program);
  });
  text += numbers("int64_t", "tn_cuda_code", tables.code);
  text += table(
      "tnr_status_text", "tn_cuda_status_texts", rows.status_texts,
      [](const tnr_status_text& row) { return fmt::format("{{{}, {}}}", row.status, row.text); });
  if (interface.selftest) {
    text += table("tnr_golden", "tn_cuda_golden", rows.golden, [](const tnr_golden& row) {
      return fmt::format("{{{}, {}, 0, {}, {}}}", row.offset, row.node, row.absolute, row.relative);
    });
    text += numbers("int64_t", "tn_cuda_golden_dims", rows.golden_dims);
    text += numbers("unsigned char", "tn_cuda_golden_bytes",
                    {rows.golden_bytes.begin(), rows.golden_bytes.end()});
  }
  text += "static const char tn_cuda_strings[] =";
  for (size_t at = 0; at < rows.strings.size();) {
    const std::string piece = rows.strings.c_str() + at;
    text += "\n    " + quoted(piece) + " \"\\0\"";
    at += piece.size() + 1;
  }
  return text + ";\n";
}

// Images, and where each lies; their sizes are the assembler's, so that new ones fit.
std::string data_text(const BundleInterface& interface, const CudaTables& tables) {
  const std::string& name = interface.name;
  std::string text = fmt::format(
      "/* Files as bytes: in .rodata, under local labels. DATA is the tree's folder, IMAGES that "
      "of "
      "the images. */\n"
      "__asm__(\".pushsection .rodata\\n\"\n"
      "        \".balign 64\\n\"\n"
      "        \"{}_cuda_images:\\n\"\n",
      name);
  std::string places;
  for (size_t i = 0; i < tables.image_names.size(); ++i) {
    const bool is_ptx = tables.image_names[i].ends_with(".ptx");
    text += fmt::format(
        "        \".balign 64\\n{0}_image_{1}:\\n\"\n"
        "        \".incbin \\\"\" IMAGES \"/{2}\\\"\\n{3}{0}_image_{1}_end:\\n\"\n",
        name, i, tables.image_names[i], is_ptx ? ".byte 0\\n" : "");
    places += fmt::format(
        "        \".quad {0}_image_{1} - {0}_cuda_images, {0}_image_{1}_end - {0}_image_{1}\\n\"\n",
        name, i);
  }
  text += fmt::format("        \".balign 64\\n{}_cuda_image_places:\\n\"\n{}", name, places);
  text += fmt::format("        \".balign 64\\n{}_cuda_weights:\\n\"\n", name);
  if (interface.weights_embedded && interface.weights_bytes != 0)
    text += fmt::format("        \".incbin \\\"\" DATA \"/{}_weights.bin\\\", {}\\n\"\n", name,
                        sizeof(tnr_weights_header));
  else
    text += "        \".zero 64\\n\"\n";
  text += "        \".popsection\\n\");\n";
  for (const char* declared :
       {"const unsigned char tn_cuda_images", "const tnc_image tn_cuda_image_places",
        "const unsigned char tn_cuda_weights"}) {
    const std::string member = std::string(declared).substr(std::string(declared).rfind("tn_") + 3);
    text += fmt::format("extern __attribute__((visibility(\"hidden\"))) {}[] __asm__(\"{}_{}\");\n",
                        declared, name, member);
  }
  return text;
}

std::string info_text(const BundleInterface& interface, const CudaTables& tables) {
  std::string text, tensors, dims;
  for (size_t i = 0; i < interface.tensors.size(); ++i) {
    const InterfaceTensor& tensor = interface.tensors[i];
    std::string shape, least, most;
    for (const InterfaceExtent& extent : tensor.shape) {
      shape += (shape.empty() ? "" : ",") + extent.text;
      least += std::to_string(extent.least) + ", ";
      most += std::to_string(extent.most) + ", ";
    }
    if (tensor.shape.empty()) least = most = "0";
    text += fmt::format("static const int64_t least_{0}[] = {{{1}}}, most_{0}[] = {{{2}}};\n", i,
                        least, most);
    tensors += fmt::format("    {{{}, {}, {}, {}, {}, 0, 0, least_{}, most_{}}},\n",
                           quoted(tensor.name), quoted(shape), static_cast<int>(tensor.role),
                           onnx_number(tensor.dtype), tensor.shape.size(), i, i);
  }
  for (const InterfaceDim& dim : interface.dims) dims += quoted(dim.name) + ", ";
  if (dims.empty()) dims = "0";
  text += fmt::format("static const tn_tensor info_tensors[] = {{\n{}}};\n", tensors);
  text += fmt::format("static const char *const info_dims[] = {{{}}};\n", dims);
  text += fmt::format(
      "static const tn_info info = {{\n"
      "    sizeof(tn_info), 0x{:08x}u, {}, {}, {},\n    {}, {},\n"
      "    {}u, {}u, 0, {}, {}, info_tensors, info_dims}};\n"
      "const tn_info *{}_info(void) {{ return &info; }}\n",
      cuda_interface_abi(interface, tables), quoted(interface.model_file),
      quoted(interface.model_sha256), quoted("tenon " + interface.version),
      quoted(interface.options), quoted("source cuda"), interface.weights_bytes,
      cuda_arena_bytes_most(tables), interface.tensors.size(), interface.dims.size(),
      interface.name);
  return text;
}

std::string entry_points(const BundleInterface& interface) {
  std::string parameters, values;
  for (const InterfaceDim& dim : interface.dims) {
    parameters += fmt::format(", int64_t {}", dim.identifier);
    values += dim.identifier + ", ";
  }
  if (values.empty()) values = "0";
  const std::string selftest =
      interface.selftest
          ? fmt::format(
                R"(int {0}_selftest(const {0}_model *model, void *memory, size_t memory_bytes,
    struct CUstream_st *stream) {{
  return tn_cu_selftest((const tnc_opened *)model, memory, memory_bytes, stream);
}}
)",
                interface.name)
          : "";
  return fmt::format(
      R"(int {0}_open({0}_model *model, uint32_t abi, const void *weights, size_t weights_bytes,
    const tn_cuda *cuda) {{
  return tn_cu_open((tnc_opened *)model, abi, weights, weights_bytes, cuda);
}}
const char *{0}_open_text(const {0}_model *model) {{
  return tn_cu_open_text((const tnc_opened *)model);
}}
void {0}_close({0}_model *model) {{ tn_cu_close((tnc_opened *)model); }}
size_t {0}_arena_bytes(const {0}_model *model{1}) {{
  const int64_t dims[] = {{{2}}};
  return tn_cu_arena_bytes((const tnc_opened *)model, dims);
}}
int {0}_run(const {0}_model *model, const {0}_io *io, void *arena, size_t arena_bytes,
    struct CUstream_st *stream) {{
  return tn_cu_run((const tnc_opened *)model, io, arena, arena_bytes, stream);
}}
int {0}_graph_open({0}_graph *graph, const {0}_model *model, const {0}_io *io, void *arena,
    size_t arena_bytes) {{
  return tn_cu_graph_open((tnc_graph *)graph, (const tnc_opened *)model, io, arena, arena_bytes);
}}
int {0}_graph_run({0}_graph *graph, const {0}_io *io, struct CUstream_st *stream) {{
  return tn_cu_graph_run((tnc_graph *)graph, io, stream);
}}
void {0}_graph_close({0}_graph *graph) {{ tn_cu_graph_close((tnc_graph *)graph); }}
const char *{0}_status_text(int status) {{ return tn_cu_status_text(status); }}
{3})",
      interface.name, parameters, values, selftest);
}

std::string host_text(const BundleInterface& interface, const CudaTables& tables) {
  const std::string& name = interface.name;
  return fmt::format(
             "/* {0}_host.c: the host part of {0}, generated from {1} by tenon {2}. "
             "SPDX-License-Identifier: 0BSD\n"
             "   Tables of runtime/cuda/cuda_tables.h, the runtime, and the functions of {0}.h. "
             "*/\n"
             "#define TNC_ONE_UNIT\n#define TNC_FUNCTION static\n{4}"
             "#pragma GCC visibility push({3})\n#include \"{0}.h\"\n#pragma GCC visibility pop\n"
             "#include \"runtime/cuda/cuda_tables.h\"\n\n",
             name, comment_text(interface.model_file), interface.version,
             interface.default_visibility ? "default" : "hidden",
             interface.selftest ? "#define TNC_SELFTEST\n" : "") +
         tables_text(interface, tables) + "\n" + data_text(interface, tables) +
         "\n#include \"runtime/cuda/host.c\"\n\n" + entry_points(interface) + "\n" +
         info_text(interface, tables);
}

std::string cmake_text(const BundleInterface& interface, const CudaTables& tables,
                       const std::vector<CudaSourceKernel>& kernels) {
  std::string images;
  for (const std::string& image : tables.image_names) images += "  " + image + "\n";
  return fmt::format(
      R"(# {0}: a static library for CUDA, generated by tenon {1}; SPDX-License-Identifier: 0BSD.
# Needs a C compiler only; nvcc compiles the {2} kernels anew where it is asked to.
#
#   cmake -S . -B build && cmake --build build
#   cmake -S . -B build -DTENON_NVCC=ON && cmake --build build
cmake_minimum_required(VERSION 3.16)
project({0} LANGUAGES C)

option(TENON_NVCC "Compile the kernels with nvcc" OFF)
set(image_folder "${{CMAKE_CURRENT_SOURCE_DIR}}/images")
set(images
{3})

set(image_files)
if(TENON_NVCC)
  find_program(NVCC nvcc REQUIRED)
  set(image_folder "${{CMAKE_CURRENT_BINARY_DIR}}/images")
endif()
foreach(image IN LISTS images)
  if(TENON_NVCC)
    get_filename_component(architecture "${{image}}" DIRECTORY)
    get_filename_component(kernel "${{image}}" NAME_WE)
    if(image MATCHES "[.]ptx$")
      set(form -ptx)
    else()
      set(form -cubin)
    endif()
    file(MAKE_DIRECTORY "${{image_folder}}/${{architecture}}")
    add_custom_command(
      OUTPUT "${{image_folder}}/${{image}}"
      COMMAND "${{NVCC}}" ${{form}} -arch=${{architecture}} --fmad=false -std=c++17
        -include "${{CMAKE_CURRENT_SOURCE_DIR}}/kernels/tn_cuda.h"
        "${{CMAKE_CURRENT_SOURCE_DIR}}/kernels/${{kernel}}.cu" -o "${{image_folder}}/${{image}}"
      DEPENDS "kernels/${{kernel}}.cu"
      VERBATIM)
  endif()
  list(APPEND image_files "${{image_folder}}/${{image}}")
endforeach()

add_library({0} STATIC {0}_host.c)
set_source_files_properties({0}_host.c PROPERTIES OBJECT_DEPENDS "${{image_files}}")
set_target_properties({0} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON C_VISIBILITY_PRESET hidden
  POSITION_INDEPENDENT_CODE ON)
target_include_directories({0} PUBLIC "${{CMAKE_CURRENT_SOURCE_DIR}}")
target_compile_definitions({0} PRIVATE "IMAGES=\"${{image_folder}}\""
  "DATA=\"${{CMAKE_CURRENT_SOURCE_DIR}}\"")
target_link_libraries({0} PUBLIC ${{CMAKE_DL_LIBS}})
)",
      interface.name, interface.version, kernels.size(), images);
}

}  // namespace

std::vector<SourceFile> cuda_source_tree(const BundleInterface& interface, const CudaTables& tables,
                                         const std::vector<CudaSourceKernel>& kernels,
                                         const std::vector<SourceFile>& prelude) {
  std::vector<SourceFile> files = {
      {interface.name + ".h", write_cuda_header(interface, tables)},
      {interface.name + ".hpp", write_cuda_cpp_header(interface)},
      {interface.name + "_host.c", host_text(interface, tables)},
      {"CMakeLists.txt", cmake_text(interface, tables, kernels)},
  };
#define TENON_TREE_FILE(name, path)                                                      \
  files.push_back(                                                                       \
      {path, std::string(reinterpret_cast<const char*>(tenon_embedded_cuda_tree_##name), \
                         tenon_embedded_cuda_tree_##name##_bytes)});
  TENON_CUDA_TREE(TENON_TREE_FILE)
#undef TENON_TREE_FILE
  for (const CudaSourceKernel& kernel : kernels)
    files.push_back({"kernels/" + kernel.name + ".cu", kernel.text});
  for (const SourceFile& header : prelude) files.push_back({"kernels/" + header.name, header.text});
  TENON_CHECK(tables.image_names.size() == tables.image_places.size(), "images without names");
  for (size_t i = 0; i < tables.image_names.size(); ++i) {
    const tnc_image& place = tables.image_places[i];
    const bool is_ptx = tables.image_names[i].ends_with(".ptx");
    files.push_back({"images/" + tables.image_names[i],
                     std::string(reinterpret_cast<const char*>(tables.images.data()) + place.offset,
                                 place.bytes - (is_ptx ? 1 : 0))});
  }
  return files;
}

}  // namespace tenon::codegen
