// stack_bytes.h: how much stack a bundle's run needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <llvm/Support/MemoryBufferRef.h>

#include "support/result.h"

namespace tenon::codegen {

/// The most that any run may need: no bundle has N_STACK_BYTES above it.
inline constexpr uint64_t kMostStackBytes = 16384;

/// N_STACK_BYTES: the deepest chain of frames below <prefix>_run, its bodies included, and 512
/// bytes for memcpy and its kin. `objects` are all objects of the bundle that hold code, compiled
/// with TargetOptions::EmitStackSizeSection and FunctionSections, by which each call is a
/// relocation. Fails for recursion, a function without a known frame, and more than
/// kMostStackBytes.
Result<uint64_t> stack_bytes(const std::vector<llvm::MemoryBufferRef>& objects,
                             const std::string& prefix);

}  // namespace tenon::codegen
