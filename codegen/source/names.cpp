// Shortening names and keeping them apart.
#include "codegen/source/names.h"

#include "codegen/bundle/identifiers.h"
#include "support/check.h"
#include "support/text.h"

namespace tenon::codegen::source {
namespace {

// Longer first words are names of tensors in the model, which the parts behind them do not need.
constexpr size_t kShortWord = 12;

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts(1);
  for (char c : name)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

std::string joined(const std::vector<std::string>& parts, size_t first) {
  std::vector<std::string> rest(parts.begin() + static_cast<int64_t>(first), parts.end());
  return c_identifier(join(rest, "_"), "v");
}

}  // namespace

void Names::leave() {
  for (const std::string& identifier : scopes_.back().taken) taken_.erase(identifier);
  auto& hidden = scopes_.back().hidden;
  for (auto entry = hidden.rbegin(); entry != hidden.rend(); ++entry)
    if (entry->second.empty())
      names_.erase(entry->first);
    else
      names_[entry->first] = entry->second;
  scopes_.pop_back();
}

std::string Names::take(const std::vector<std::string>& wanted) {
  std::string chosen;
  for (const std::string& candidate : wanted)
    if (!taken_.count(candidate)) {
      chosen = candidate;
      break;
    }
  for (int number = 2; chosen.empty(); ++number) {
    std::string numbered = wanted.back() + std::to_string(number);
    if (!taken_.count(numbered)) chosen = numbered;
  }
  taken_.insert(chosen);
  scopes_.back().taken.push_back(chosen);
  return chosen;
}

const std::string& Names::declare(const std::string& name, const std::vector<std::string>& wanted) {
  auto known = names_.find(name);
  scopes_.back().hidden.emplace_back(name, known == names_.end() ? "" : known->second);
  return names_[name] = take(wanted);
}

std::string Names::temporary(const std::string& wanted) { return take({wanted}); }

const std::string& Names::of(const std::string& name) const {
  auto found = names_.find(name);
  TENON_CHECK(found != names_.end(), name + " is not in scope");
  used_.insert(name);
  return found->second;
}

std::vector<std::string> loop_names(const std::string& variable) {
  std::vector<std::string> parts = parts_of(variable), all;
  auto is_copy = [](const std::string& part) {
    return part == "head" || part == "tail" || part == "init" || part == "body";
  };
  while (parts.size() > 1 && is_copy(parts.back())) parts.pop_back();
  // The axis: one or two words, the stage's name before it.
  bool splits = parts.size() > 1 && (parts.back() == "o" || parts.back() == "i" ||
                                     parts.back() == "v" || parts.back() == "lane");
  size_t wanted = splits ? 2 : 1;
  if (parts.size() > wanted) all.push_back(joined(parts, parts.size() - wanted));
  for (size_t first = 0; first < parts.size(); ++first)
    if (first + 1 == parts.size() || parts[first].size() <= kShortWord) {
      all.push_back(joined(parts, first));
      break;
    }
  return all;
}

std::vector<std::string> buffer_names(const std::string& buffer) {
  std::vector<std::string> parts = parts_of(buffer), all;
  if (parts.size() > 1 && parts[0].size() > kShortWord) all.push_back(joined(parts, 1));
  all.push_back(joined(parts, 0));
  return all;
}

}  // namespace tenon::codegen::source
