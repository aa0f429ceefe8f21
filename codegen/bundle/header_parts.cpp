// header_parts.cpp: what the headers of all targets are put together from.
//
//   {{"  float *y;", "f32[8]"}, {"  int64_t n;", "1..8"}}  ->  lines, comments at one column
#include "codegen/bundle/header_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/identifiers.h"
#include "support/check.h"

namespace tenon::codegen {

std::string comment_text(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (!safe.empty() && ((safe.back() == '*' && c == '/') || (safe.back() == '/' && c == '*')))
      safe += ' ';
    safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' ? '?' : c;
  }
  return safe;
}

std::string align_comments(const std::vector<HeaderLine>& lines) {
  constexpr size_t kOrdinary = 48;
  size_t column = 0;
  for (const HeaderLine& line : lines)
    if (!line.comment.empty() && line.code.size() <= kOrdinary)
      column = std::max(column, line.code.size());
  std::string text;
  for (const HeaderLine& line : lines) {
    if (line.comment.empty())
      text += line.code + "\n";
    else
      text += fmt::format("{:<{}} /* {} */\n", line.code, column, line.comment);
  }
  return text;
}

std::string range_text(const InterfaceDim& dim) {
  return fmt::format("{}..{}", dim.least, dim.most);
}

std::string name_note(const std::string& name, const std::string& identifier) {
  return name == identifier ? "" : fmt::format(" \"{}\"", comment_text(name));
}

std::vector<HeaderLine> first_macros(const BundleInterface& interface, const std::string& abi) {
  const std::string upper = upper_case(interface.name);
  std::vector<HeaderLine> lines = {{fmt::format("#define {}_ABI {}", upper, abi),
                                    "header and library of different builds refuse each other"}};
  for (const InterfaceDim& dim : interface.dims)
    lines.push_back(
        {fmt::format("#define {}_{}_MAX {}", upper, upper_case(dim.identifier), dim.most), ""});
  return lines;
}

std::vector<HeaderLine> io_members(const BundleInterface& interface) {
  std::vector<HeaderLine> lines;
  for (const InterfaceDim& dim : interface.dims)
    lines.push_back({fmt::format("  int64_t {};", dim.identifier),
                     range_text(dim) + name_note(dim.name, dim.identifier)});
  for (const InterfaceTensor& tensor : interface.tensors)
    lines.push_back({fmt::format("  {}{} *{};", tensor.role == TensorRole::kInput ? "const " : "",
                                 c_type(tensor.dtype), tensor.identifier),
                     comment_text(type_text(tensor)) + name_note(tensor.name, tensor.identifier)});
  return lines;
}

std::string header_frame(const BundleInterface& interface, const std::string& body) {
  return fmt::format(
      "#ifndef {0}_H\n#define {0}_H\n#include <stddef.h>\n#include <stdint.h>\n"
      "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{1}"
      "\n#ifdef __cplusplus\n}}\n#endif\n#endif\n",
      upper_case(interface.name), body);
}

std::string shared_block(const std::string& file) {
  const std::string begin = "/* ---- begin of the shared block ---- */\n",
                    end = "/* ---- end of the shared block";
  const size_t from = file.find(begin), to = file.find(end);
  TENON_CHECK(from != std::string::npos && to != std::string::npos,
              "the shared block lost its marks");
  return file.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace tenon::codegen
