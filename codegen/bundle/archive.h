// archive.h: lib<name>.a.
#pragma once

#include <string>
#include <vector>

#include <llvm/Support/MemoryBufferRef.h>

#include "support/result.h"

namespace tenon::codegen {

struct ArchiveMember {
  std::string name;  // "mlp.o"
  llvm::MemoryBufferRef bytes;
};

/// Writes a static library in GNU format with its symbol index: members in the order given, without
/// times, owners or modes, so that the same members give the same bytes. Fails where the file
/// cannot be written, with the system's reason.
Status write_archive(const std::string& path, const std::vector<ArchiveMember>& members);

}  // namespace tenon::codegen
