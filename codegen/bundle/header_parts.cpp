// header_parts.cpp: what the headers of all targets are put together from.
//
//   {{"  float *y;", "f32[8]"}, {"  int64_t n;", "1..8"}}  ->  lines, comments at one column
#include "codegen/bundle/header_parts.h"

#include <algorithm>

#include <fmt/format.h>

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

std::string shared_block(const std::string& file) {
  const std::string begin = "/* ---- begin of the shared block ---- */\n",
                    end = "/* ---- end of the shared block";
  const size_t from = file.find(begin), to = file.find(end);
  TENON_CHECK(from != std::string::npos && to != std::string::npos,
              "the shared block lost its marks");
  return file.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace tenon::codegen
