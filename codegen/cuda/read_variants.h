// What the images of a bundle for CUDA say of themselves.
//
//   tables with sm_80/mlp_fc1.cubin   ->   {"sm_80", ..., {{"mlp_fc1", 256, 40 registers, ...}}}
#pragma once

#include <vector>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/bundle/variant_facts.h"
#include "support/result.h"

namespace tenon::codegen {

/// The variants in the order of the tables. Fails where an image is no cubin, or lacks a kernel.
Result<std::vector<VariantFacts>> read_variants(const CudaTables& tables);

}  // namespace tenon::codegen
