// NumPy's array files. Format: numpy.lib.format, version 1.0 to 3.0; .npz is a zip archive of .npy
// files.
#include "driver/npz.h"

#include <zip.h>

#include <cstring>
#include <fstream>
#include <memory>

#include "ir/expr/element.h"
#include "support/check.h"
#include "support/diagnostics.h"

namespace tenon::driver {
namespace {

struct DescrRow {
  DType type;
  const char* descr;
};

constexpr DescrRow kDescrs[] = {
    {DType::Bool, "|b1"}, {DType::I8, "|i1"},  {DType::U8, "|u1"},  {DType::I16, "<i2"},
    {DType::U16, "<u2"},  {DType::I32, "<i4"}, {DType::U32, "<u4"}, {DType::I64, "<i8"},
    {DType::U64, "<u8"},  {DType::F16, "<f2"}, {DType::F32, "<f4"}, {DType::F64, "<f8"},
};

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

[[noreturn]] void fault(const std::string& file, const std::string& message,
                        const std::string& help = "") {
  user_error({file, "", 0, 0}, message, help);
}

// The text after `'key':` in the header's dictionary, from its first character that is no blank.
std::string_view header_value(std::string_view header, const std::string& key,
                              const std::string& file) {
  size_t at = header.find("'" + key + "':");
  if (at == std::string_view::npos) fault(file, "the .npy header has no " + key);
  header.remove_prefix(at + key.size() + 3);
  size_t first = header.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : header.substr(first);
}

std::vector<int64_t> parse_shape(std::string_view text, const std::string& file) {
  std::vector<int64_t> shape;
  size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos)
    fault(file, "the .npy header has no valid shape");
  text = text.substr(1, end - 1);
  while (true) {
    size_t digit = text.find_first_of("0123456789");
    if (digit == std::string_view::npos) return shape;
    text.remove_prefix(digit);
    size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
    if (length > 18) fault(file, "the .npy header has an extent that is too large");
    shape.push_back(std::stoll(std::string(text.substr(0, length))));
    text.remove_prefix(length);
  }
}

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

std::string stem(const std::string& name) {
  return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
}

}  // namespace

int64_t Array::element_count() const {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

double element_as(DType type, const Array& array, int64_t i) {
  // Types below 8 bits lie in the low bits of a byte each.
  int64_t width = std::max(bits_of(array.type) / 8, 1);
  Scalar value = load_element(type, array.bytes.data() + i * width, 0);
  if (is_float(type)) return value.f;
  return type == DType::U64 ? static_cast<double>(static_cast<uint64_t>(value.i))
                            : static_cast<double>(value.i);
}

double element(const Array& array, int64_t i) { return element_as(array.type, array, i); }

DType numpy_type(DType type) {
  switch (type) {
    case DType::BF16: return DType::U16;
    case DType::F8E4M3FN:
    case DType::F8E4M3FNUZ:
    case DType::F8E5M2:
    case DType::F8E5M2FNUZ:
    case DType::F4E2M1:
    case DType::U4:
    case DType::U2: return DType::U8;
    case DType::I4:
    case DType::I2: return DType::I8;
    default: return type;
  }
}

Array parse_npy(std::span<const uint8_t> bytes, const std::string& file) {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0)
    fault(file, "this is no .npy file", "give a file that numpy.save wrote");
  bool wide = bytes[6] >= 2;
  size_t start = wide ? 12 : 10;
  if (bytes.size() < start) fault(file, "the .npy header is cut off");
  size_t length = bytes[8] | static_cast<size_t>(bytes[9]) << 8;
  if (wide) length |= static_cast<size_t>(bytes[10]) << 16 | static_cast<size_t>(bytes[11]) << 24;
  if (length > bytes.size() - start) fault(file, "the .npy header is cut off");
  std::string_view header(reinterpret_cast<const char*>(bytes.data()) + start, length);
  std::span<const uint8_t> data = bytes.subspan(start + length);

  Array array;
  std::string_view descr = header_value(header, "descr", file);
  const DescrRow* row = nullptr;
  for (const DescrRow& candidate : kDescrs)
    if (descr.substr(1).starts_with(candidate.descr)) row = &candidate;
  if (!row)
    fault(file,
          "the array's type " + std::string(descr.substr(0, descr.find(','))) + " is not supported",
          "use a little-endian bool, integer or float array");
  array.type = row->type;
  if (header_value(header, "fortran_order", file).starts_with("True"))
    fault(file, "the array is in Fortran order", "save numpy.ascontiguousarray(array)");
  array.shape = parse_shape(header_value(header, "shape", file), file);
  int64_t count = 1;
  for (int64_t extent : array.shape)
    if (__builtin_mul_overflow(count, extent, &count) || count > (int64_t{1} << 46))
      fault(file, "the array is too large");
  if (static_cast<int64_t>(data.size()) != bytes_of(array.type, count))
    fault(file, "the array has " + std::to_string(data.size()) + " bytes, and its shape needs " +
                    std::to_string(bytes_of(array.type, count)));
  array.bytes.assign(data.begin(), data.end());
  return array;
}

