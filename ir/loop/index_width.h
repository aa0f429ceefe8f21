// How wide the indices of a function must be: what narrow processors compute them in.
//
//   for i in 64 { y[i // 7] = x[i] }   ->   32: no index leaves -2^29..2^29
//   y[index(ids[i])] = 0.0             ->   64: what a tensor holds is known to be an i64 only
#pragma once

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// 32 where every index expression of the function, parts included, is proved to lie within
/// -2^29..2^29, so that sums and differences of two of them stay in i32 as well; else 64.
/// `symbols` gives the ranges of what no loop declares.
int index_bits(const Stmt& body, const Ranges& symbols);

}  // namespace tenon::loop
