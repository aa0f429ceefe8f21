// The ARM rows of the target table, and what only they need.
//
//   arm_targets()  ->  cortex-a53, cortex-a72, neoverse-n1 (AArch64), armv7-neon (ARMv7)
#pragma once

#include <vector>

#include "target/target.h"

namespace tenon::target {

/// The rows, in the order of `tenon targets`.
const std::vector<Target>& arm_targets();

/// What no ARM target can be without: nothing of AArch64, NEON and VFPv4 of ARMv7.
FeatureSet arm_base_features(Architecture architecture);

}  // namespace tenon::target
