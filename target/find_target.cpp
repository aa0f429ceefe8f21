// Look-up of targets by name, and targets put together by hand.
//
//   find_target("znver44")                               ->  failure that names znver4 and znver5
//   custom_target("", "skylake-avx512", "+avx512vnni")   ->  skylake-avx512 with one feature more
//   custom_target("aarch64-linux-gnu", "", "")           ->  cortex-a53, the least of AArch64
#include <algorithm>

#include "support/diagnostics.h"
#include "target/arm.h"
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
    {"aarch64", "cortex-a53"},
    {"arm64", "cortex-a53"},
    {"armv8", "cortex-a53"},
    {"armv8-a", "cortex-a53"},
    {"cortex-a35", "cortex-a53"},
    {"cortex-a55", "cortex-a53"},
    {"cortex-a57", "cortex-a72"},
    {"cortex-a73", "cortex-a72"},
    {"cortex-a75", "neoverse-n1"},
    {"cortex-a76", "neoverse-n1"},
    {"cortex-a78", "neoverse-n1"},
    {"neoverse-n2", "neoverse-n1"},
    {"neoverse-v1", "neoverse-n1"},
    {"neoverse-v2", "neoverse-n1"},
    {"apple-m1", "neoverse-n1"},
    {"arm", "armv7-neon"},
    {"armhf", "armv7-neon"},
    {"armv7", "armv7-neon"},
    {"armv7-a", "armv7-neon"},
    {"neon", "armv7-neon"},
    {"cortex-a5", "armv7-neon"},
    {"cortex-a7", "armv7-neon"},
    {"cortex-a15", "armv7-neon"},
    {"cortex-a17", "armv7-neon"},
};

// Names of GPUs, which have no row here, begin with one of these.
constexpr const char* kGpuNames[] = {"cuda", "sm_", "compute_"};

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
  if (is_gpu_name(name)) {
    return Failure{name + " is a GPU, not a processor; there are " + joined(known_names())};
  }
  const std::vector<std::string> nearest = nearest_targets(name);
  if (nearest.empty())
    return Failure{"no " + what + " is named \"" + name + "\"; there are " + joined(known_names())};
  return Failure{"no " + what + " is named \"" + name + "\"; the nearest " +
                 (nearest.size() == 1 ? "name is " : "names are ") + joined(nearest)};
}

// What a triple chooses: the spellings of its first part, how its last part must begin, and the
// target where no CPU is named.
struct TripleForm {
  Architecture architecture;
  const char* start;
  const char* end;
  const char* least_target;
};
constexpr TripleForm kTripleForms[] = {
    {Architecture::x86_64, "x86_64-", "", "x86-64-v2"},
    {Architecture::aarch64, "aarch64-", "", "cortex-a53"},
    {Architecture::armv7, "armv7-", "hf", "armv7-neon"},
    {Architecture::armv7, "armv7a-", "hf", "armv7-neon"},
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A Linux triple has three or four parts: x86_64-linux-gnu, armv7-unknown-linux-gnueabihf.
const TripleForm* form_of(const std::string& triple) {
  for (const TripleForm& form : kTripleForms) {
    if (begins_with(triple, form.start) && ends_with(triple, form.end) &&
        triple.find("-linux") != std::string::npos)
      return &form;
  }
  return nullptr;
}

Failure unknown_triple(const std::string& triple) {
  std::vector<std::string> triples;
  for (const Target& target : all_targets()) {
    if (std::find(triples.begin(), triples.end(), target.triple) == triples.end())
      triples.push_back(target.triple);
  }
  return Failure{"the triple " + triple + " is not in this version; there are " + joined(triples)};
}

// A row's vectors are those of the x86-64 level that it contains; features that leave or reach
// another level bring that level's facts.
Result<Target> x86_with(const Target& row, FeatureSet features) {
  const Target* level = x86_level(features);
  if (level == nullptr) {
    return Failure{"without " + to_string(x86_level_features(128) - features) +
                   " the processor is below x86-64-v2, the least that generated code needs"};
  }
  Target target = level->vector_bits == row.vector_bits ? row : *level;
  target.features = features;
  target.tune_cpu = row.tune_cpu;
  return target;
}

Result<Target> arm_with(const Target& row, FeatureSet features) {
  const FeatureSet missing = arm_base_features(row.architecture) - features;
  if (!missing.empty()) {
    return Failure{"without " + to_string(missing) + " the processor is below " + row.name +
                   ", the least that generated code needs"};
  }
  Target target = row;
  target.features = features;
  return target;
}

}  // namespace

const std::vector<Target>& all_targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> rows = x86_targets();
    rows.insert(rows.end(), arm_targets().begin(), arm_targets().end());
    return rows;
  }();
  return all;
}

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

bool is_gpu_name(const std::string& name) {
  return std::any_of(std::begin(kGpuNames), std::end(kGpuNames),
                     [&](const char* start) { return begins_with(name, start); });
}

Result<Target> custom_target(const std::string& triple, const std::string& cpu,
                             const std::string& features) {
  const TripleForm* form = form_of(triple);
  if (!triple.empty() && form == nullptr) return unknown_triple(triple);
  const std::string row_name = !cpu.empty()      ? cpu
                               : form != nullptr ? form->least_target
                                                 : "x86-64-v2";
  const Target* row = row_named(row_name);
  if (row == nullptr) return unknown_target("CPU", row_name);
  if (form != nullptr && form->architecture != row->architecture) {
    return Failure{"the CPU " + row_name + " is none of the triple " + triple + " but of " +
                   row->triple};
  }
  const Result<FeatureSet> wanted = apply_feature_list(row->features, features, row->architecture);
  if (!wanted) return wanted.error();
  Result<Target> made =
      row->architecture == Architecture::x86_64 ? x86_with(*row, *wanted) : arm_with(*row, *wanted);
  if (!made) return made.error();
  Target target = *made;
  if (!triple.empty()) target.triple = triple;
  target.name = row_name + (features.empty() ? "" : " " + features);
  target.description = "put together from --triple, --cpu and --features";
  return target;
}

}  // namespace tenon::target
