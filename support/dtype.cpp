// Element types: names, widths, classes, and rounding of constants.
#include "support/dtype.h"

#include <array>
#include <cmath>

namespace tenon {
namespace {

struct Row {
  std::string_view name;
  int bits;
  int onnx;
};

constexpr std::array kRows = {
#define X(name, text, bits, onnx) Row{text, bits, onnx},
    TENON_DTYPES(X)
#undef X
};

const Row& row(DType type) { return kRows[static_cast<size_t>(type)]; }

// Rounds to a binary float of `precision` significant bits and least normal exponent
// `min_exponent`. What rounds beyond the largest finite value `limit` becomes `beyond`.
double round_float(double value, int precision, int min_exponent, double limit, double beyond) {
  if (value == 0 || std::isnan(value)) return value;
  if (std::isinf(value)) return std::copysign(beyond, value);
  int exponent = std::max(std::ilogb(value), min_exponent);
  double unit = std::ldexp(1.0, exponent - precision + 1);
  double rounded = std::nearbyint(value / unit) * unit;
  if (std::fabs(rounded) > limit) return std::copysign(beyond, value);
  return std::copysign(rounded, value);
}

// The 8- and 4-bit formats saturate.
double round_saturating(double value, int precision, int min_exponent, double limit) {
  return round_float(value, precision, min_exponent, limit, limit);
}

// FNUZ formats have no minus zero.
double without_minus_zero(double value) { return value == 0 ? 0 : value; }

}  // namespace

std::string_view name_of(DType type) { return row(type).name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

std::optional<DType> dtype_from_onnx(int number) {
  for (size_t i = 0; i < kRows.size(); ++i)
    if (number != 0 && kRows[i].onnx == number) return static_cast<DType>(i);
  return std::nullopt;
}

int onnx_number(DType type) { return row(type).onnx; }
int bits_of(DType type) { return row(type).bits; }
int64_t bytes_of(DType type, int64_t count) { return (count * row(type).bits + 7) / 8; }

bool is_float(DType type) {
  switch (type) {
    case DType::F16:
    case DType::BF16:
    case DType::F32:
    case DType::F64:
    case DType::F8E4M3FN:
    case DType::F8E4M3FNUZ:
    case DType::F8E5M2:
    case DType::F8E5M2FNUZ:
    case DType::F4E2M1: return true;
    default: return false;
  }
}

bool is_integer(DType type) {
  return !is_float(type) && type != DType::Bool && type != DType::String && type != DType::Index;
}

bool is_signed(DType type) {
  switch (type) {
    case DType::I8:
    case DType::I16:
    case DType::I32:
    case DType::I64:
    case DType::I4:
    case DType::I2:
    case DType::Index: return true;
    default: return is_float(type);
  }
}

bool is_arithmetic(DType type) {
  if (type == DType::Bool || type == DType::Index || type == DType::F32 || type == DType::F64)
    return true;
  return is_integer(type) && bits_of(type) >= 8;
}

double round_to(DType type, double value) {
  switch (type) {
    case DType::F32: return static_cast<float>(value);
    case DType::F16: return round_float(value, 11, -14, 65504.0, INFINITY);
    case DType::BF16: return round_float(value, 8, -126, 3.3895313892515355e38, INFINITY);
    case DType::F8E4M3FN: return round_saturating(value, 4, -6, 448);
    case DType::F8E4M3FNUZ: return without_minus_zero(round_saturating(value, 4, -7, 240));
    case DType::F8E5M2: return round_saturating(value, 3, -14, 57344);
    case DType::F8E5M2FNUZ: return without_minus_zero(round_saturating(value, 3, -15, 57344));
    case DType::F4E2M1: return round_saturating(value, 2, 0, 6);
    default: return value;
  }
}

}  // namespace tenon
