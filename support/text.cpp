// Lexer and writer of the text forms.
#include "support/text.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace tenon {
namespace {

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_word_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_infinity(std::string_view word) { return word == "inf" || word.starts_with("inf_"); }
bool is_nan(std::string_view word) { return word == "nan" || word.starts_with("nan_"); }
bool is_literal(std::string_view word) {
  return word == "true" || word == "false" || is_infinity(word) || is_nan(word);
}

constexpr std::string_view kLongPuncts[] = {
    "->", "==", "!=", "<=", ">=", "<<", ">>", "//", "..", "+="};

}  // namespace

Lexer::Lexer(std::string_view text, std::string file_name)
    : text_(text), file_name_(std::move(file_name)) {
  size_t i = 0, line_start = 0;
  int line = 1;
  while (true) {
    while (i < text.size() &&
           (std::isspace(static_cast<unsigned char>(text[i])) || text[i] == '#')) {
      if (text[i] == '#') {
        while (i < text.size() && text[i] != '\n') ++i;
        continue;
      }
      if (text[i] == '\n') {
        ++line;
        line_start = i + 1;
        line_starts_.push_back(line_start);
      }
      ++i;
    }
    Token token;
    token.line = line;
    token.column = static_cast<int>(i - line_start) + 1;
    if (i >= text.size()) {
      tokens_.push_back(token);
      return;
    }
    size_t start = i;
    if (is_word_start(text[i])) {
      while (i < text.size() && is_word_part(text[i])) {
        if (text[i] == '.' && i + 1 < text.size() && text[i + 1] == '.') break;
        ++i;
      }
      token.kind = TokenKind::Word;
      token.text = text.substr(start, i - start);
      std::string_view word = token.text;
      if (is_infinity(word) || is_nan(word)) {
        token.kind = TokenKind::Float;
        token.number = is_infinity(word) ? std::numeric_limits<double>::infinity()
                                         : std::numeric_limits<double>::quiet_NaN();
        if (word.size() > 4) token.suffix = word.substr(4);
      }
    } else if (is_digit(text[i])) {
      bool is_float = false;
      while (i < text.size() && is_digit(text[i])) ++i;
      if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
        is_float = true;
        ++i;
        while (i < text.size() && is_digit(text[i])) ++i;
      }
      if (i < text.size() && text[i] == 'e') {
        size_t j = i + 1;
        if (j < text.size() && (text[j] == '+' || text[j] == '-')) ++j;
        if (j < text.size() && is_digit(text[j])) {
          is_float = true;
          i = j;
          while (i < text.size() && is_digit(text[i])) ++i;
        }
      }
      token.text = text.substr(start, i - start);
      token.kind = is_float ? TokenKind::Float : TokenKind::Integer;
      std::from_chars(token.text.data(), token.text.data() + token.text.size(), token.number);
      if (!is_float) {
        // Read as unsigned, so that -9223372036854775808 and u64 literals survive.
        uint64_t magnitude = 0;
        auto result =
            std::from_chars(token.text.data(), token.text.data() + token.text.size(), magnitude);
        token.integer = static_cast<int64_t>(magnitude);
        if (result.ec != std::errc())
          fail_at(token, "the integer " + token.text + " is out of range");
      }
      size_t suffix_start = i;
      while (i < text.size() && (is_word_part(text[i]) && text[i] != '.')) ++i;
      token.suffix = text.substr(suffix_start, i - suffix_start);
    } else if (text[i] == '"') {
      token.kind = TokenKind::String;
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) {
          token.text += text[i];
          continue;
        }
        char escape = text[++i];
        if (escape == 'n') {
          token.text += '\n';
        } else if (escape == 'x' && i + 2 < text.size()) {
          int value = 0;
          std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
          token.text += static_cast<char>(value);
          i += 2;
        } else {
          token.text += escape;
        }
      }
      if (i >= text.size() || text[i] != '"')
        fail_at(token, "this string does not end on its line");
      ++i;
    } else {
      token.kind = TokenKind::Punct;
      token.text = text.substr(i, 1);
      for (std::string_view punct : kLongPuncts)
        if (text.substr(i, punct.size()) == punct) token.text = punct;
      i += token.text.size();
    }
    tokens_.push_back(std::move(token));
  }
}

const Token& Lexer::peek(int ahead) const {
  size_t at = position_ + static_cast<size_t>(ahead);
  return at < tokens_.size() ? tokens_[at] : tokens_.back();
}

Token Lexer::next() {
  Token token = peek();
  if (position_ + 1 < tokens_.size()) ++position_;
  return token;
}

