// demo_interface.h: the outside of the demo model of tests/runtime, whose kernels are written by
// hand.
#pragma once

#include "codegen/bundle/interface.h"

namespace tenon::codegen {

/// As tests/runtime/demo_kernels.c and demo_model.c have it; weights embedded, no self-test.
BundleInterface demo_interface();

/// The weights of the demo: 8 floats, 0.5 1 1.5 ... 4.
std::vector<uint8_t> demo_weights();

}  // namespace tenon::codegen
