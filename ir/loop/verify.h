// What is legal at the loop level. A fault is a bug of ours (a pass, a primitive, a builder) or of
// a hand-written text; each says what is wrong and in which statement:
//
//   subscript 1 of x is 8 at the least, outside 0..7
//     in: y[i] = x[i, 8]
#pragma once

#include <string>
#include <vector>

#include "ir/loop/nodes.h"

namespace tenon::loop {

struct VerifyOptions {
  bool require_proofs = false;  // a subscript that is not proved to lie inside is a fault too
};

/// Faults of one function, none when it is legal; `symbols` holds every symbol that it may use.
/// - Names are words, unique where both are known; variables and buffers are known where they are
///   used; types agree.
/// - Before flatten_stages (while there are leaves) loop variables are unique in the function; a
///   leaf binds each axis of its stage, and starts a reduction before it continues it.
/// - Vectorized and unrolled loops have literal extents; at most one parallel loop, outermost.
/// - Parameters `in` and `const` are not written, `out` ones are.
/// - Subscripts have the buffer's rank and none lies outside for all values of its variables.
/// - After flatten_stages, register buffers have literal extents, and subscripts of variables of
///   unrolled and vectorized loops only.
/// - Grid loops are outermost and right inside one another; thread loops are phases of a block's
///   program, of at most 1024 threads; register buffers around them are those of one thread.
/// - No call.
std::vector<std::string> verify(const Function& function, const Ranges& symbols,
                                const VerifyOptions& options = {});

/// The faults of loops bound to a GPU alone.
std::vector<std::string> faults_of_bound_loops(const Function& function);

/// Faults of the module and of all its functions.
/// - Names are unique; extents use declared symbols only; constants have as many bytes as their
///   type says.
/// - Calls give each parameter a buffer of the same type and number of bytes, written before it is
///   read; what is written is
///   no input and no constant (in setup: a computed constant), and no other argument of the call.
/// - All outputs and computed constants are written.
std::vector<std::string> verify(const Module& module, const VerifyOptions& options = {});

}  // namespace tenon::loop
