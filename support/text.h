// The lexer and the writer shared by the text forms of all levels. docs/text_format.md is the
// specification.
//
//   func @fc1(x: f32[128, 768])    ->    Word func, Punct @, Word fc1, Punct (, Word x, Punct :, ...
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.h"
#include "support/location.h"

namespace tenon {

enum class TokenKind : uint8_t { Word, Integer, Float, String, Punct, End };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;     // as written; strings unescaped
  int64_t integer = 0;  // Integer
  double number = 0;    // Integer and Float
  std::string suffix;   // the type written onto a literal: the "i64" of 3i64
  int line = 1, column = 1;
};

/// Splits `text` into tokens. Words are [A-Za-z_][A-Za-z0-9_.]*; numbers may carry a type as
/// suffix; `inf` and `nan`, also with a type after them as in inf_f64, are Floats; comments run
/// from # to the end of the line. A fault throws UserErrors with line, column and the source line
/// under a caret.
class Lexer {
 public:
  Lexer(std::string_view text, std::string file_name);

  const Token& peek(int ahead = 0) const;
  Token next();
  bool at_end() const { return peek().kind == TokenKind::End; }

  /// True, and consumed, when the next token is this punctuation or word.
  bool accept(std::string_view text);
  bool next_is(std::string_view text, int ahead = 0) const;
  /// Consumes this punctuation or word, or reports what was found instead.
  void expect(std::string_view text);
  std::string expect_word(std::string_view what);
  int64_t expect_integer(std::string_view what);  // an optional minus sign is taken
  std::string expect_string(std::string_view what);
  /// ` loc("a", "b")` when it is there.
  Location accept_location();

  /// Line `line` of the text, from 1, without the spaces around it.
  std::string source_line(int line) const;

  /// Reports a fault at the next token (or at `token`).
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void fail_at(const Token& token, const std::string& message) const;

 private:
  std::string_view whole_line(int line) const;

  std::string_view text_;
  std::string file_name_;
  std::vector<size_t> line_starts_ = {0};
  std::vector<Token> tokens_;
  size_t position_ = 0;
};

/// Collects lines with indentation.
class TextWriter {
 public:
  /// Writes one line at the current depth.
  void line(std::string_view text);
  void blank();
  void indent() { ++depth_; }
  void dedent() { --depth_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  int depth_ = 0;
};

/// "a\"b" with quotes, \, ", newline and other control characters escaped.
std::string quoted(std::string_view text);
/// Elements joined by a separator.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// "[1, 2, 3]"; more than 8 parts stand in lines of 8, indented by `indent` spaces.
std::string bracketed_lines(const std::vector<std::string>& parts, int indent);
/// A Word made of any string: other characters become _, runs collapse; never empty, never starts
/// with a digit, and what the texts would read as a literal gets v_ before it: true -> v_true.
std::string to_word(std::string_view text);
/// The text with each word of it (letters, digits, _ and .) replaced by what `name_of` gives.
std::string replace_words(std::string_view text,
                          const std::function<std::string(const std::string&)>& name_of);

}  // namespace tenon
