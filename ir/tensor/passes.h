// The passes over tensor functions, and the lowering to loops.
#pragma once

#include "ir/tensor/nodes.h"

namespace tenon::tensor {

/// Puts the value of an elementwise stage into the stages that read it, where that repeats no work
/// worth keeping: a single reader that asks for each element at most once, or a value that is only
/// subscripts, literals and conversions.
///   t[i:8] = x[i] + 1.0   y[i:8] = max(t[i], 0.0)    ->    y[i:8] = max(x[i] + 1.0, 0.0)
/// Needs: nothing.   Leaves: results, reductions and the anchor are never inlined; locals that are not read are gone.
Function inline_elementwise(const Function& function, ExprPool& pool);

/// Joins adjacent axes that always occur together, in stages and in the shapes of the tensors,
/// whose memory stays as it is.
///   y[b:2, s:48, n:64] = x[b, s, n] + bias[n]    ->    y[b:96, n:64] = x[b, n] + bias[n]
/// Needs: nothing.   Leaves: parameters and results with fewer dimensions, of the same bytes.
Function collapse_axes(const Function& function, ExprPool& pool);

/// Makes the obvious loop nest of each stage, in order, with stable names and no decisions: loops
/// `stage.axis`, spatial axes outermost, then reduce axes, then the leaf; a scan is one serial loop
/// around the nests of its block. An axis whose tensor has a blocked layout gets two loops, `c.o`
/// and `c.i`, so that no division by the block size remains. Where a layout pads, a nest that
/// zeroes the padding follows the stage. Locals become Alloc'd buffers in scope arena.
/// Needs: nothing.   Leaves: a loop function whose leaves are stages, with their requirements until flatten_stages.
loop::Function lower_to_loop(const Function& function, ExprPool& pool);

}  // namespace tenon::tensor
