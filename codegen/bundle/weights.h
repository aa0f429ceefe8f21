// weights.h: a bundle's weights, in a file of their own or inside the object. They are streamed
// into either and never pass through LLVM.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <llvm/ADT/ArrayRef.h>

#include "codegen/bundle/interface.h"
#include "support/result.h"

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

/// The section of an object made with WeightsSymbol::kPlaceholder (link_runtime.h) that the weights
/// belong into.
std::string weights_section(const BundleInterface& interface);

/// Fills the weights into such an ELF object, in memory or in a file.
void fill_weights(llvm::MutableArrayRef<char> object, const BundleInterface& interface,
                  const WeightsSource& weights);
Status fill_weights_of_file(const std::string& object_path, const BundleInterface& interface,
                            const WeightsSource& weights);

}  // namespace tenon::codegen
