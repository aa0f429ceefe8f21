// Elements of constants in memory: row-major bytes to a buffer's layout.
#pragma once

#include <optional>
#include <span>

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// The product of extents that are all literals and not negative; none where one is not, or where
/// it leaves i64.
std::optional<int64_t> literal_count(std::span<const Expr> extents);

/// Bytes of a buffer of literal extents in memory, padding included.
int64_t physical_bytes(const Buffer& buffer);

/// Copies row-major elements to where the buffer's layout puts them; padding becomes zero.
/// `physical` has physical_bytes(). Types of less than a byte must be row-major.
void pack_elements(const Buffer& buffer, std::span<const uint8_t> row_major,
                   std::span<uint8_t> physical);

}  // namespace tenon::loop
