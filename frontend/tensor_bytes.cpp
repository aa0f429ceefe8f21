// Unpacking tensors.
#include "frontend/tensor_bytes.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "frontend/schema.h"

namespace tenon::frontend {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 46;

// Appends values of a typed field in `width` bytes each, little endian.
template <class Field>
std::vector<uint8_t> narrow(const Field& field, size_t width) {
  std::vector<uint8_t> bytes;
  bytes.reserve(static_cast<size_t>(field.size()) * width);
  for (auto value : field) {
    uint8_t buffer[8];
    std::memcpy(buffer, &value, sizeof value);
    bytes.insert(bytes.end(), buffer, buffer + width);
  }
  return bytes;
}

// The fields that hold values, by their names in the file.
std::vector<std::string> value_fields(const onnx::TensorProto& t) {
  std::vector<std::string> fields;
  auto add = [&](bool present, const char* name) {
    if (present) fields.emplace_back(name);
  };
  add(t.has_raw_data(), "raw_data");
  add(t.float_data_size() > 0, "float_data");
  add(t.double_data_size() > 0, "double_data");
  add(t.int32_data_size() > 0, "int32_data");
  add(t.int64_data_size() > 0, "int64_data");
  add(t.uint64_data_size() > 0, "uint64_data");
  add(t.string_data_size() > 0, "string_data");
  add(t.data_location() == onnx::TensorProto::EXTERNAL, "external_data");
  return fields;
}

// The typed field in which ONNX stores elements of a type.
std::string typed_field_of(DType type) {
  if (type == DType::F32) return "float_data";
  if (type == DType::F64) return "double_data";
  if (type == DType::I64) return "int64_data";
  return type == DType::U32 || type == DType::U64 ? "uint64_data" : "int32_data";
}

std::vector<uint8_t> unpack_typed(const onnx::TensorProto& tensor, DType type) {
  size_t width = static_cast<size_t>(std::max(bits_of(type), 8) / 8);
  if (type == DType::F32) return narrow(tensor.float_data(), 4);
  if (type == DType::F64) return narrow(tensor.double_data(), 8);
  if (type == DType::I64) return narrow(tensor.int64_data(), 8);
  if (type == DType::U32 || type == DType::U64) return narrow(tensor.uint64_data(), width);
  return narrow(tensor.int32_data(), width);
}

struct ExternalEntry {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

Result<int64_t> parse_number(const std::string& text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Failure{"is no number: " + tenon::quoted(text)};
  if (value < 0) return Failure{"is negative: " + text};
  return value;
}

Result<ExternalEntry> parse_external(const onnx::TensorProto& tensor) {
  ExternalEntry entry;
  for (const onnx::StringStringEntryProto& pair : tensor.external_data())
    if (pair.key() == "location") entry.location = pair.value();
  for (const onnx::StringStringEntryProto& pair : tensor.external_data()) {
    if (pair.key() != "offset" && pair.key() != "length") continue;
    Result<int64_t> number = parse_number(pair.value());
    if (!number)
      return Failure{"the " + pair.key() + " of its external data in " +
                     tenon::quoted(entry.location) + " " + number.reason()};
    if (pair.key() == "offset")
      entry.offset = *number;
    else
      entry.length = *number;
  }
  return entry;
}

Failure wrong_size(const onnx::TensorProto& tensor, int64_t found, int64_t expected,
                   const std::string& unit) {
  return Failure{"it has " + std::to_string(found) + " " + unit + " of data, and its shape " +
                 describe(tensor) + " needs " + std::to_string(expected)};
}

}  // namespace

Result<int64_t> element_count_of(const google::protobuf::RepeatedField<int64_t>& dims) {
  if (dims.size() > kMostAxes)
    return Failure{"it has " + std::to_string(dims.size()) + " axes (the limit is " +
                   std::to_string(kMostAxes) + ")"};
  std::vector<std::string> extents;
  for (int64_t extent : dims) {
    if (extent < 0) return Failure{"an extent is negative: " + std::to_string(extent)};
    if (extent >= kMostExtent)
      return Failure{"an extent is too large: " + std::to_string(extent) + " (the limit is 2^40)"};
    extents.push_back(std::to_string(extent));
  }
  int64_t count = 1;
  for (int64_t extent : dims)
    if (__builtin_mul_overflow(count, extent, &count) || count >= kMostElements)
      return Failure{join(extents, " x ") + " are too many elements (the limit is 2^46)"};
  return count;
}

std::string describe(const onnx::TensorProto& tensor) {
  std::optional<DType> type = dtype_from_onnx(tensor.data_type());
  std::vector<std::string> extents;
  for (int64_t extent : tensor.dims()) extents.push_back(std::to_string(extent));
  return (type ? std::string(name_of(*type)) : "type " + std::to_string(tensor.data_type())) + "[" +
         join(extents, ", ") + "]";
}

Result<std::span<const uint8_t>> TensorBytes::of(const onnx::TensorProto& tensor) {
  if (auto known = unpacked_.find(&tensor); known != unpacked_.end())
    return std::span<const uint8_t>(known->second);
  std::optional<DType> type = dtype_from_onnx(tensor.data_type());
  if (!type)
    return Failure{tensor.data_type()
                       ? "its element type " + name_of_element_type(tensor.data_type()) +
                             " is not supported"
                       : "it has no element type"};
  if (*type == DType::String) return Failure{"it holds strings, which are not supported"};
  if (tensor.has_segment())
    return Failure{"it is one segment of a larger tensor, which is not supported"};
  Result<int64_t> count = element_count_of(tensor.dims());
  if (!count) return count.error();
  std::vector<std::string> fields = value_fields(tensor);
  if (fields.size() > 1)
    return Failure{"it has its values in more than one field: " + join(fields, ", ")};
  int64_t expected = tenon::bytes_of(*type, *count);
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    Result<std::span<const uint8_t>> external = external_bytes(tensor, expected);
    return external ? normalized(tensor, *type, *external) : external;
  }
  if (tensor.has_raw_data()) {
    const std::string& raw = tensor.raw_data();
    if (static_cast<int64_t>(raw.size()) != expected)
      return wrong_size(tensor, static_cast<int64_t>(raw.size()), expected, "bytes");
    return normalized(tensor, *type,
                      std::span(reinterpret_cast<const uint8_t*>(raw.data()), raw.size()));
  }
  if (!fields.empty() && fields[0] != typed_field_of(*type))
    return Failure{"it has its values in " + fields[0] + ", and elements of type " +
                   std::string(tenon::name_of(*type)) + " belong into " + typed_field_of(*type)};
  std::vector<uint8_t> unpacked = unpack_typed(tensor, *type);
  int64_t found = static_cast<int64_t>(unpacked.size());
  if (found != expected && bits_of(*type) < 8) return wrong_size(tensor, found, expected, "bytes");
  if (found != expected) return wrong_size(tensor, found * 8 / bits_of(*type), *count, "elements");
  return normalized(tensor, *type, unpacked_[&tensor] = std::move(unpacked));
}

