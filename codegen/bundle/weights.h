// weights.h: a bundle's weights, as a file of their own or as an object of the archive. Both are
// streamed: the weights never lie in memory as a whole.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "codegen/bundle/interface.h"

namespace llvm {
class raw_ostream;
}

namespace tenon::codegen {

/// Hands the weights, in execution order and in pieces of any size, to the function that it is
/// given.
using WeightsSource = std::function<void(const std::function<void(std::span<const uint8_t>)>&)>;

/// The hash of a weights layout: of a text that lists each weight's name, shape, transforms and
/// offset. Weights files of one layout may stand for each other.
std::array<uint64_t, 2> weights_layout_hash(const std::string& layout_text);

/// <name>_weights.bin: tnr_weights_header, the weights, 64 zero bytes.
void write_weights_file(llvm::raw_ostream& out, const BundleInterface& interface,
                        const WeightsSource& weights);

/// An ELF object whose only symbol is <name>_weights, hidden, in .rodata, aligned to 64 and
/// followed by 64 zero bytes.
void write_weights_object(llvm::raw_ostream& out, const BundleInterface& interface,
                          const WeightsSource& weights);

}  // namespace tenon::codegen
