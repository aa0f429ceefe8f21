// What is legal at the graph level; faults as ir/loop/verify.h describes them.
#pragma once

#include <string>
#include <vector>

#include "ir/high/graph.h"

namespace tenon::high {

/// Faults of a graph, none when it is legal.
/// - Names of values are words, each there once; each value is defined once (an input, a constant
///   or a result), before its uses.
/// - Attributes fit the operator's schema, and types are what `infer` gives for the inputs.
/// - Extents and attributes use declared symbols only; layouts fit their ranks.
/// - Constants stand in order, with as many bytes as their type says or the name of an initializer.
/// - Nodes of a group stand together.
std::vector<std::string> verify(const Graph& graph);

}  // namespace tenon::high