std::vector<uint8_t> format_npy(const Array& array) {
  const char* descr = nullptr;
  for (const DescrRow& row : kDescrs)
    if (row.type == numpy_type(array.type)) descr = row.descr;
  TENON_CHECK(descr, "an array of " + std::string(name_of(array.type)) + " in a .npy file");
  std::string header = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : array.shape) header += std::to_string(extent) + ", ";
  if (array.shape.size() > 1) header.resize(header.size() - 2);
  header += "), }";
  header.append((64 - (header.size() + 11) % 64) % 64, ' ');
  header += '\n';
  std::vector<uint8_t> bytes(kMagic, kMagic + kMagicBytes);
  bytes.insert(bytes.end(), {1, 0, static_cast<uint8_t>(header.size() & 255),
                             static_cast<uint8_t>(header.size() >> 8)});
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), array.bytes.begin(), array.bytes.end());
  return bytes;
}

std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    fault(path, "the file cannot be read: " + std::string(std::strerror(errno)),
          "check the name and the permissions");
  std::vector<uint8_t> bytes(static_cast<size_t>(file.tellg()));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    fault(path, "the file cannot be read to its end");
  return bytes;
}

Array read_npy(const std::string& path) { return parse_npy(read_file(path), path); }

std::map<std::string, Array> read_npz(const std::string& path) {
  int error = 0;
  std::unique_ptr<zip_t, CloseZip> archive(zip_open(path.c_str(), ZIP_RDONLY, &error));
  if (!archive) fault(path, "this is no readable .npz file", "give a file that numpy.savez wrote");
  std::map<std::string, Array> arrays;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    zip_file_t* entry = nullptr;
    if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &stat) == 0)
      entry = zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0);
    if (!entry) fault(path, "an entry of the .npz file cannot be read");
    std::vector<uint8_t> bytes(stat.size);
    zip_int64_t count = zip_fread(entry, bytes.data(), stat.size);
    zip_fclose(entry);
    if (count != static_cast<zip_int64_t>(stat.size))
      fault(path, std::string("the entry ") + stat.name + " cannot be read to its end");
    arrays[stem(stat.name)] = parse_npy(bytes, path + "/" + stat.name);
  }
  return arrays;
}

void write_npz(const std::string& path, const std::map<std::string, Array>& arrays) {
  int error = 0;
  std::unique_ptr<zip_t, CloseZip> archive(
      zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (!archive) fault(path, "the file cannot be written", "check the folder and the permissions");
  std::vector<std::vector<uint8_t>> contents;
  contents.reserve(arrays.size());
  for (const auto& [name, array] : arrays) {
    contents.push_back(format_npy(array));
    zip_source_t* source =
        zip_source_buffer(archive.get(), contents.back().data(), contents.back().size(), 0);
    zip_int64_t index =
        source ? zip_file_add(archive.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8)
               : -1;
    if (index < 0) fault(path, "the file cannot be written");
    zip_set_file_compression(archive.get(), static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    // 1980-01-01: no time stamps
    zip_file_set_dostime(archive.get(), static_cast<zip_uint64_t>(index), 0, 0x21, 0);
  }
  if (zip_close(archive.release()) != 0)
    fault(path, "the file cannot be written: " + std::string(std::strerror(errno)));
}

}  // namespace tenon::driver