bool Lexer::next_is(std::string_view text, int ahead) const {
  const Token& token = peek(ahead);
  return (token.kind == TokenKind::Punct || token.kind == TokenKind::Word) && token.text == text;
}

bool Lexer::accept(std::string_view text) {
  if (!next_is(text)) return false;
  next();
  return true;
}

void Lexer::expect(std::string_view text) {
  if (!accept(text)) fail("expected '" + std::string(text) + "'");
}

std::string Lexer::expect_word(std::string_view what) {
  if (peek().kind != TokenKind::Word) fail("expected " + std::string(what));
  return next().text;
}

int64_t Lexer::expect_integer(std::string_view what) {
  bool negative = accept("-");
  if (peek().kind != TokenKind::Integer) fail("expected " + std::string(what));
  int64_t value = next().integer;
  return negative ? static_cast<int64_t>(0 - static_cast<uint64_t>(value)) : value;
}

std::string Lexer::expect_string(std::string_view what) {
  if (peek().kind != TokenKind::String) fail("expected " + std::string(what) + " in quotes");
  return next().text;
}

Location Lexer::accept_location() {
  Location location;
  if (!next_is("loc") || !next_is("(", 1)) return location;
  next();
  next();
  do {
    location.push_back(expect_string("the name of an ONNX node"));
  } while (accept(","));
  expect(")");
  return location;
}

void Lexer::fail(const std::string& message) const { fail_at(peek(), message); }

std::string_view Lexer::whole_line(int line) const {
  size_t start = line_starts_[static_cast<size_t>(line - 1)];
  return text_.substr(start, text_.find('\n', start) - start);
}

std::string Lexer::source_line(int line) const {
  std::string_view source = whole_line(line);
  size_t first = source.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(source.substr(first, source.find_last_not_of(" \t\r") - first + 1));
}

void Lexer::fail_at(const Token& token, const std::string& message) const {
  std::string source(whole_line(token.line));
  std::string found = token.kind == TokenKind::End ? "the end of the text" : "'" + token.text + "'";
  Diagnostic diagnostic{Severity::Error,
                        {file_name_, "", token.line, token.column},
                        message + ", found " + found,
                        {},
                        {}};
  diagnostic.note(source).note(std::string(static_cast<size_t>(token.column - 1), ' ') + "^");
  throw UserErrors({std::move(diagnostic)});
}

void TextWriter::line(std::string_view text) {
  text_.append(static_cast<size_t>(depth_) * 2, ' ').append(text).push_back('\n');
}

void TextWriter::blank() { text_.push_back('\n'); }

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 32 || byte == 127) {
      result += "\\x";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (!result.empty() || &part != &parts.front()) result += separator;
    result += part;
  }
  return result;
}

std::string bracketed_lines(const std::vector<std::string>& parts, int indent) {
  constexpr size_t kPartsOnALine = 8;
  if (parts.size() <= kPartsOnALine) return "[" + join(parts, ", ") + "]";
  std::string result = "[";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) result += i % kPartsOnALine == 0 ? "," : ", ";
    if (i % kPartsOnALine == 0) result += "\n" + std::string(static_cast<size_t>(indent), ' ');
    result += parts[i];
  }
  return result + "]";
}

std::string replace_words(std::string_view text,
                          const std::function<std::string(const std::string&)>& name_of) {
  std::string result, word;
  auto take_word = [&] {
    if (!word.empty()) result += name_of(word);
    word.clear();
  };
  for (char c : text) {
    bool in_word = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
    if (!in_word) take_word();
    (in_word ? word : result) += c;
  }
  take_word();
  return result;
}

std::string to_word(std::string_view text) {
  std::string word;
  for (char c : text) {
    bool keep = std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128;
    if (keep)
      word += c;
    else if (!word.empty() && word.back() != '_')
      word += '_';
  }
  while (!word.empty() && word.back() == '_') word.pop_back();
  if (word.empty()) word = "v";
  if (is_digit(word[0])) word = "_" + word;
  return is_literal(word) ? "v_" + word : word;
}

Location merge(const Location& a, const Location& b) {
  Location result = a;
  for (const std::string& name : b) {
    bool known = false;
    for (const std::string& have : result) known = known || have == name;
    if (!known) result.push_back(name);
  }
  return result;
}

std::string location_suffix(const Location& location) {
  if (location.empty()) return "";
  std::vector<std::string> names;
  for (const std::string& name : location) names.push_back(quoted(name));
  return " loc(" + join(names, ", ") + ")";
}

}  // namespace tenon
