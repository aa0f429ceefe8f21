// The text of `tenon targets`.
//
//   the table's rows  ->  a line each: name, vector width, description, needs; columns aligned
#include <algorithm>

#include "target/target.h"
#include "target/x86.h"

namespace tenon::target {

namespace {

// What a row needs, beginning with the highest other x86-64 level that it contains.
std::string needs(const Target& target) {
  if (target.architecture == Architecture::aarch64) {
    return target.features.empty() ? "AArch64" : "AArch64 " + to_string(target.features);
  }
  if (target.architecture == Architecture::armv7) return to_string(target.features);
  const Target* level = nullptr;
  for (int vector_bits : {128, 256, 512}) {
    const Target* candidate = x86_level(x86_level_features(vector_bits));
    if (candidate->name != target.name && target.features.has_all(candidate->features))
      level = candidate;
  }
  if (level == nullptr) return to_string(target.features);
  const FeatureSet more = target.features - level->features;
  return level->name + (more.empty() ? "" : " " + to_string(more));
}

}  // namespace

std::string target_table_text() {
  std::vector<std::vector<std::string>> lines = {{"target", "vector", "description", "needs"}};
  for (const Target& target : all_targets()) {
    lines.push_back({target.name, std::to_string(target.vector_bits) + " bits", target.description,
                     needs(target)});
  }
  lines.push_back({"native", "", "this machine's processor", "what it reports"});

  std::vector<size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines) {
    for (size_t column = 0; column < line.size(); ++column)
      widths[column] = std::max(widths[column], line[column].size());
  }
  std::string text;
  for (const auto& line : lines) {
    for (size_t column = 0; column < line.size(); ++column) {
      text += line[column];
      const bool last = column + 1 == line.size();
      text += last ? "\n" : std::string(widths[column] - line[column].size() + 2, ' ');
    }
  }
  return text;
}

}  // namespace tenon::target
