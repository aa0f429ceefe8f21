// Lines of C-family text: indented, braces only where a body has more than one line, and folded at
// 100 columns.
//
//   open("for (...)"); line("y[i] = x[i];"); close()   ->   for (...)
//                                                              y[i] = x[i];
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::codegen::source {

class SourceWriter {
 public:
  explicit SourceWriter(int depth = 0) : depth_(depth) {}

  /// One line at the current depth; a long one is folded behind a comma or before an operator.
  void line(std::string text);
  /// Before the line that follows, at its depth: a pragma or a label. A body that begins with it
  /// has braces.
  void blank();
  /// A statement with a body: `for (...)`, `if (...)`; "" for a block of its own.
  void open(std::string head);
  /// The same with braces whatever is inside: a function.
  void open_function(std::string head);
  /// Ends the body, and begins another one of the same statement: `else`.
  void reopen(std::string head);
  void close();
  bool is_empty() const { return lines_.empty(); }

  std::string take();

 private:
  struct Line {
    int depth;
    std::string text;
  };
  struct Body {
    size_t head;     // of the line that opens it
    bool is_braced;  // whatever is inside
  };
  bool needs_braces(size_t first) const;

  int depth_;
  std::vector<Line> lines_;
  std::vector<Body> open_;
};

/// The text of a comment, folded at the column, each line behind `// `.
std::string comment(std::string_view text, std::string_view hanging = "  ");

}  // namespace tenon::codegen::source
