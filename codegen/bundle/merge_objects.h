// merge_objects.h: many objects become one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <llvm/Support/MemoryBufferRef.h>

#include "support/result.h"

namespace tenon::codegen {

/// Links relocatable objects into one relocatable object (`ld -r`, by lld inside this process):
/// what one defines and another needs is resolved. Not for several threads at once. Fails where a
/// file cannot be read or written.
Status merge_objects(const std::vector<std::string>& object_paths, const std::string& output_path);

/// What an object contains.
struct ObjectFacts {
  uint64_t code_bytes = 0;                     // of executable sections
  std::vector<std::string> undefined_symbols;  // in order of name
};
ObjectFacts read_object_facts(llvm::MemoryBufferRef object);

}  // namespace tenon::codegen
