// The tables, one for each architecture.
//
//   x86-64:  all integers divide; rounding with SSE4.1, fma and f16 <-> f32 by feature
//   AArch64: the same, all of it always
//   ARMv7:   32-bit registers, no instruction that divides integers, none that rounds a float
#include "target/operations.h"

#include "support/check.h"

namespace tenon::target {
namespace {

using enum DType;
constexpr DTypeSet kShortIntegers = {I8, U8, I16, U16, I32, U32};
constexpr DTypeSet kLongIntegers = {I64, U64, Index};
constexpr DTypeSet kIntegers = kShortIntegers | kLongIntegers;
constexpr DTypeSet kFloats = {F32, F64};
constexpr DTypeSet kNumbers = kIntegers | kFloats;
constexpr DTypeSet kTruth = {Bool};
// Loaded, chosen and stored, but not computed with.
constexpr DTypeSet kStored = {F16, BF16};
constexpr DTypeSet kNone = {};

// What the architectures have in common.
OperationTable common_operations(const Target& target) {
  OperationTable table;
  table.operations = {
      {"+ - * min max neg abs == != < <=", kNumbers},
      {"<< >>", kIntegers},
      {"& | ^ not", kIntegers | kTruth},
      {"== !=", kTruth},
      {"/ sqrt", kFloats},
      {"fma", target.has_fma() ? kFloats : kNone},
      {"select", kNumbers | kTruth | kStored},
  };
  if (target.has_f16c()) {
    table.conversions.push_back({.to = {F16}, .from = {F32}});
    table.conversions.push_back({.to = {F32}, .from = {F16}});
  }
  return table;
}

// AVX512-BF16 has a conversion to bf16, but it takes subnormals for zero: bf16 has no row.
OperationTable x86_operations(const Target& target) {
  OperationTable table = common_operations(target);
  table.operations.push_back({"// % div_trunc rem_trunc", kIntegers});
  table.operations.push_back(
      {"floor ceil round_even trunc", target.has(CpuFeature::sse4_1) ? kFloats : kNone});
  table.conversions.push_back({.to = kNumbers | kTruth, .from = kNumbers | kTruth});
  return table;
}

OperationTable aarch64_operations(const Target& target) {
  OperationTable table = common_operations(target);
  table.operations.push_back({"// % div_trunc rem_trunc", kIntegers});
  table.operations.push_back({"floor ceil round_even trunc", kFloats});
  table.conversions.push_back({.to = kNumbers | kTruth, .from = kNumbers | kTruth});
  return table;
}

// Integers divide through f64, long ones by halves; VFPv4 converts between floats and 32 bits.
OperationTable armv7_operations(const Target& target) {
  OperationTable table = common_operations(target);
  table.conversions.push_back({.to = kIntegers | kTruth, .from = kIntegers | kTruth});
  table.conversions.push_back(
      {.to = kFloats | kShortIntegers | kTruth, .from = kFloats | kShortIntegers | kTruth});
  return table;
}

struct ArchitectureTable {
  Architecture architecture;
  OperationTable (*operations)(const Target& target);
};
constexpr ArchitectureTable kTables[] = {
    {Architecture::x86_64, x86_operations},
    {Architecture::aarch64, aarch64_operations},
    {Architecture::armv7, armv7_operations},
    {Architecture::gpu, aarch64_operations},  // the prelude's functions: the same
};

}  // namespace

OperationTable operations_of(const Target& target) {
  for (const ArchitectureTable& row : kTables)
    if (row.architecture == target.architecture) return row.operations(target);
  TENON_CHECK(false, "an architecture without a table of operations");
  return {};
}

OperationTable source_operations_of(const Target& target) {
  OperationTable table = operations_of(target);
  std::erase_if(table.conversions, [](const ConversionRow& row) {
    return row.to == DTypeSet{F16} || row.from == DTypeSet{F16};
  });
  return table;
}

}  // namespace tenon::target
