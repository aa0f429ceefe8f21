// pool_files.h: the thread pool that --pool writes beside a bundle.
#pragma once

#include <string>

#include "codegen/bundle/archive.h"

namespace tenon::codegen {

/// The text of tenon_pool.h.
std::string pool_header();

/// The one member of libtenon_pool.a. It was compiled for x86-64 Linux when Tenon was built; no
/// other target is in this version.
ArchiveMember pool_member();

}  // namespace tenon::codegen
