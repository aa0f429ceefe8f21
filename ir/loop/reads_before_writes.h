// Whether a kernel reads each element of an input before it writes the element of a result at the
// same place, so that both may be one memory.
//
//   for i in 8 { y[i] = x[i] + 1.0 }        yes
//   for i in 8 { y[i] = x[7 - i] }          no: y[0] is written before x[0] is read
//   for r in 4 { for i in 8 { m[0] = max(m[0], x[r, i]) }  for i in 8 { y[r, i] = x[r, i] - m[0] } }
//                                           yes: row by row
#pragma once

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// True when it is proved for the two parameters of `function`: both of one type and shape, dense
/// and row-major. Iterations of parallel, vectorized and bound loops count as running in any order.
/// `symbols` holds the ranges of symbols.
/// Needs: lower_layouts.
bool reads_before_writes(const Function& function, const Buffer& input, const Buffer& result,
                         const Ranges& symbols);

}  // namespace tenon::loop
