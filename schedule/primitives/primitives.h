// All schedule primitives; each is defined in the file of its name.
#pragma once

#include "schedule/primitive.h"

namespace tenon::schedule {

extern const Primitive attach, bind, cache_read, cache_write, compute_at, fuse, inline_stage, pack,
    parallel, peel, prefetch, reorder, rfactor, specialize, split, store_at, unroll, vectorize;

}  // namespace tenon::schedule
