// From a graph to a whole program: kernels, constants, and the order of calls.
//
//   func @fc1(x, const w) -> (t)   func @act(t) -> (y)
//     ->   func @fc1(...) { loops }   func @act(...) { loops }
//          main { buffer t: f32[128, 3072] in arena   call @fc1(x, w, t)   call @act(t, y) }
#pragma once

#include "ir/high/lower_to_tensor.h"

namespace tenon::high {

/// The module of a graph whose functions, after tensor passes, are those of `program`.
/// - Functions that are equal up to names, locations and the contents of constants share one
///   kernel, named after the first; its location lists all nodes, and each call keeps its own.
/// - Functions of constants are called in `setup`; what they write are constants of the module.
/// - A reshape is no call: its result lies over its operand, where memory is row-major and neither
///   is fixed elsewhere. Nor are cuts and concatenations of whole pieces of memory: a cut lies in
///   its operand, and the operands of a concatenation in its result, so that whoever computes them
///   writes them there.
/// - An output that is an input, a constant, or another output as well, is a copy.
/// Needs: lower_to_tensor, any tensor passes.   Leaves: loop functions whose leaves are stages.
loop::Module lower_to_module(const Graph& graph, const tensor::Program& program);

}  // namespace tenon::high
