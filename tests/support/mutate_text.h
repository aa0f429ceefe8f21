// Broken texts for the parsers: a sound text with a few edits, the same for the same seed.
//
//   mutate("for i in 4 {", 7)   ->   "for i in for 4 {"
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tenon::test {

inline std::string mutate(const std::string& text, uint32_t seed) {
  std::mt19937 random(seed);
  auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
  };
  // Words and single other characters, so that an edit often leaves a text that still means
  // something.
  std::vector<std::string> parts;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (is_word(text[i]))
      while (end < text.size() && is_word(text[end])) ++end;
    parts.push_back(text.substr(i, end - i));
    i = end;
  }
  static const std::vector<std::string> kForeign = {"9223372036854775807",
                                                    "18446744073709551616",
                                                    "-1",
                                                    "0",
                                                    "1e400",
                                                    "nan",
                                                    "bool",
                                                    "string",
                                                    "f8e4m3fn",
                                                    "bits_f32(",
                                                    "else",
                                                    "(",
                                                    ")",
                                                    "[",
                                                    "]",
                                                    "{",
                                                    "}",
                                                    "<",
                                                    "%",
                                                    "/",
                                                    "//",
                                                    "@",
                                                    "\"",
                                                    "\\",
                                                    "#",
                                                    "\x01",
                                                    "\xff",
                                                    "in",
                                                    ":",
                                                    ",",
                                                    "select("};
  for (size_t edits = 1 + below(3); edits > 0 && !parts.empty(); --edits) {
    size_t at = below(parts.size()), other = below(parts.size());
    switch (below(5)) {
      case 0: parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: parts[at] = parts[other]; break;
      case 2: std::swap(parts[at], parts[other]); break;
      case 3: parts[at] = kForeign[below(kForeign.size())]; break;
      case 4:
        parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at),
                     kForeign[below(kForeign.size())]);
        break;
    }
  }
  std::string result;
  for (const std::string& part : parts) result += part;
  return result;
}

}  // namespace tenon::test
