// header.h: the text files of a bundle that a program includes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

/// The C header <name>.h: C99 to C17 and C++11 to C++20 without a warning. Its N_ABI is header_abi
/// of itself.
std::string write_header(const BundleInterface& interface);

/// The C++17 wrapper <name>.hpp: spans, typed status; no allocation and no exception.
std::string write_cpp_header(const BundleInterface& interface);

/// N_ABI of the header of this interface, which the object's tables hold too.
uint32_t interface_abi(const BundleInterface& interface);

/// N_ABI of a header's text: the first four bytes, read as a big-endian number, of the SHA-256 of
/// the text without comments, without the line that defines <PREFIX>_ABI, with each run of white
/// space as one blank.
uint32_t header_abi(const std::string& header_text, const std::string& prefix);

/// "float", "uint8_t", ...: the C type of an element in memory; packed types are bytes.
std::string c_type(DType dtype);

/// What a pointer to such elements must be aligned to: their size, 1 for packed types.
uint32_t element_alignment(DType dtype);

/// "f32[batch,6]"
std::string type_text(const InterfaceTensor& tensor);

/// Where the members of N_io lie, for pointers of this many bytes.
struct IoLayout {
  std::vector<uint32_t> dims;     // offset of each
  std::vector<uint32_t> tensors;  // offset of each pointer
  uint32_t bytes = 0;
};
IoLayout io_layout(const BundleInterface& interface, uint32_t pointer_bytes);

/// N_SELFTEST_BYTES, where the interface has a self-test: exactly what it needs.
uint64_t selftest_bytes(const BundleInterface& interface);

}  // namespace tenon::codegen
