// Look-up of targets by name, and targets put together by hand.
//
//   find_target("znver44")                               ->  failure that names znver4 and znver5
//   custom_target("", "skylake-avx512", "+avx512vnni")   ->  skylake-avx512 with one feature more
#include <algorithm>

#include "support/diagnostics.h"
#include "target/target.h"
#include "target/x86.h"

namespace tenon::target {

namespace {

// What people call a target that the table calls otherwise: an offer for error messages, not a
// second name.
struct OtherName {
  const char* name;
  const char* target;
};
constexpr OtherName kOtherNames[] = {
    {"x86-64", "x86-64-v2"},
    {"x86_64", "x86-64-v2"},
    {"x86-64-v1", "x86-64-v2"},
    {"sse4.2", "x86-64-v2"},
    {"avx", "x86-64-v2"},
    {"avx2", "x86-64-v3"},
    {"fma", "x86-64-v3"},
    {"avx512", "x86-64-v4"},
    {"avx512f", "x86-64-v4"},
    {"broadwell", "haswell"},
    {"skx", "skylake-avx512"},
    {"cooperlake", "cascadelake"},
    {"icelake-client", "icelake-server"},
    {"tigerlake", "icelake-server"},
    {"rocketlake", "icelake-server"},
    {"raptorlake", "alderlake"},
    {"emeraldrapids", "sapphirerapids"},
    {"graniterapids", "sapphirerapids"},
    {"znver1", "x86-64-v3"},
    {"zen2", "znver2"},
    {"zen3", "znver3"},
    {"zen4", "znver4"},
    {"zen5", "znver5"},
    {"host", "native"},
};

// Names of processors and platforms that have a place in the design and no row yet begin with one
// of these.
constexpr const char* kLaterNames[] = {"cortex-", "neoverse-", "apple-", "armv",
                                       "aarch64", "arm64",     "cuda",   "sm_"};

bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Target& target : all_targets()) names.push_back(target.name);
  names.push_back("native");
  return names;
}

const Target* row_named(const std::string& name) {
  for (const Target& target : all_targets()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

Failure unknown_target(const std::string& what, const std::string& name) {
  if (is_target_of_later_version(name)) {
    return Failure{"the " + what + " " + name + " is not in this version; there are " +
                   joined(known_names())};
  }
  const std::vector<std::string> nearest = nearest_targets(name);
  if (nearest.empty())
    return Failure{"no " + what + " is named \"" + name + "\"; there are " + joined(known_names())};
  return Failure{"no " + what + " is named \"" + name + "\"; the nearest " +
                 (nearest.size() == 1 ? "name is " : "names are ") + joined(nearest)};
}

// An x86-64 Linux triple has three or four parts: x86_64-linux-gnu, x86_64-unknown-linux-gnu.
bool is_supported_triple(const std::string& triple) {
  return begins_with(triple, "x86_64-") && triple.find("-linux") != std::string::npos;
}

}  // namespace

const std::vector<Target>& all_targets() { return x86_targets(); }

Result<Target> find_target(const std::string& name) {
  if (name == "native") return native_target();
  if (const Target* row = row_named(name)) return *row;
  return unknown_target("target", name);
}

std::vector<std::string> nearest_targets(const std::string& name) {
  std::vector<std::string> nearest;
  std::vector<std::string> rest = known_names();
  const auto take = [&](const std::string& taken) {
    nearest.push_back(taken);
    rest.erase(std::find(rest.begin(), rest.end(), taken));
  };
  for (const OtherName& other : kOtherNames) {
    if (name == other.name) take(other.target);
  }
  while (nearest.size() < 3) {
    const std::string by_spelling = nearest_name(name, rest);
    if (by_spelling.empty()) break;
    take(by_spelling);
  }
  // "icelake" begins icelake-server, and "haswell-ep" is more than haswell.
  for (const std::string& known : known_names()) {
    const bool related = name.size() >= 3 && (begins_with(known, name) || begins_with(name, known));
    const bool taken = std::find(nearest.begin(), nearest.end(), known) != nearest.end();
    if (related && !taken && nearest.size() < 3) take(known);
  }
  return nearest;
}

bool is_target_of_later_version(const std::string& name) {
  return std::any_of(std::begin(kLaterNames), std::end(kLaterNames),
                     [&](const char* start) { return begins_with(name, start); });
}

Result<Target> custom_target(const std::string& triple, const std::string& cpu,
                             const std::string& features) {
  if (!triple.empty() && !is_supported_triple(triple)) {
    return Failure{"the triple " + triple +
                   " is not in this version; there is x86_64-unknown-linux-gnu"};
  }
  const std::string row_name = cpu.empty() ? "x86-64-v2" : cpu;
  const Target* row = row_named(row_name);
  if (row == nullptr) return unknown_target("CPU", row_name);
  const Result<FeatureSet> wanted = apply_feature_list(row->features, features);
  if (!wanted) return wanted.error();

  // A row's vectors are those of the x86-64 level that it contains; features that leave or reach
  // another level bring that level's facts.
  const Target* level = x86_level(*wanted);
  if (level == nullptr) {
    return Failure{"without " + to_string(x86_level_features(128) - *wanted) +
                   " the processor is below x86-64-v2, the least that generated code needs"};
  }
  Target target = level->vector_bits == row->vector_bits ? *row : *level;
  target.features = *wanted;
  target.tune_cpu = row->tune_cpu;
  if (!triple.empty()) target.triple = triple;
  target.name = row_name + (features.empty() ? "" : " " + features);
  target.description = "put together from --triple, --cpu and --features";
  return target;
}

}  // namespace tenon::target
