// Elements in memory: one description of the small float formats, little-endian integers, packed
// bits.
#include "ir/expr/element.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace tenon {
namespace {

// A float format of at most 16 bits: sign, exponent, fraction. `largest` is the code of the
// greatest finite value; codes above it are infinite or NaN. FNUZ formats have one NaN, the code of
// minus zero.
struct Format {
  int exponent_bits, fraction_bits, bias;
  int largest;
  bool has_infinity, is_fnuz;
  int bits() const { return 1 + exponent_bits + fraction_bits; }
};

const Format* format_of(DType type) {
  static constexpr Format kF16 = {5, 10, 15, 0x7BFF, true, false};
  static constexpr Format kBF16 = {8, 7, 127, 0x7F7F, true, false};
  static constexpr Format kF8E4M3FN = {4, 3, 7, 0x7E, false, false};
  static constexpr Format kF8E4M3FNUZ = {4, 3, 8, 0x7F, false, true};
  static constexpr Format kF8E5M2 = {5, 2, 15, 0x7B, true, false};
  static constexpr Format kF8E5M2FNUZ = {5, 2, 16, 0x7F, false, true};
  static constexpr Format kF4E2M1 = {2, 1, 1, 0x7, false, false};
  switch (type) {
    case DType::F16: return &kF16;
    case DType::BF16: return &kBF16;
    case DType::F8E4M3FN: return &kF8E4M3FN;
    case DType::F8E4M3FNUZ: return &kF8E4M3FNUZ;
    case DType::F8E5M2: return &kF8E5M2;
    case DType::F8E5M2FNUZ: return &kF8E5M2FNUZ;
    case DType::F4E2M1: return &kF4E2M1;
    default: return nullptr;
  }
}

double decode(const Format& format, int code) {
  int sign = code >> (format.bits() - 1), magnitude = code & ((1 << (format.bits() - 1)) - 1);
  double value;
  if (format.is_fnuz && sign && magnitude == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  } else if (magnitude > format.largest) {
    value = format.has_infinity && magnitude == format.largest + 1
                ? std::numeric_limits<double>::infinity()
                : std::numeric_limits<double>::quiet_NaN();
  } else {
    int exponent = magnitude >> format.fraction_bits,
        fraction = magnitude & ((1 << format.fraction_bits) - 1);
    value = exponent == 0 ? std::ldexp(fraction, 1 - format.bias - format.fraction_bits)
                          : std::ldexp(fraction + (1 << format.fraction_bits),
                                       exponent - format.bias - format.fraction_bits);
  }
  return sign ? -value : value;
}

int encode(const Format& format, double value) {
  int sign = std::signbit(value) ? 1 << (format.bits() - 1) : 0;
  if (std::isnan(value))
    return format.is_fnuz ? 1 << (format.bits() - 1) : (1 << (format.bits() - 1)) - 1;
  // The 16-bit formats go to infinity, the smaller ones stay at their greatest value.
  int beyond = format.bits() == 16 ? format.largest + 1 : format.largest;
  double size = std::fabs(value);
  int magnitude = beyond;
  if (size == 0) {
    magnitude = 0;
  } else if (std::isfinite(size)) {
    int exponent = std::max(std::ilogb(size), 1 - format.bias);
    // A fraction that rounds up to the next power of two carries into the exponent by itself.
    double steps = std::nearbyint(std::ldexp(size, format.fraction_bits - exponent));
    int64_t code = static_cast<int64_t>(steps) +
                   (static_cast<int64_t>(exponent + format.bias - 1) << format.fraction_bits);
    magnitude = code > format.largest ? beyond : static_cast<int>(code);
  }
  if (format.is_fnuz && magnitude == 0) return 0;
  return sign | magnitude;
}

uint64_t load_bits(const uint8_t* bytes, int64_t position, int bits) {
  if (bits < 8) {
    int64_t bit = position * bits;
    return (bytes[bit / 8] >> (bit % 8)) & ((1u << bits) - 1);
  }
  uint64_t value = 0;
  const uint8_t* first = bytes + position * (bits / 8);
  for (int i = 0; i < bits / 8; ++i) value |= static_cast<uint64_t>(first[i]) << (8 * i);
  return value;
}

void store_bits(uint8_t* bytes, int64_t position, int bits, uint64_t value) {
  if (bits < 8) {
    int64_t bit = position * bits;
    int mask = ((1 << bits) - 1) << (bit % 8);
    bytes[bit / 8] = static_cast<uint8_t>((bytes[bit / 8] & ~mask) |
                                          ((static_cast<int>(value) << (bit % 8)) & mask));
    return;
  }
  for (int i = 0; i < bits / 8; ++i)
    bytes[position * (bits / 8) + i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

Scalar load_element(DType type, const uint8_t* bytes, int64_t position) {
  int width = bits_of(type);
  TENON_CHECK(width > 0, "an element of type " + std::string(name_of(type)));
  uint64_t bits = load_bits(bytes, position, width);
  Scalar value;
  if (type == DType::F32)
    value.f = std::bit_cast<float>(static_cast<uint32_t>(bits));
  else if (type == DType::F64)
    value.f = std::bit_cast<double>(bits);
  else if (const Format* format = format_of(type))
    value.f = decode(*format, static_cast<int>(bits));
  else if (type == DType::Bool)
    value.i = bits != 0;
  else if (is_signed(type))
    value.i = static_cast<int64_t>(bits << (64 - width)) >> (64 - width);
  else
    value.i = static_cast<int64_t>(bits);
  return value;
}

void store_element(DType type, uint8_t* bytes, int64_t position, Scalar value) {
  int width = bits_of(type);
  TENON_CHECK(width > 0, "an element of type " + std::string(name_of(type)));
  uint64_t bits = 0;
  if (type == DType::F32)
    bits = std::bit_cast<uint32_t>(static_cast<float>(value.f));
  else if (type == DType::F64)
    bits = std::bit_cast<uint64_t>(value.f);
  else if (const Format* format = format_of(type))
    bits = static_cast<uint64_t>(encode(*format, value.f));
  else if (type == DType::Bool)
    bits = value.i != 0;
  else
    bits = static_cast<uint64_t>(value.i);
  store_bits(bytes, position, width, bits);
}

std::vector<Expr> literals_of(ExprPool& pool, DType type, const uint8_t* bytes, int64_t count) {
  std::vector<Expr> literals;
  for (int64_t i = 0; i < count; ++i) {
    Scalar value = load_element(type, bytes, i);
    literals.push_back(is_float(type) ? pool.real(type, value.f) : pool.integer(type, value.i));
  }
  return literals;
}

}  // namespace tenon
