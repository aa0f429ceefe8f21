// Kernels, their images for each architecture, and the tables of the host part.
#include "driver/cuda_build.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <algorithm>

#include "codegen/bundle/cuda_header.h"
#include "codegen/bundle/link_cuda.h"
#include "codegen/cuda/host_tables.h"
#include "codegen/cuda/nvrtc.h"
#include "codegen/cuda/read_variants.h"
#include "codegen/llvm/pipeline.h"
#include "ir/expr/text.h"
#include "support/parallel.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

[[noreturn]] void refuse(const loop::Module& module, const std::string& reason) {
  user_error({module.model_file, "", 0, 0}, reason,
             "give the function another schedule with --schedule=FILE");
}

codegen::HostExpressions host_expressions(const BuiltModel& built) {
  const loop::Module& module = built.module();
  codegen::HostExpressions expressions;
  for (const codegen::InterfaceDim& dim : built.interface.dims)
    expressions.symbols.push_back(dim.name);
  for (const std::vector<loop::Buffer>* list : {&module.inputs, &module.outputs})
    for (const loop::Buffer& buffer : *list) {
      Expr bits = module.pool->index(bits_of(buffer.type));
      for (Expr extent : buffer.extents) bits = bits * extent;
      expressions.tensor_bytes.push_back(floor_div(bits + 7, 8));
    }
  expressions.requirements = module.checks;
  expressions.input_count = module.inputs.size();
  expressions.most = [&](Expr bytes) { return module.at_upper_bounds(bytes); };
  return expressions;
}

// An ELF file's head for an architecture: all that the emulated driver looks at.
std::string empty_cubin(int capability) {
  std::string bytes("\177ELF\2\1\1\x41\x8", 9);
  bytes.resize(64);
  bytes[18] = static_cast<char>(190);  // EM_CUDA
  bytes[49] = static_cast<char>(capability);
  return bytes;
}

std::vector<codegen::HostVariant> emulated_variants(const codegen::CudaModule& code) {
  codegen::HostVariant variant{"sm_" + std::to_string(kEmulatedCapability), 0, {}, &code.plan};
  codegen::HostImage image{"kernels", empty_cubin(kEmulatedCapability), {}};
  for (const codegen::PrintedKernel& kernel : code.kernels) image.kernels.push_back(kernel.name);
  variant.images.push_back(std::move(image));
  return {variant};
}

// "13.5" -> 13000: a driver runs machine code from every toolkit of its major version (NVIDIA, "CUDA
// Compatibility", minor version compatibility). PTX has to be no newer than the driver itself.
uint32_t driver_of(const std::string& version) {
  return 1000 * static_cast<uint32_t>(std::stoul(version));
}

// An NVRTC that is older than an architecture does not know it.
void require_architectures(const codegen::Nvrtc& nvrtc,
                           const std::vector<target::GpuArchitecture>& architectures) {
  const std::vector<std::string> known = nvrtc.architectures();
  std::vector<std::string> missing, others;
  for (const target::GpuArchitecture& architecture : architectures) {
    const std::string cubin = "sm_" + std::to_string(architecture.compute_capability);
    const bool is_known = std::find(known.begin(), known.end(), cubin) != known.end();
    (is_known ? others : missing).push_back(architecture.name);
  }
  if (missing.empty()) return;
  user_error({},
             "NVRTC " + nvrtc.version() + " (" + nvrtc.path() + ") does not compile for " +
                 join(missing, ", ") + "; it knows " + join(known, ", "),
             (others.empty() ? "" : "compile without: --gpu-arch " + join(others, ",") + "; or ") +
                 std::string("give the path of a newer libnvrtc.so in TENON_NVRTC"));
}

std::vector<codegen::HostVariant> compiled_variants(
    const codegen::CudaModule& code, const std::vector<target::GpuArchitecture>& architectures,
    const loop::Module& module, std::string& compiler) {
  Result<codegen::Nvrtc> nvrtc = codegen::Nvrtc::open();
  if (!nvrtc)
    user_error({module.model_file, "", 0, 0}, "no compiler for kernels: " + nvrtc.reason(), "");
  compiler = "NVRTC " + nvrtc->version();
  require_architectures(*nvrtc, architectures);
  std::vector<codegen::CudaUnit> units;
  for (const target::GpuArchitecture& architecture : architectures)
    for (const codegen::PrintedKernel& kernel : code.kernels)
      units.push_back({kernel.name, kernel.text, architecture.name});
  Result<std::vector<std::string>> images =
      codegen::compile_units(*nvrtc, units, processor_count());
  if (!images) refuse(module, images.reason());
  std::vector<codegen::HostVariant> variants;
  size_t next = 0;
  for (const target::GpuArchitecture& architecture : architectures) {
    codegen::HostVariant variant{
        architecture.name, architecture.is_ptx ? 0 : driver_of(nvrtc->version()), {}, &code.plan};
    for (const codegen::PrintedKernel& kernel : code.kernels)
      variant.images.push_back({kernel.name, std::move((*images)[next++]), {kernel.name}});
    variants.push_back(std::move(variant));
  }
  return variants;
}

}  // namespace

CudaCode build_cuda(BuiltModel& built, const std::vector<target::GpuArchitecture>& architectures,
                    CudaImages images, const target::Target& host, const Progress& progress) {
  CudaCode cuda;
  built.interface.triple = host.triple;
  built.interface.cpu_features = 0;
  const loop::Module& module = built.module();

  progress("generating kernels");
  codegen::CudaOptions options;
  options.prefix = built.interface.name;
  for (const WeightsPlan::Place& place : built.weights.places)
    options.weight_offsets[place.constant->buffer.name] = static_cast<uint64_t>(place.offset);
  options.node_number = node_numbers(built);
  Result<codegen::CudaModule> code = codegen::emit_cuda(module, architectures, options);
  if (!code) refuse(module, code.reason());
  cuda.code = std::move(*code);

  progress("compiling kernels");
  const std::vector<codegen::HostVariant> variants =
      images == CudaImages::kEmulated
          ? emulated_variants(cuda.code)
          : compiled_variants(cuda.code, architectures, module, cuda.compiler);
  Result<codegen::CudaTables> tables = codegen::make_host_tables(variants, host_expressions(built));
  if (!tables) refuse(module, tables.reason());
  cuda.tables = std::move(*tables);
  built.interface.buffer_bytes_most = cuda.tables.buffer_bytes_most;
  return cuda;
}

codegen::GpuFacts gpu_facts(const BuiltModel& built, const CudaCode& cuda) {
  Result<std::vector<codegen::VariantFacts>> variants = codegen::read_variants(cuda.tables);
  if (!variants)
    user_error({built.interface.model_file, "", 0, 0},
               cuda.compiler + " gave code that cannot be read: " + variants.reason(),
               "give the path of another libnvrtc.so in TENON_NVRTC");
  return {codegen::cuda_interface_abi(built.interface, cuda.tables),
          codegen::cuda_arena_bytes_most(cuda.tables), cuda.compiler, std::move(*variants)};
}

std::string host_object(const BuiltModel& built, const CudaCode& cuda, const target::Target& host) {
  const codegen::BundleInterface& interface = built.interface;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = codegen::link_cuda(context, interface, cuda.tables);
  std::string bytes = codegen::emit_object(*module, host, codegen::Scheduling::Reorder).bytes;
  if (interface.weights_embedded && interface.weights_bytes != 0)
    codegen::fill_weights({bytes.data(), bytes.size()}, interface,
                          weights_source(built.weights, *built.constants));
  return bytes;
}

}  // namespace tenon::driver
