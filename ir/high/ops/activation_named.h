// The activation functions that recurrent layers take by name.
//
//   activations="Sigmoid,Tanh,Tanh"    ->    three functions of one value
#pragma once

#include "ir/high/graph.h"
#include "support/result.h"

namespace tenon::high {

struct NamedActivation {
  Expr (*function)(Expr x, double alpha, double beta) = nullptr;
  double alpha = 0, beta = 0;
  Expr apply(Expr x) const { return function(x, alpha, beta); }
};

/// The functions of the attributes activations, activation_alpha and activation_beta, `count` of
/// them: a list for one direction serves both. Fails on a name that is not known, or on a wrong
/// number of names.
Result<std::vector<NamedActivation>> named_activations(const Attributes& attributes, size_t count);

}  // namespace tenon::high
