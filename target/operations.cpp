// The table of x86-64.
#include "target/operations.h"

namespace tenon::target {
namespace {

using enum DType;
constexpr DTypeSet kIntegers = {I8, U8, I16, U16, I32, U32, I64, U64, Index};
constexpr DTypeSet kFloats = {F32, F64};
constexpr DTypeSet kNumbers = kIntegers | kFloats;
constexpr DTypeSet kTruth = {Bool};
// Loaded, chosen and stored, but not computed with.
constexpr DTypeSet kStored = {F16, BF16};

}  // namespace

OperationTable operations_of(const Target& target) {
  DTypeSet rounded = target.has(CpuFeature::sse4_1) ? kFloats : DTypeSet();
  DTypeSet fused = target.has_fma() ? kFloats : DTypeSet();
  OperationTable table;
  table.operations = {
      {"+ - * min max neg abs == != < <=", kNumbers},
      {"// % div_trunc rem_trunc << >>", kIntegers},
      {"& | ^ not", kIntegers | kTruth},
      {"== !=", kTruth},
      {"/ sqrt", kFloats},
      {"floor ceil round_even trunc", rounded},
      {"fma", fused},
      {"select", kNumbers | kTruth | kStored},
  };
  table.conversions = {{.to = kNumbers | kTruth, .from = kNumbers | kTruth}};
  if (target.has_f16c()) {
    table.conversions.push_back({.to = {F16}, .from = {F32}});
    table.conversions.push_back({.to = {F32}, .from = {F16}});
  }
  // AVX512-BF16 has a conversion to bf16, but it takes subnormals for zero: bf16 has no row.
  return table;
}

}  // namespace tenon::target
