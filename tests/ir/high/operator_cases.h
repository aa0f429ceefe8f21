// The cases of tests/ir/high/*_cases.txt, for the tests that run them.
//
//   case neg
//   graph
//   model neg { input %x : f32[2] "x"   %y = neg %x : f32[2]   output %y "y" }
//   end
//   input 2.75 -inf
//   output -2.75 inf         ->   {"neg", "model neg ...", {}, {{"2.75", "-inf"}}, {{"-2.75",
//   "inf"}}}
//
// `symbols batch=2 seq=3` before the inputs gives dimensions their values.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ir/expr/element.h"
#include "ir/loop/interpreter.h"

namespace tenon::high {

/// One graph with its inputs and expected outputs, as the words of the file.
struct Case {
  std::string name, graph;
  loop::SymbolValues symbols;
  std::vector<std::vector<std::string>> inputs, outputs;
};

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

inline void read_cases(const std::filesystem::path& path, std::vector<Case>& cases) {
  std::ifstream file(path);
  bool in_graph = false;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> words = words_of(line);
    if (in_graph) {
      in_graph = line != "end";
      if (in_graph) cases.back().graph += line + "\n";
    } else if (words.empty() || words[0] == "#") {
      continue;
    } else if (words[0] == "case") {
      cases.push_back({words[1], "", {}, {}, {}});
    } else if (words[0] == "graph") {
      in_graph = true;
    } else if (words[0] == "symbols") {
      for (size_t i = 1; i < words.size(); ++i) {
        size_t equals = words[i].find('=');
        cases.back().symbols[words[i].substr(0, equals)] = std::stoll(words[i].substr(equals + 1));
      }
    } else {
      (words[0] == "input" ? cases.back().inputs : cases.back().outputs)
          .emplace_back(words.begin() + 1, words.end());
    }
  }
}

/// All cases of tests/ir/high.
inline std::vector<Case> read_cases() {
  const char* root = std::getenv("TENON_SOURCE_DIR");
  std::set<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(root ? root : ".") + "/tests/ir/high"))
    if (entry.path().filename().string().ends_with("_cases.txt")) paths.insert(entry.path());
  std::vector<Case> cases;
  for (const std::filesystem::path& path : paths) read_cases(path, cases);
  return cases;
}

/// Elements of the type as they lie in memory.
inline std::vector<uint8_t> bytes_of_words(DType type, const std::vector<std::string>& words) {
  std::vector<uint8_t> bytes(
      static_cast<size_t>(bytes_of(type, static_cast<int64_t>(words.size()))));
  for (size_t i = 0; i < words.size(); ++i) {
    Scalar value;
    if (is_float(type))
      value.f = std::strtod(words[i].c_str(), nullptr);
    else if (type == DType::Bool)
      value.i = words[i] == "true";
    else
      value.i = std::stoll(words[i]);
    store_element(type, bytes.data(), static_cast<int64_t>(i), value);
  }
  return bytes;
}

}  // namespace tenon::high
