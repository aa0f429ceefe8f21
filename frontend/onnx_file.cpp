// Reading an ONNX file and the bytes of its tensors.
#include "frontend/onnx_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "support/sha256.h"

namespace tenon::frontend {
namespace {

constexpr int64_t kMostExtent = int64_t{1} << 40, kMostElements = int64_t{1} << 46;
constexpr int kMostNesting = 100;  // of messages: about 33 nested subgraphs

std::vector<uint8_t> read_model(const std::string& path, const Place& place) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) user_error(place, "there is no such file", "check the name of the model");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) user_error(place, "the file cannot be read", "check the permissions");
  std::streamoff size = file.tellg();
  if (size == 0) user_error(place, "the file is empty", "export the model again");
  if (size > INT32_MAX) user_error(place, "the file is larger than 2 GiB, the most that a protobuf message may be", "save the model with external data");
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size)) user_error(place, "the file cannot be read to its end");
  return bytes;
}

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

int value_fields(const onnx::TensorProto& t) {
  return t.has_raw_data() + (t.float_data_size() > 0) + (t.double_data_size() > 0) + (t.int32_data_size() > 0) + (t.int64_data_size() > 0) +
         (t.uint64_data_size() > 0) + (t.string_data_size() > 0) + (t.data_location() == onnx::TensorProto::EXTERNAL);
}

std::vector<uint8_t> unpack_typed(const onnx::TensorProto& tensor, DType type) {
  size_t width = static_cast<size_t>(std::max(bits_of(type), 8) / 8);
  if (tensor.float_data_size() > 0) return narrow(tensor.float_data(), 4);
  if (tensor.double_data_size() > 0) return narrow(tensor.double_data(), 8);
  if (tensor.int64_data_size() > 0) return narrow(tensor.int64_data(), 8);
  if (tensor.uint64_data_size() > 0) return narrow(tensor.uint64_data(), width);
  return narrow(tensor.int32_data(), std::min<size_t>(width, 4));
}

struct ExternalEntry {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

Result<int64_t> parse_number(const std::string& text, const std::string& key) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return Failure{"the " + key + " of its external data is no number: " + tenon::quoted(text)};
  if (value < 0) return Failure{"the " + key + " of its external data is negative: " + text};
  return value;
}

Result<ExternalEntry> parse_external(const onnx::TensorProto& tensor) {
  ExternalEntry entry;
  for (const onnx::StringStringEntryProto& pair : tensor.external_data()) {
    if (pair.key() == "location") entry.location = pair.value();
    if (pair.key() != "offset" && pair.key() != "length") continue;
    Result<int64_t> number = parse_number(pair.value(), pair.key());
    if (!number) return number.error();
    if (pair.key() == "offset") entry.offset = *number;
    else entry.length = *number;
  }
  return entry;
}

}  // namespace

Result<int64_t> element_count_of(const google::protobuf::RepeatedField<int64_t>& dims) {
  int64_t count = 1;
  for (int64_t extent : dims) {
    if (extent < 0) return Failure{"an extent is negative: " + std::to_string(extent)};
    if (extent >= kMostExtent) return Failure{"an extent is too large: " + std::to_string(extent) + " (the limit is 2^40)"};
    if (__builtin_mul_overflow(count, extent, &count) || count >= kMostElements) return Failure{"it has too many elements (the limit is 2^46)"};
  }
  return count;
}

std::string describe(const onnx::TensorProto& tensor) {
  std::optional<DType> type = dtype_from_onnx(tensor.data_type());
  std::vector<std::string> extents;
  for (int64_t extent : tensor.dims()) extents.push_back(std::to_string(extent));
  return (type ? std::string(name_of(*type)) : "type " + std::to_string(tensor.data_type())) + "[" + join(extents, ", ") + "]";
}

OnnxFile::OnnxFile(const std::string& file_path) : external_(std::filesystem::absolute(file_path).parent_path().string()) {
  path = file_path;
  base_name = std::filesystem::path(file_path).filename().string();
  Place place{base_name, "", 0, 0};
  std::vector<uint8_t> bytes = read_model(file_path, place);
  sha256 = sha256_hex(bytes);
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(INT32_MAX);
  coded.SetRecursionLimit(kMostNesting);
  bool parsed = model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
  if (!parsed || !model.has_graph())
    user_error(place, parsed ? "this file holds no model: it has no graph" : "this is no ONNX file, or it is cut off", "export the model again; an ONNX file is one protobuf message of onnx.ModelProto");
  for (const onnx::OperatorSetIdProto& import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = static_cast<int>(std::min<int64_t>(import.version(), INT32_MAX));
  for (const onnx::TensorProto& tensor : model.graph().initializer()) register_tensor(tensor.name(), &tensor);
}

Result<std::span<const uint8_t>> OnnxFile::bytes_of_tensor(const onnx::TensorProto& tensor) const {
  std::optional<DType> type = dtype_from_onnx(tensor.data_type());
  if (!type) return Failure{"its type " + std::to_string(tensor.data_type()) + " is not known"};
  if (*type == DType::String) return Failure{"it holds strings, which are not supported"};
  Result<int64_t> count = element_count_of(tensor.dims());
  if (!count) return count.error();
  if (value_fields(tensor) > 1) return Failure{"it has its values in more than one field"};
  int64_t expected = tenon::bytes_of(*type, *count);
  auto wrong_size = [&](int64_t found) {
    return Failure{"it has " + std::to_string(found) + " bytes of data, and its shape " + describe(tensor) + " needs " + std::to_string(expected)};
  };
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    Result<ExternalEntry> entry = parse_external(tensor);
    if (!entry) return entry.error();
    Result<std::span<const uint8_t>> file = external_.open(entry->location);
    if (!file) return file;
    if (entry->length && *entry->length != expected) return wrong_size(*entry->length);
    int64_t size = static_cast<int64_t>(file->size());
    if (entry->offset > size || expected > size - entry->offset)
      return Failure{"its external data reach past the end of " + tenon::quoted(entry->location) + ": " + std::to_string(expected) + " bytes from " +
                     std::to_string(entry->offset) + " in a file of " + std::to_string(size)};
    return file->subspan(static_cast<size_t>(entry->offset), static_cast<size_t>(expected));
  }
  if (tensor.has_raw_data()) {
    const std::string& raw = tensor.raw_data();
    if (static_cast<int64_t>(raw.size()) != expected) return wrong_size(static_cast<int64_t>(raw.size()));
    return std::span(reinterpret_cast<const uint8_t*>(raw.data()), raw.size());
  }
  auto known = unpacked_.find(&tensor);
  if (known == unpacked_.end()) known = unpacked_.emplace(&tensor, unpack_typed(tensor, *type)).first;
  if (static_cast<int64_t>(known->second.size()) != expected) return wrong_size(static_cast<int64_t>(known->second.size()));
  return std::span<const uint8_t>(known->second);
}

std::span<const uint8_t> OnnxFile::initializer(const std::string& name) const {
  auto found = tensors_.find(name);
  TENON_CHECK(found != tensors_.end(), "no initializer " + name);
  Result<std::span<const uint8_t>> bytes = bytes_of_tensor(*found->second);
  TENON_CHECK(bytes, name + ": " + bytes.reason());
  return *bytes;
}

}  // namespace tenon::frontend
