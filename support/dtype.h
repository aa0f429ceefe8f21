// Element types: every ONNX tensor element type, and `index`, the type of shapes and subscripts.
//
//   DType::F32  <->  "f32"  <->  ONNX TensorProto.FLOAT (1)
//
// A backend says which types it computes in and which it only stores and converts; the type itself
// knows its width, its class, and its names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon {

// X(enumerator, text, bits of one element, ONNX TensorProto.DataType or 0)
#define TENON_DTYPES(X)              \
  X(Bool, "bool", 8, 9)              \
  X(I8, "i8", 8, 3)                  \
  X(U8, "u8", 8, 2)                  \
  X(I16, "i16", 16, 5)               \
  X(U16, "u16", 16, 4)               \
  X(I32, "i32", 32, 6)               \
  X(U32, "u32", 32, 12)              \
  X(I64, "i64", 64, 7)               \
  X(U64, "u64", 64, 13)              \
  X(F16, "f16", 16, 10)              \
  X(BF16, "bf16", 16, 16)            \
  X(F32, "f32", 32, 1)               \
  X(F64, "f64", 64, 11)              \
  X(F8E4M3FN, "f8e4m3fn", 8, 17)     \
  X(F8E4M3FNUZ, "f8e4m3fnuz", 8, 18) \
  X(F8E5M2, "f8e5m2", 8, 19)         \
  X(F8E5M2FNUZ, "f8e5m2fnuz", 8, 20) \
  X(F4E2M1, "f4e2m1", 4, 23)         \
  X(I4, "i4", 4, 22)                 \
  X(U4, "u4", 4, 21)                 \
  X(I2, "i2", 2, 26)                 \
  X(U2, "u2", 2, 25)                 \
  X(String, "string", 0, 8)          \
  X(Index, "index", 64, 0)

enum class DType : uint8_t {
#define X(name, text, bits, onnx) name,
  TENON_DTYPES(X)
#undef X
};

/// "f32", "i64", "index", ...
std::string_view name_of(DType type);
/// The type of that name, if there is one.
std::optional<DType> dtype_named(std::string_view name);
/// The type of an ONNX TensorProto.DataType number, if it is known.
std::optional<DType> dtype_from_onnx(int number);
/// The ONNX TensorProto.DataType number; 0 for `index`.
int onnx_number(DType type);

/// Bits of one element in memory (8 for bool, 4 for i4, 0 for string).
int bits_of(DType type);
/// Bytes of `count` elements in memory; sub-byte types are packed, the last byte padded.
int64_t bytes_of(DType type, int64_t count);

/// True for f16, bf16, f32, f64 and the 8- and 4-bit floats.
bool is_float(DType type);
/// True for the integer data types (not bool, not index).
bool is_integer(DType type);
/// True for i8, i16, i32, i64, i4, i2, the floats and index.
bool is_signed(DType type);
/// True for types in which arithmetic is done: bool, the 8- to 64-bit integers, f32, f64 and index.
/// The others are storage: they are converted on load and store.
bool is_arithmetic(DType type);

/// Rounds `value` to the nearest value of a float type, ties to even; other types return it
/// unchanged. Beyond the largest value, 16 bits and more give infinity, and fewer stay at the
/// largest.
double round_to(DType type, double value);

}  // namespace tenon
