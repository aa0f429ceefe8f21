// Collecting, bracing and folding lines.
#include "codegen/source/writer.h"

namespace tenon::codegen::source {
namespace {

constexpr size_t kColumns = 100;

// Where a line may be folded: behind a comma or before an operator between spaces, where the fewest
// parentheses are open, as far right as fits. 0: nowhere.
size_t fold_place(std::string_view text, size_t first, size_t width) {
  size_t best = 0;
  int best_depth = 1000, depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size() && i < width; ++i) {
    char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) in_string = !in_string;
    if (in_string) continue;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c != ' ' || i < first) continue;
    bool behind_comma = text[i - 1] == ',' || text[i - 1] == ';';
    bool before_operator =
        i + 2 < text.size() && text.substr(i + 1).find(' ') <= 2 &&
        std::string_view("+-*/%&|^?:<>=!").find(text[i + 1]) != std::string_view::npos;
    bool assigns = before_operator && text[i + 1] == '=' && text[i + 2] == ' ';
    if ((!behind_comma && !before_operator) || assigns) continue;
    if (depth <= best_depth) {
      best = i;
      best_depth = depth;
    }
  }
  return best;
}

}  // namespace

void SourceWriter::line(std::string text) { lines_.push_back({depth_, std::move(text)}); }

void SourceWriter::blank() { lines_.push_back({0, ""}); }

void SourceWriter::open(std::string head) {
  open_.push_back({lines_.size(), false});
  line(std::move(head));
  ++depth_;
}

void SourceWriter::open_function(std::string head) {
  open(std::move(head));
  open_.back().is_braced = true;
}

// A body of one plain line needs none, unless that line is folded or a pragma.
bool SourceWriter::needs_braces(size_t head) const {
  if (lines_[head].text.empty() || lines_.size() != head + 2) return true;
  const Line& only = lines_[head + 1];
  return only.text[0] == '#' || only.text.starts_with("const ") || !only.text.ends_with(";") ||
         only.text.starts_with("TN_UNROLL") ||
         static_cast<size_t>(only.depth) * 2 + only.text.size() > kColumns;
}

void SourceWriter::reopen(std::string head) {
  Body& body = open_.back();
  --depth_;
  std::string& before = lines_[body.head].text;
  before += before.empty() ? "{" : " {";
  body = {lines_.size(), true};
  line("} " + head);
  ++depth_;
}

void SourceWriter::close() {
  Body body = open_.back();
  open_.pop_back();
  --depth_;
  if (!body.is_braced && !needs_braces(body.head)) return;
  std::string& head = lines_[body.head].text;
  head += head.empty() ? "{" : " {";
  line("}");
}

std::string SourceWriter::take() {
  std::string result;
  for (const Line& line : lines_) {
    std::string indent(static_cast<size_t>(line.depth) * 2, ' ');
    std::string_view rest = line.text;
    size_t start = indent.size();
    while (start + rest.size() > kColumns && rest[0] != '#' && !rest.starts_with("//")) {
      size_t place = fold_place(rest, 8, kColumns - start + 1);
      if (place == 0) break;
      result += indent + std::string(rest.substr(0, place)) + "\n";
      rest = rest.substr(place + 1);
      indent = std::string(static_cast<size_t>(line.depth) * 2 + 4, ' ');
      start = indent.size();
    }
    result += rest.empty() ? "\n" : indent + std::string(rest) + "\n";
  }
  lines_.clear();
  return result;
}

std::string comment(std::string_view text, std::string_view hanging) {
  std::string result;
  bool is_first = true;
  while (!text.empty() || is_first) {
    std::string start = "// " + std::string(is_first ? "" : hanging);
    size_t room = kColumns - start.size();
    size_t place = text.size() <= room ? text.size() : text.rfind(' ', room);
    if (place == std::string_view::npos || place == 0) {
      place = text.find(' ');
      if (place == std::string_view::npos) place = text.size();
    }
    result += start + std::string(text.substr(0, place)) + "\n";
    text = place < text.size() ? text.substr(place + 1) : "";
    is_first = false;
  }
  return result;
}

}  // namespace tenon::codegen::source
