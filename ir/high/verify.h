// What holds of every graph, at every point of the pipeline.
#pragma once

#include "ir/high/graph.h"

namespace tenon::high {

/// Throws InternalError, naming the node, unless:
/// - names of values are words, each there once; each value is defined once (input, constant or
///   result), before its uses;
/// - attributes fit the operator's schema, and types are what `infer` gives for the inputs;
/// - extents and attributes use declared symbols only; layouts fit their ranks;
/// - constants stand in order, with as many bytes as their type says or the name of an initializer;
/// - nodes of a group stand together.
void verify(const Graph& graph);

}  // namespace tenon::high