Result<std::span<const uint8_t>> TensorBytes::external_bytes(const onnx::TensorProto& tensor,
                                                             int64_t expected) {
  Result<ExternalEntry> entry = parse_external(tensor);
  if (!entry) return entry.error();
  Result<std::span<const uint8_t>> file = external_.open(entry->location);
  if (!file) return file;
  if (entry->length && *entry->length != expected)
    return wrong_size(tensor, *entry->length, expected, "bytes");
  int64_t size = static_cast<int64_t>(file->size());
  if (entry->offset > size || expected > size - entry->offset)
    return Failure{"its external data reach past the end of " + tenon::quoted(entry->location) +
                   ": " + std::to_string(expected) + " bytes from " +
                   std::to_string(entry->offset) + " in a file of " + std::to_string(size)};
  return file->subspan(static_cast<size_t>(entry->offset), static_cast<size_t>(expected));
}

// In memory a bool is 0 or 1; files may hold any other byte for true.
std::span<const uint8_t> TensorBytes::normalized(const onnx::TensorProto& tensor, DType type,
                                                 std::span<const uint8_t> bytes) {
  if (type != DType::Bool ||
      std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b <= 1; }))
    return bytes;
  std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  for (uint8_t& byte : copy) byte = byte != 0;
  return unpacked_[&tensor] = std::move(copy);
}

}  // namespace tenon::frontend
