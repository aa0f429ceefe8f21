// Cubins are read with codegen/cuda/cubin.h; PTX has nothing to read but its size.
//   tnc_variant {TNC_CUBIN, 80, ...} and its images   ->   VariantFacts {"sm_80", ...}
#include "codegen/cuda/read_variants.h"

#include "codegen/cuda/cubin.h"

namespace tenon::codegen {
namespace {

std::string_view image_text(const CudaTables& tables, uint32_t image) {
  const tnc_image& place = tables.image_places[image];
  return {reinterpret_cast<const char*>(tables.images.data()) + place.offset, place.bytes};
}

Status read_kernels(const CudaTables& tables, const tnc_variant& variant, VariantFacts& facts) {
  std::vector<std::vector<CubinKernel>> found(variant.image_count);
  for (uint32_t i = 0; i < variant.image_count && !facts.is_ptx; ++i) {
    Result<std::vector<CubinKernel>> kernels =
        read_cubin(image_text(tables, variant.first_image + i));
    if (!kernels)
      return Failure{tables.image_names[variant.first_image + i] + ": " + kernels.reason()};
    found[i] = std::move(*kernels);
  }
  for (uint32_t i = 0; i < variant.kernel_count; ++i) {
    const tnc_kernel& row = tables.kernels[variant.first_kernel + i];
    KernelFacts kernel{tables.names.c_str() + row.name, row.threads};
    bool is_there = facts.is_ptx;
    for (const CubinKernel& each : found[row.image]) {
      if (each.name != kernel.name) continue;
      kernel.registers = each.registers;
      kernel.shared_bytes = each.shared_bytes;
      kernel.spill_bytes = each.stack_bytes;
      is_there = true;
    }
    if (!is_there)
      return Failure{tables.image_names[variant.first_image + row.image] +
                     " does not hold the kernel " + kernel.name};
    facts.kernels.push_back(std::move(kernel));
  }
  return Done{};
}

}  // namespace

Result<std::vector<VariantFacts>> read_variants(const CudaTables& tables) {
  std::vector<VariantFacts> variants;
  for (const tnc_variant& row : tables.variants) {
    VariantFacts facts;
    facts.is_ptx = row.kind == TNC_PTX;
    facts.architecture = (facts.is_ptx ? "compute_" : "sm_") + std::to_string(row.architecture) +
                         (row.kind == TNC_CUBIN_EXACT ? "a" : "");
    facts.least_driver = row.least_driver;
    facts.launch_count = row.launch_count;
    for (uint32_t i = 0; i < row.image_count; ++i)
      facts.image_bytes += tables.image_places[row.first_image + i].bytes;
    if (Status status = read_kernels(tables, row, facts); !status) return status.error();
    variants.push_back(std::move(facts));
  }
  return variants;
}

}  // namespace tenon::codegen
