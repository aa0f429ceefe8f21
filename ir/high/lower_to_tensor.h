// From operators to stages: each group of a graph becomes one tensor function.
//
//   group @fc1_relu { %fc1 = matmul %x, %w ...  %y = relu %fc1 ... }
//     ->   func @fc1_relu(x: f32[128, 768], const w: f32[768, 3072])
//              -> (y: f32[128, 3072]) anchor(fc1: gemm) {
//            fc1[m:128, n:3072] = sum[k:768](x[m, k] * w[k, n])
//            y[i0:128, i1:3072] = max(fc1[i0, i1], 0.0)
//          }
#pragma once

#include "ir/high/graph.h"
#include "ir/tensor/text.h"

namespace tenon::high {

/// Nodes that become one function: a group, or one node that is in none.
struct Unit {
  std::string name;                // of the function; unique
  std::vector<const Node*> nodes;  // in order
  std::vector<ValueId> results;    // what others use
  bool constant = false;  // all that it reads is known while compiling, and so is what it gives
};

/// The units of a graph in order, without those whose results nobody uses.
std::vector<Unit> units_of(const Graph& graph);
/// For each value, whether its elements are known while compiling: constants, and results of
/// constant units.
std::vector<bool> known_values(const Graph& graph, const std::vector<Unit>& units);

/// The function of one unit. Parameters are the values that its stages read, named as in the graph,
/// and flagged `const` where they are known; results are those that others use.
tensor::Function lower_to_tensor(const Graph& graph, const Unit& unit,
                                 const std::vector<bool>& known);

/// All units whose results are read, one function each, in order; a function has its unit's name.
/// Needs: a verified graph.   Leaves: functions that read each value by its name in the graph.
tensor::Program lower_to_tensor(const Graph& graph);

}  // namespace tenon::high
