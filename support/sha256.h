// SHA-256 of bytes, as hexadecimal text: model files, weights and outputs are known by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tenon {

/// 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256_hex(std::span<const uint8_t> bytes);

}  // namespace tenon
