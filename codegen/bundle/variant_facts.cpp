// variant_facts.cpp: facts of variants as JSON, versions of drivers as text.
//   12040   ->   "12.4"
#include "codegen/bundle/variant_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tenon::codegen {
namespace {

using Json = nlohmann::ordered_json;

Json kernel_of(const KernelFacts& kernel, bool is_ptx) {
  Json text = {{"name", kernel.name}, {"threads", kernel.threads}};
  if (is_ptx) return text;
  text["registers"] = kernel.registers;
  text["shared_bytes"] = kernel.shared_bytes;
  text["spill_bytes"] = kernel.spill_bytes;
  return text;
}

}  // namespace

std::string driver_text(uint32_t version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

uint32_t least_driver(const std::vector<VariantFacts>& variants) {
  uint32_t least = ~uint32_t{0};
  for (const VariantFacts& variant : variants) least = std::min(least, variant.least_driver);
  return variants.empty() ? 0 : least;
}

Json gpu_json(const GpuFacts& gpu) {
  Json variants = Json::array();
  for (const VariantFacts& variant : gpu.variants) {
    Json kernels = Json::array();
    for (const KernelFacts& kernel : variant.kernels)
      kernels.push_back(kernel_of(kernel, variant.is_ptx));
    variants.push_back({{"architecture", variant.architecture},
                        {"kind", variant.is_ptx ? "ptx" : "cubin"},
                        {"least_driver", driver_text(variant.least_driver)},
                        {"image_bytes", variant.image_bytes},
                        {"launches", variant.launch_count},
                        {"kernels", kernels}});
  }
  return {{"compiler", gpu.compiler},
          {"least_driver", driver_text(least_driver(gpu.variants))},
          {"variants", variants}};
}

}  // namespace tenon::codegen
