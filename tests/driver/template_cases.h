// The cases of template_cases.txt, and the graphs with seeded weights that they stand for.
//
//   case gemm_remainders            ->   {"gemm_remainders", "model ...", sizes {{"rows", 7}},
//   at rows=7                             cpu {{"gemm", "split acc.m by * clamped -> mo, mi"}}, gpu {}}
//   cpu gemm: split acc.m by * clamped -> mo, mi
//   graph ... end
#pragma once

#include <gtest/gtest.h>

#include <fstream>

#include "driver/random.h"
#include "frontend/import.h"
#include "ir/high/text.h"
#include "tests/ir/high/operator_cases.h"

namespace tenon::driver {

/// A line that stands in the schedule of a function; `*` is any text.
struct ScheduleLine {
  std::string function, pattern;
};

struct TemplateCase {
  std::string name, graph;
  std::vector<loop::SymbolValues> sizes;  // one without values where the graph has no symbols
  std::vector<ScheduleLine> cpu, gpu;
};

inline std::vector<TemplateCase> read_template_cases() {
  const char* root = std::getenv("TENON_SOURCE_DIR");
  std::ifstream file(std::string(root ? root : ".") + "/tests/driver/template_cases.txt");
  std::vector<TemplateCase> cases;
  bool in_graph = false;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> words = high::words_of(line);
    if (in_graph && line != "end") {
      cases.back().graph += line + "\n";
    } else if (in_graph) {
      in_graph = false;
      if (cases.back().sizes.empty()) cases.back().sizes.emplace_back();
    } else if (words.empty() || words[0] == "#") {
      continue;
    } else if (words[0] == "case") {
      cases.push_back({words.at(1), "", {}, {}, {}});
    } else if (words[0] == "at") {
      loop::SymbolValues& sizes = cases.back().sizes.emplace_back();
      for (size_t i = 1; i < words.size(); ++i) {
        size_t equals = words[i].find('=');
        sizes[words[i].substr(0, equals)] = std::stoll(words[i].substr(equals + 1));
      }
    } else if (words[0] == "cpu" || words[0] == "gpu") {
      size_t colon = line.find(": ");
      (words[0] == "cpu" ? cases.back().cpu : cases.back().gpu)
          .push_back({line.substr(4, colon - 4), line.substr(colon + 2)});
    } else if (words[0] == "graph") {
      in_graph = true;
    } else {
      ADD_FAILURE() << "template_cases.txt: " << line;
    }
  }
  return cases;
}

/// True when the text is the pattern, whose `*` stand for any text.
inline bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] != '*')
    return !text.empty() && text[0] == pattern[0] && matches(pattern.substr(1), text.substr(1));
  for (size_t skipped = 0; skipped <= text.size(); ++skipped)
    if (matches(pattern.substr(1), text.substr(skipped))) return true;
  return false;
}

/// Fails for each line that does not stand in its function's schedule, and where there is none.
inline void expect_schedules(const std::string& name, const loop::Module& module,
                             const std::vector<ScheduleLine>& lines) {
  EXPECT_FALSE(lines.empty()) << name << " says nothing of its schedules";
  for (const ScheduleLine& line : lines) {
    const loop::Function* function = module.find_function(line.function);
    if (!function) {
      ADD_FAILURE() << name << ": no function " << line.function;
      continue;
    }
    const std::vector<std::string>& schedule = function->schedule;
    EXPECT_TRUE(std::any_of(schedule.begin(), schedule.end(),
                            [&](const std::string& l) { return matches(line.pattern, l); }))
        << name << ": no line `" << line.pattern << "` in the schedule of " << line.function
        << ":\n  " << join(schedule, "\n  ");
  }
}

/// The initializers of a graph that was read from text: floats of both signs.
class SeededWeights : public frontend::ModelFile {
 public:
  explicit SeededWeights(const high::Graph& graph) {
    for (const high::ConstantInfo& constant : graph.constants) {
      if (constant.initializer.empty()) continue;
      const high::TensorType& type = graph.value(constant.value).type;
      std::vector<uint8_t>& bytes = bytes_[constant.initializer];
      int64_t count = high::element_count(type.shape).value();
      bytes.resize(static_cast<size_t>(bytes_of(type.type, count)));
      uint64_t state = bytes_.size();
      for (int64_t i = 0; i < count; ++i) {
        Scalar value;
        value.f = static_cast<double>(next_random(state) >> 40) * 0x1p-24 - 0.5;
        store_element(type.type, bytes.data(), i, value);
      }
    }
  }
  std::span<const uint8_t> initializer(const std::string& name) const override {
    return bytes_.at(name);
  }
  std::vector<std::string> external_files() const override { return {}; }

 private:
  std::map<std::string, std::vector<uint8_t>> bytes_;
};

inline frontend::Imported import_case(const TemplateCase& c) {
  frontend::Imported imported;
  imported.graph = high::parse_graph(c.graph, c.name);
  imported.file = std::make_shared<SeededWeights>(imported.graph);
  return imported;
}

}  // namespace tenon::driver
