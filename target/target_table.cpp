// The text of `tenon targets`.
//
//   the table's rows  ->  a line each: name, vector width, description, needs; columns aligned
//   the same          ->  docs/targets.md, with types and operations from the operation tables
#include <algorithm>
#include <cstdio>
#include <functional>

#include "target/cuda.h"
#include "target/operations.h"
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
  lines.push_back({cuda_target().name, "", cuda_target().description, "CUDA driver"});
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

namespace {

bool has(const OperationTable& table, std::string_view operation, DType type) {
  for (const OperationRow& row : table.operations) {
    const std::string words = " " + std::string(row.operations) + " ";
    if (words.find(" " + std::string(operation) + " ") != std::string::npos && row.types.has(type))
      return true;
  }
  return false;
}

bool converts(const OperationTable& table, DType to, DType from) {
  for (const ConversionRow& row : table.conversions)
    if (row.to.has(to) && row.from.has(from)) return true;
  return false;
}

// The element types of models for which the predicate holds: "f32 f64".
std::string types_where(const std::function<bool(DType)>& holds) {
  std::string text;
#define X(type, ...)                                     \
  if (DType::type != DType::Index && holds(DType::type)) \
    text += (text.empty() ? "" : " ") + std::string(name_of(DType::type));
  TENON_DTYPES(X)
#undef X
  return text;
}

const char* yes(bool holds) { return holds ? "yes" : "expanded"; }

std::string number(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string facts_row(const Target& target) {
  return "| `" + target.name + "` | " + target.description + " | `" + target.triple + "` | " +
         std::to_string(target.vector_registers) + " of " + std::to_string(target.vector_bits) +
         " bits | " + number(target.fma_per_cycle) + " | " + needs(target) + " |\n";
}

std::string operations_row(const Target& target) {
  const OperationTable table = operations_of(target);
  return "| `" + target.name + "` | " + yes(has(table, "fma", DType::F32)) + " | " +
         yes(has(table, "floor", DType::F32)) + " | " + yes(has(table, "//", DType::I32)) + " | " +
         yes(converts(table, DType::F32, DType::I64)) + " | " +
         yes(converts(table, DType::F32, DType::F16)) + " | " +
         yes(converts(table, DType::F32, DType::BF16)) + " |\n";
}

}  // namespace

std::string target_table_markdown() {
  std::string text =
      "# Targets\n\nWhat `--target` takes, from Tenon's own table: `tenon targets --markdown`. "
      "`native` is this machine's processor.\n"
      "`--triple`, `--cpu` and `--features` put a target together from these: `--cpu=neoverse-n1 "
      "--features=-fullfp16`,\n`--triple=aarch64-linux-musl`.\n\n"
      "| target | processors | triple | vector registers | multiply-adds a cycle | demands |\n"
      "|---|---|---|---|---|---|\n";
  for (const Target& target : all_targets()) text += facts_row(target);
  text +=
      "\nEvery target is compiled for by LLVM, into a static library. The library asks the "
      "processor for what stands under\n\"demands\" when it is opened (docs/bundle.md says how); "
      "code uses nothing else.\n\n## Element types\n\n";
  const OperationTable first = operations_of(all_targets().front());
  const auto computed = [&](DType type) { return has(first, "+", type) || has(first, "^", type); };
  text += "Computed in, on every target: " + types_where(computed) + ".\n";
  text += "Loaded, converted and stored, and computed in as f32: " +
          types_where([&](DType type) { return has(first, "select", type) && !computed(type); }) +
          ".\n";
  text +=
      "\n## Operations\n\nWhat a processor does in a few instructions. What is \"expanded\" gives "
      "the same bits in more of them, but for fma,\nwhich then rounds twice; no target calls a "
      "library. On ARMv7 vectors take subnormals for zero.\n\n"
      "| target | fma | round, floor, ceil | division of integers | i64 and floats | f16 and f32 | "
      "bf16 and f32 |\n|---|---|---|---|---|---|---|\n";
  for (const Target& target : all_targets()) text += operations_row(target);
  text +=
      "\n## Outputs\n\n"
      "| targets | library | C++ source (`--emit=cpp`) | called in the process (`run`, `bench`, "
      "`verify`) |\n|---|---|---|---|\n"
      "| x86-64 | LLVM | g++, clang | `--backend=llvm`, `cpp`, `interpreter` |\n"
      "| AArch64, ARMv7 | LLVM | untested | `--backend=interpreter` |\n"
      "| `cuda` | host part by LLVM for `--host-target`, x86-64 or AArch64 | `--emit=cuda`: CUDA "
      "source | "
      "`--backend=cuda`, `cuda-emulator`, `interpreter` |\n";
  text +=
      "\n## GPU architectures\n\nWhat a library for `cuda` holds, each with its own table of "
      "launches; `--gpu-arch` names others. The newest\nthat fits the device is taken when it is "
      "opened.\n\n| image | shared memory of a block | threads of a block | registers of a thread "
      "|\n|---|---|---|---|\n";
  for (const GpuArchitecture& gpu : default_gpu_architectures())
    text += "| `" + gpu.name + "`" + (gpu.is_ptx ? " (PTX)" : "") + " | " +
            std::to_string(gpu.shared_bytes / 1024) + " KiB | " + std::to_string(gpu.threads) +
            " | " + std::to_string(gpu.registers) + " |\n";
  return text;
}

}  // namespace tenon::target
