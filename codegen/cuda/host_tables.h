// Launch plans and compiled images to the tables of a bundle's host part.
//
//   launch {"mlp_fc1", grid (48, batch // 64, 1), arguments (Input x, Weights 9216, Size batch)}
//   ->   tnc_launch {kernel 0, programs of the grid, ...}, three tnc_argument, a few words of code
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "codegen/bundle/cuda_tables.h"
#include "codegen/cuda/launch_plan.h"
#include "support/result.h"

namespace tenon::codegen {

/// A cubin, or PTX text, and the kernels that it holds.
struct HostImage {
  std::string name;  // of its file in a source tree, without the suffix: "mlp_fc1"
  std::string bytes;
  std::vector<std::string> kernels;
};

/// What runs on one architecture.
struct HostVariant {
  std::string architecture;   // "sm_80", "sm_90a" or "compute_80"
  uint32_t least_driver = 0;  // for cubins: as cuDriverGetVersion counts; PTX says its own
  std::vector<HostImage> images;
  const LaunchPlan* plan = nullptr;
};

/// What a host part is asked to compute for any model, of the symbols in the interface's order.
struct HostExpressions {
  std::vector<std::string> symbols;
  std::vector<Expr> tensor_bytes;  // of inputs, then outputs
  std::vector<Expr> requirements;  // bools
  size_t input_count = 0;
  /// An arena's bytes with every symbol at its upper bound.
  std::function<int64_t(Expr)> most;
};

/// Fails where a launch has more arguments, or an expression is deeper, than the runtime takes.
Result<CudaTables> make_host_tables(const std::vector<HostVariant>& variants,
                                    const HostExpressions& expressions);

/// The least driver for PTX text, by its `.version`: 9.0 -> 13000.
uint32_t least_driver_of_ptx(const std::string& text);

}  // namespace tenon::codegen
