// Writing numbers.
#include "codegen/source/literals.h"

#include <charconv>
#include <cmath>

#include "support/check.h"

namespace tenon::codegen::source {
namespace {

template <class T>
std::string shortest(T value) {
  char text[64];
  auto [end, error] = std::to_chars(text, text + sizeof text, value);
  TENON_CHECK(error == std::errc(), "a number has no text");
  std::string result(text, end);
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return result;
}

Piece with_sign(std::string text) {
  bool is_negative = text[0] == '-';
  return {std::move(text), is_negative ? Binding::Unary : Binding::Postfix};
}

}  // namespace

Piece real_literal(DType type, double value) {
  bool is_double = type == DType::F64;
  if (std::isnan(value)) return {is_double ? "TN_NAN_F64" : "TN_NAN"};
  if (std::isinf(value))
    return with_sign(std::string(value < 0 ? "-" : "") + "TN_INFINITY" + (is_double ? "_F64" : ""));
  return with_sign(is_double ? shortest(value) : shortest(static_cast<float>(value)) + "f");
}

Piece integer_literal(DType type, int64_t value) {
  if (type == DType::Bool) return {value ? "true" : "false"};
  bool fits_int = value >= INT32_MIN + int64_t{1} && value <= INT32_MAX;
  std::string text = std::to_string(value);
  switch (type) {
    case DType::Index:
      if (fits_int) return with_sign(text);
      break;
    case DType::I32:
      if (fits_int) return with_sign(text);
      return {"INT32_MIN"};
    case DType::U32: return {std::to_string(static_cast<uint32_t>(value)) + "u"};
    case DType::U64: return {"UINT64_C(" + std::to_string(static_cast<uint64_t>(value)) + ")"};
    case DType::I64: break;
    case DType::I8: return cast("int8_t", with_sign(text));
    case DType::I16: return cast("int16_t", with_sign(text));
    case DType::U8: return cast("uint8_t", {std::to_string(static_cast<uint8_t>(value))});
    case DType::U16:
    case DType::F16:
    case DType::BF16: return cast("uint16_t", {std::to_string(static_cast<uint16_t>(value))});
    default: TENON_CHECK(false, "no literal of type " + std::string(name_of(type)));
  }
  if (value == INT64_MIN) return {"INT64_MIN"};
  return {"INT64_C(" + text + ")"};
}

}  // namespace tenon::codegen::source
