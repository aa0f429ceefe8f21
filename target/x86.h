// The x86-64 rows of the target table, and what only they need.
//
//   x86_targets()  ->  x86-64-v2, x86-64-v3, x86-64-v4, haswell, ..., znver5
#pragma once

#include <vector>

#include "target/target.h"

namespace tenon::target {

/// The rows, in the order of `tenon targets`.
const std::vector<Target>& x86_targets();

/// The row of the highest x86-64 level whose features are all in `features`, or null below
/// x86-64-v2.
const Target* x86_level(FeatureSet features);

/// What a row cannot be without: the features of the x86-64 level with its vector width.
FeatureSet x86_level_features(int vector_bits);

}  // namespace tenon::target
