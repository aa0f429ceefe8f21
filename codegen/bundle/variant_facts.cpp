// variant_facts.cpp: facts of variants as JSON, versions of drivers as text.
//   12040           ->   "12.4"
//   kernel_table    ->   kernel      threads  registers  shared B  spilled B  most on
//                        kws_o_Gemm       32         70      1088          0  sm_80
#include "codegen/bundle/variant_facts.h"

#include <fmt/format.h>

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

// The same kernel in another variant.
struct Row {
  KernelFacts most;
  std::string architecture;
};

std::vector<Row> rows_of(const GpuFacts& gpu) {
  std::vector<Row> rows;
  for (const VariantFacts& variant : gpu.variants) {
    for (const KernelFacts& kernel : variant.kernels) {
      if (variant.is_ptx) break;
      auto known = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& row) { return row.most.name == kernel.name; });
      if (known == rows.end())
        rows.push_back({kernel, variant.architecture});
      else if (std::pair(known->most.spill_bytes, known->most.registers) <
               std::pair(kernel.spill_bytes, kernel.registers))
        *known = {kernel, variant.architecture};
    }
  }
  return rows;
}

}  // namespace

std::string kernel_table(const GpuFacts& gpu) {
  const std::vector<Row> rows = rows_of(gpu);
  if (rows.empty()) return "";
  size_t width = 6;
  for (const Row& row : rows) width = std::max(width, row.most.name.size());
  const auto line = [&](auto name, auto threads, auto registers, auto shared, auto spilled,
                        const std::string& where) {
    return fmt::format("{:<{}}  {:>7}  {:>9}  {:>8}  {:>9}  {}\n", name, width, threads, registers,
                       shared, spilled, where);
  };
  std::string table = line("kernel", "threads", "registers", "shared B", "spilled B", "most on");
  for (const auto& [most, architecture] : rows)
    table += line(most.name, most.threads, most.registers, most.shared_bytes, most.spill_bytes,
                  architecture);
  return table;
}

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
