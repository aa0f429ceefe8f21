// pool_files.h: the thread pool that --pool writes beside a bundle.
#pragma once

#include <string>

#include "codegen/bundle/bitcode.h"
#include "codegen/bundle/main_object.h"

namespace tenon::codegen {

/// The text of tenon_pool.h.
std::string pool_header();

/// The bytes of the one member of libtenon_pool.a, tenon_pool.o, for a bundle at this place.
std::string pool_object(const ModulePlace& place, const EmitObject& emit);

}  // namespace tenon::codegen
