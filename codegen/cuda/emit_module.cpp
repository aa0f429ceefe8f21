// Kernels' texts and the plan of their launches.
#include "codegen/cuda/emit_module.h"

#include <algorithm>

#include "codegen/bundle/identifiers.h"
#include "codegen/program/main_program.h"
#include "codegen/source/about.h"
#include "ir/expr/text.h"

namespace tenon::codegen {
namespace {

constexpr int64_t kMostBlocksX = 2147483647, kMostBlocksYZ = 65535;

class ModuleEmitter {
 public:
  ModuleEmitter(const loop::Module& module,
                const std::vector<target::GpuArchitecture>& architectures,
                const CudaOptions& options)
      : module_(module),
        architectures_(architectures),
        options_(options),
        ranges_(module.symbol_ranges()) {}

  Result<CudaModule> run() {
    Result<MainProgram> main = read_main(module_);
    if (!main) return main.error();
    main_ = std::move(*main);
    if (Status status = print_kernels(); !status) return status.error();
    result_.plan.pool = module_.pool;
    result_.plan.arena_bytes = module_.arena_bytes ? module_.arena_bytes : module_.pool->index(0);
    for (const ProgramCall& call : main_.calls)
      if (Status status = add_launch(*call.call, result_.kernels[call.kernel]); !status)
        return status.error();
    return std::move(result_);
  }

 private:
  Status print_kernels() {
    for (size_t number = 0; number < main_.kernels.size(); ++number) {
      const loop::Function& function = *main_.kernels[number].function;
      std::vector<const loop::Call*> calls;
      for (const ProgramCall& call : main_.calls)
        if (call.kernel == number) calls.push_back(call.call);
      PrintOptions options;
      options.symbol = options_.prefix + "_" + main_.kernels[number].word;
      options.node_number = options_.node_number;
      options.title = source::nodes_of(module_, main_, function);
      for (size_t i = 0; i < function.params.size(); ++i)
        options.alignments.push_back(alignment_of(calls, i));
      Result<PrintedKernel> kernel = print_kernel(function, ranges_, options);
      if (!kernel) return kernel.error();
      if (Status status = check_limits(*kernel, function); !status) return status.error();
      result_.kernels.push_back(std::move(*kernel));
    }
    return Done{};
  }

  // Of the addresses of a parameter in all calls: 16 bytes where each view begins at a multiple.
  int64_t alignment_of(const std::vector<const loop::Call*>& calls, size_t parameter) {
    int64_t alignment = 16;
    for (const loop::Call* call : calls) {
      loop::Place place = place_of(main_.views, call->arguments[parameter], *module_.pool);
      while (alignment > 1 &&
             !prove(eq(floor_mod(place.offset, alignment), module_.pool->index(0)), ranges_))
        alignment /= 2;
    }
    return alignment;
  }

  Status check_limits(const PrintedKernel& kernel, const loop::Function& function) {
    for (const target::GpuArchitecture& architecture : architectures_) {
      std::string what;
      if (kernel.shared_bytes > architecture.shared_bytes)
        what = std::to_string(kernel.shared_bytes) + " bytes of shared memory a block, and " +
               architecture.name + " has " + std::to_string(architecture.shared_bytes);
      if (kernel.threads > architecture.threads)
        what = std::to_string(kernel.threads) + " threads a block, and " + architecture.name +
               " has " + std::to_string(architecture.threads);
      if (!what.empty())
        return Failure{"the kernel " + kernel.name + " needs " + what +
                       "; a smaller tile in the schedule of @" + function.name + " fits"};
    }
    for (size_t i = 0; i < kernel.grid.size(); ++i) {
      int64_t most = i == 0 ? kMostBlocksX : kMostBlocksYZ;
      Interval bounds = bounds_of(kernel.grid[i], ranges_);
      if (bounds.max > most)
        return Failure{"the kernel " + kernel.name + " has up to " + std::to_string(bounds.max) +
                       " blocks along an axis of its grid that takes " + std::to_string(most) +
                       "; fuse the outer loops in the schedule of @" + function.name +
                       ", or bound the model's dimensions by --dim"};
    }
    return Done{};
  }

  Status add_launch(const loop::Call& call, const PrintedKernel& kernel) {
    ExprPool& pool = *module_.pool;
    Launch launch;
    launch.kernel = kernel.name;
    for (size_t i = 0; i < launch.grid.size(); ++i) launch.grid[i] = pool.import(kernel.grid[i]);
    launch.threads = kernel.threads;
    launch.shared_bytes = kernel.shared_bytes;
    launch.location = call.location;
    for (const std::string& name : call.arguments) {
      Result<LaunchArgument> argument = argument_of(name);
      if (!argument)
        return Failure{"the call of " + call.function + " uses " + name + ", " + argument.reason()};
      launch.arguments.push_back(std::move(*argument));
    }
    for (const std::string& symbol : kernel.sizes)
      launch.arguments.push_back({ArgumentKind::Size, symbol, pool.var(symbol), 0});
    if (kernel.has_requirements)
      launch.arguments.push_back({ArgumentKind::Status, "status", {}, 0});
    result_.plan.has_requirements = result_.plan.has_requirements || kernel.has_requirements;
    result_.plan.launches.push_back(std::move(launch));
    return Done{};
  }

  Result<LaunchArgument> argument_of(const std::string& name) {
    loop::Place place = place_of(main_.views, name, *module_.pool);
    LaunchArgument argument;
    argument.name = name;
    argument.offset = place.offset;
    auto find = [&](const std::vector<loop::Buffer>& list, ArgumentKind kind) {
      for (size_t i = 0; i < list.size(); ++i) {
        if (list[i].name != place.owner) continue;
        argument.kind = kind;
        argument.index = i;
        return true;
      }
      return false;
    };
    if (find(module_.inputs, ArgumentKind::Input) || find(module_.outputs, ArgumentKind::Output))
      return argument;
    if (auto slot = main_.slots.find(place.owner); slot != main_.slots.end()) {
      argument.kind = ArgumentKind::Arena;
      argument.offset = simplify(slot->second + place.offset, ranges_);
      return argument;
    }
    if (auto weight = options_.weight_offsets.find(place.owner);
        weight != options_.weight_offsets.end()) {
      argument.kind = ArgumentKind::Weights;
      Expr start = module_.pool->index(static_cast<int64_t>(weight->second));
      argument.offset = simplify(start + place.offset, ranges_);
      return argument;
    }
    return Failure{"which has no place in memory"};
  }

  const loop::Module& module_;
  const std::vector<target::GpuArchitecture>& architectures_;
  const CudaOptions& options_;
  Ranges ranges_;
  MainProgram main_;
  CudaModule result_;
};

}  // namespace

Result<CudaModule> emit_cuda(const loop::Module& module,
                             const std::vector<target::GpuArchitecture>& architectures,
                             const CudaOptions& options) {
  return ModuleEmitter(module, architectures, options).run();
}

}  // namespace tenon::codegen
