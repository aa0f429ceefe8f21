// User errors: collecting and printing.
#include "support/diagnostics.h"

#include <algorithm>
#include <numeric>

namespace tenon {
namespace {

std::string join(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += to_string(diagnostic);
  return text;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::help(std::string text) {
  help_text = std::move(text);
  return *this;
}

UserErrors::UserErrors(std::vector<Diagnostic> diagnostics)
    : diagnostics_(std::move(diagnostics)), text_(join(diagnostics_)) {}

void user_error(Place place, std::string message, std::string help) {
  Diagnostic diagnostic{Severity::Error, std::move(place), std::move(message), {}, std::move(help)};
  throw UserErrors({std::move(diagnostic)});
}

Diagnostic& Diagnostics::error(Place place, std::string message) {
  list_.push_back({Severity::Error, std::move(place), std::move(message), {}, {}});
  return list_.back();
}

Diagnostic& Diagnostics::warning(Place place, std::string message) {
  list_.push_back({Severity::Warning, std::move(place), std::move(message), {}, {}});
  return list_.back();
}

int Diagnostics::error_count() const {
  return static_cast<int>(std::count_if(list_.begin(), list_.end(), [](const Diagnostic& d) {
    return d.severity == Severity::Error;
  }));
}

void Diagnostics::checkpoint() {
  if (error_count() > 0) throw UserErrors(list_);
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.severity == Severity::Error ? "tenon: error: " : "tenon: warning: ";
  const Place& place = diagnostic.place;
  if (!place.file.empty()) text += place.file;
  if (place.line > 0) text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  if (!place.file.empty() || place.line > 0) text += ": ";
  if (!place.what.empty()) text += place.what + ": ";
  text += diagnostic.message + "\n";
  for (const std::string& note : diagnostic.notes) text += "  " + note + "\n";
  if (!diagnostic.help_text.empty()) text += "  help: " + diagnostic.help_text + "\n";
  return text;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  constexpr size_t kLongestToCompare =
      300;  // nobody mistypes a longer one, and it takes its square
  std::string best;
  if (name.size() > kLongestToCompare) return best;
  size_t best_distance = std::max<size_t>(name.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestToCompare) continue;
    size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

}  // namespace tenon
