// From a model file to the parts of a bundle.
#include "driver/build.h"

#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Module.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include "codegen/bundle/header.h"
#include "codegen/bundle/identifiers.h"
#include "codegen/bundle/link_runtime.h"
#include "driver/c_text.h"
#include "driver/npz.h"
#include "driver/version.h"
#include "ir/expr/text.h"
#include "ir/loop/interpreter.h"
#include "ir/loop/text.h"
#include "support/parallel.h"

namespace tenon::driver {
namespace {

codegen::InterfaceTensor describe(const loop::Module& module, const loop::Buffer& buffer,
                                  codegen::TensorRole role) {
  codegen::InterfaceTensor tensor;
  tensor.name = module.onnx_names.at(buffer.name);
  tensor.role = role;
  tensor.dtype = buffer.type;
  Ranges ranges = module.symbol_ranges();
  for (Expr extent : buffer.extents) {
    Interval bounds = bounds_of(extent, ranges);
    tensor.shape.push_back({to_string(extent), "", bounds.min, bounds.max});
  }
  return tensor;
}

codegen::BundleInterface make_interface(const loop::Module& module, const target::Target& target,
                                        const BuildRequest& request) {
  codegen::BundleInterface interface;
  interface.name = request.name;
  interface.model_file = module.model_file;
  interface.model_sha256 = module.model_sha256;
  interface.version = version().tenon;
  interface.triple = target.triple;
  interface.target = target.name;
  interface.pointer_bytes = static_cast<uint32_t>(target.index_bits / 8);
  interface.options = request.options;
  for (const loop::Symbol& symbol : module.symbols)
    interface.dims.push_back({symbol.name, "", symbol.min, symbol.max});
  for (const loop::Buffer& input : module.inputs)
    interface.tensors.push_back(describe(module, input, codegen::TensorRole::kInput));
  for (const loop::Buffer& output : module.outputs)
    interface.tensors.push_back(describe(module, output, codegen::TensorRole::kOutput));
  for (Expr check : module.checks)
    interface.requirements.push_back(to_string(check) + " does not hold");
  interface.cpu_features = target.features.bits();
  interface.weights_embedded = !request.weights_in_file;
  interface.default_visibility = request.default_visibility;
  interface.selftest = request.selftest;
  return interface;
}

// The extents of tensors over the identifiers of dimensions, for the C++ wrapper.
void write_extents_in_c(const loop::Module& module, codegen::BundleInterface& interface) {
  std::map<std::string, std::string> identifiers;
  for (const codegen::InterfaceDim& dim : interface.dims) identifiers[dim.name] = dim.identifier;
  size_t index = 0;
  for (const std::vector<loop::Buffer>* list : {&module.inputs, &module.outputs})
    for (const loop::Buffer& buffer : *list) {
      codegen::InterfaceTensor& tensor = interface.tensors[index++];
      for (size_t d = 0; d < buffer.extents.size(); ++d)
        tensor.shape[d].code = c_text(buffer.extents[d], identifiers);
    }
}

// Numbers of the nodes that give outputs, behind those of other nodes.
void number_golden_nodes(codegen::SelfTest& selftest, std::vector<codegen::InterfaceNode>& nodes) {
  std::map<std::string, int32_t> numbers;
  for (codegen::GoldenTensor& tensor : selftest.tensors) {
    if (tensor.node_name.empty()) continue;  // an input
    auto [entry, is_new] = numbers.emplace(tensor.node_name, static_cast<int32_t>(nodes.size()));
    if (is_new) nodes.push_back({entry->second, tensor.node_name});
    tensor.node = entry->second;
  }
}

// Numbers of nodes for statuses: each location that a `require` names, in order of the functions.
std::map<Location, int32_t> number_nodes(const loop::Module& module,
                                         codegen::BundleInterface& interface) {
  std::map<Location, int32_t> numbers;
  for (const loop::Function& function : module.functions)
    loop::for_each_stmt(function.body, [&](const loop::Stmt& stmt) {
      const loop::Require* require = stmt.as<loop::Require>();
      if (!require || numbers.count(require->location)) return;
      int32_t number = static_cast<int32_t>(numbers.size());
      numbers[require->location] = number;
      interface.nodes.push_back({number, require->location.empty() ? "" : require->location[0]});
    });
  if (interface.selftest) number_golden_nodes(*interface.selftest, interface.nodes);
  return numbers;
}

// The arena of the self-test's run, by this module's own plan: the golden vectors may come from the
// model compiled for another target.
void size_selftest(const loop::Module& module, codegen::BundleInterface& interface) {
  codegen::SelfTest& selftest = *interface.selftest;
  loop::SymbolValues dims;
  for (size_t i = 0; i < interface.dims.size(); ++i)
    dims[interface.dims[i].name] = selftest.dims[i];
  selftest.buffer_bytes = static_cast<uint64_t>(loop::evaluate_index(module.arena_bytes, dims));
  selftest.scratch_bytes = interface.scratch_bytes_most;
}

// A 32-bit processor addresses half of its 4 GiB at most, beside the caller's own memory.
void check_address_space(const loop::Module& module, const codegen::BundleInterface& interface) {
  if (interface.pointer_bytes != 4) return;
  const codegen::ArenaBytes arena = codegen::arena_bytes_most(interface);
  const auto check = [&](const char* what, uint64_t bytes) {
    if (bytes > INT32_MAX)
      user_error(
          {module.model_file, "", 0, 0},
          interface.target + " cannot address " + what + " of " + std::to_string(bytes) + " bytes",
          "bound dimensions more tightly with --dim, or choose a 64-bit target");
  };
  check("an arena", arena.fixed + arena.scratch);
  check("weights", interface.weights_bytes);
}

// The bundle's code in one module, the runtime included.
std::string whole_text(const BuiltModel& built) {
  std::unique_ptr<llvm::Module> whole = llvm::CloneModule(*built.code.main);
  codegen::link_runtime(*whole, built.interface, codegen::WeightsSymbol::kPlaceholder);
  for (const codegen::CompiledKernel& kernel : built.code.kernels) {
    llvm::SMDiagnostic fault;
    std::unique_ptr<llvm::Module> part =
        llvm::parseAssemblyString(kernel.text, fault, whole->getContext());
    TENON_CHECK(part, kernel.symbol + ": " + fault.getMessage().str());
    TENON_CHECK(!llvm::Linker::linkModules(*whole, std::move(part)), kernel.symbol);
  }
  return codegen::to_text(*whole);
}

}  // namespace

frontend::Imported import_for(const ModelOptions& options, Diagnostics& diagnostics,
                              const Progress& progress) {
  progress("reading " + options.model);
  frontend::ImportOptions import;
  import.dims = options.dims;
  import.shapes = options.shapes;
  import.name = options.name;
  frontend::Imported imported = frontend::import_model(options.model, import, diagnostics);
  diagnostics.checkpoint();
  return imported;
}

LoweredModel lower_graph(frontend::Imported imported, const ModelOptions& options,
                         const target::Target& target, const Progress& progress) {
  LoweredModel lowered;
  lowered.file = imported.file;
  lowered.program.graph = std::move(imported.graph);
  PassContext context{&target, {}, !options.no_schedule, options.in_source};
  if (!options.schedule_file.empty()) {
    std::vector<uint8_t> text = read_file(options.schedule_file);
    context.scripts = schedule::parse_scripts(
        {reinterpret_cast<const char*>(text.data()), text.size()}, options.schedule_file);
  }
  Instruments instruments;
  instruments.dump_folder = options.dump_folder;
  instruments.verify_each = options.verify_each;
  if (options.time_passes) instruments.report_time = print_time;
  instruments.after_pass = [&](const Pass& pass, const Program& program) {
    if (options.in_source && pass.name == "reuse_inputs")
      lowered.kernels = loop::to_string(program.module);
    if (program.level != Level::Loop || pass.level == Level::Loop) return;
    for (const loop::Function& function : program.module.functions)
      lowered.computation += loop::to_string(function);
  };
  progress(options.time_passes ? "" : "optimising");  // times are lines of their own
  run_pipeline(lowered.program, context, instruments);
  return lowered;
}

LoweredModel lower_model(const ModelOptions& options, const target::Target& target,
                         Diagnostics& diagnostics, const Progress& progress) {
  return lower_graph(import_for(options, diagnostics, progress), options, target, progress);
}

BuiltModel describe_model(LoweredModel lowered, const target::Target& target,
                          const BuildRequest& request, Diagnostics& diagnostics,
                          const Progress& progress) {
  BuiltModel built;
  built.target = target;
  built.lowered = std::move(lowered);
  const loop::Module& module = built.module();
  built.weights = plan_weights(module);
  if (!request.weights_in_file) check_embedded_weights(built.weights, module.model_file);
  progress("computing constants");
  built.constants = std::make_unique<ConstantValues>(module, built.lowered.file);
  built.interface = make_interface(module, target, request);
  codegen::name_identifiers(built.interface, request.renames, diagnostics);
  write_extents_in_c(module, built.interface);
  diagnostics.checkpoint();
  built.nodes = number_nodes(module, built.interface);
  built.interface.weights_bytes = static_cast<uint64_t>(built.weights.bytes);
  built.interface.weights_layout =
      codegen::weights_layout_hash(built.weights.layout_text + built.lowered.computation);
  return built;
}

std::function<int32_t(const Location&)> node_numbers(const BuiltModel& built) {
  return [nodes = built.nodes](const Location& location) {
    auto found = nodes.find(location);
    return found == nodes.end() ? 0 : found->second;
  };
}

void set_sizes(BuiltModel& built, size_t groups, uint32_t sizes, uint64_t buffer_bytes,
               uint64_t scratch_bytes) {
  built.interface.group_count = static_cast<uint32_t>(groups);
  built.interface.size_count = sizes;
  built.interface.buffer_bytes_most = buffer_bytes;
  built.interface.scratch_bytes_most = scratch_bytes;
  if (built.interface.selftest) size_selftest(built.module(), built.interface);
}

BuiltModel build_model(LoweredModel lowered, const target::Target& target,
                       const BuildRequest& request, Diagnostics& diagnostics,
                       const Progress& progress) {
  BuiltModel built = describe_model(std::move(lowered), target, request, diagnostics, progress);
  const loop::Module& module = built.module();
  progress("generating code");
  codegen::ModuleOptions options;
  options.prefix = request.name;
  for (const codegen::InterfaceDim& dim : built.interface.dims) options.dims.push_back(dim.name);
  options.io_offsets = codegen::io_layout(built.interface, built.interface.pointer_bytes).tensors;
  for (const WeightsPlan::Place& place : built.weights.places)
    options.weight_offsets[place.constant->buffer.name] = static_cast<uint64_t>(place.offset);
  options.node_number = node_numbers(built);
  if (request.debug_info) options.debug_file = module.model_file;
  options.threads = processor_count();
  Result<codegen::ModuleCode> code = codegen::emit_module(module, target, options);
  if (!code)
    user_error({module.model_file, "", 0, 0}, code.reason(),
               "give the function another schedule with --schedule=FILE");
  set_sizes(built, code->groups.size(), code->size_count, code->buffer_bytes_most,
            code->scratch_bytes_most);
  check_address_space(module, built.interface);
  built.code = std::move(*code);
  if (request.keep_text) {
    // The header's hash, which the runtime's tables hold, covers the stack that is needed.
    built.measure_stack();
    built.whole_text = whole_text(built);
  }
  if (request.keep_assembly) {
    options.kind = codegen::FileKind::Assembly;
    Result<codegen::ModuleCode> assembly = codegen::emit_module(module, target, options);
    if (assembly)
      for (const codegen::CompiledKernel& kernel : assembly->kernels)
        built.assembly += kernel.object.bytes;
  }
  return built;
}

const loop::Function& BuiltModel::function_of(const codegen::Group& group) const {
  const codegen::CompiledKernel& kernel = code.kernels[group.kernel];
  const loop::Function* function = module().find_function(kernel.function);
  TENON_CHECK(function, "no function for kernel " + kernel.symbol);
  return *function;
}

codegen::EmitObject BuiltModel::emitter() const {
  return [processor = target](llvm::Module& main, llvm::raw_pwrite_stream& out) {
    out << codegen::emit_object(main, processor, codegen::Scheduling::Reorder).bytes;
  };
}

void BuiltModel::measure_stack() {
  std::vector<llvm::MemoryBufferRef> kernel_objects;
  for (const codegen::CompiledKernel& kernel : code.kernels)
    kernel_objects.emplace_back(kernel.object.bytes, kernel.symbol);
  Status status = codegen::measure_stack(*code.main, interface, kernel_objects, emitter());
  if (!status)
    user_error({module().model_file, "", 0, 0}, status.reason(),
               "give large functions another schedule with --schedule=FILE");
}

std::vector<std::string> BuiltModel::take_objects() {
  measure_stack();
  llvm::SmallVector<char, 0> object = codegen::make_main_object(
      std::move(code.main), interface, weights_source(weights, *constants), emitter());
  std::vector<std::string> all = {std::string(object.begin(), object.end())};
  for (const codegen::CompiledKernel& kernel : code.kernels) all.push_back(kernel.object.bytes);
  return all;
}

}  // namespace tenon::driver
