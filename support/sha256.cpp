// SHA-256 through LLVM's support library, which Tenon links anyway.
#include "support/sha256.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>

namespace tenon {

std::string sha256_hex(std::span<const uint8_t> bytes) {
  auto digest = llvm::SHA256::hash(llvm::ArrayRef<uint8_t>(bytes.data(), bytes.size()));
  return llvm::toHex(digest, /*LowerCase=*/true);
}

}  // namespace tenon
