// Arrays in files: NumPy's .npy and .npz.
//
//   read_npz("in.npz")   ->   {"image": f32[1, 3, 224, 224], ...}
//
// Types that NumPy lacks travel as unsigned integers of their width (bf16 as uint16, fp8 as uint8),
// 4- and 2-bit types as one byte per element; the model's type decides what they mean. So an array
// that a file gave may be u16 where the model, and an array that the model gave, is bf16.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "support/dtype.h"

namespace tenon::driver {

/// Elements in row-major order, little endian.
struct Array {
  DType type = DType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
  int64_t element_count() const;
};

/// Element `i`, read as one of `type`, which has the width of the array's own: what a .npz file
/// calls u16 may be bf16.
double element_as(DType type, const Array& array, int64_t i);
/// The same in the array's own type.
double element(const Array& array, int64_t i);

/// Reads one array; a fault of the file throws UserErrors that name it.
Array parse_npy(std::span<const uint8_t> bytes, const std::string& file_name);
Array read_npy(const std::string& path);
std::vector<uint8_t> format_npy(const Array& array);

/// Arrays by name, in the order of the file for reading and of the map for writing; deterministic
/// bytes.
std::map<std::string, Array> read_npz(const std::string& path);
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays);

/// The type in which an array of `type` travels in NumPy's files.
DType numpy_type(DType type);

/// The whole file; throws UserErrors when it cannot be read.
std::vector<uint8_t> read_file(const std::string& path);

}  // namespace tenon::driver
