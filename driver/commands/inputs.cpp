// What run, bench and verify share: inputs from files, dimensions from inputs, progress, compiling
// for this process.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "codegen/bundle/identifiers.h"
#include "driver/commands/commands.h"
#include "driver/host_compiler.h"
#include "driver/source_build.h"
#include "support/text.h"

namespace tenon::driver {
namespace {

Array from_tensor(frontend::TensorFile tensor) {
  return {tensor.type, std::move(tensor.shape), std::move(tensor.bytes)};
}

// True for "224", false for "batch".
bool is_literal(const std::string& dim) {
  return !dim.empty() && dim.find_first_not_of("0123456789") == std::string::npos;
}

// input_0.pb, input_1.pb, ... of an ONNX test-data folder; unnamed tensors take the names of the
// model's inputs in order.
void read_data_folder(const std::string& folder, const frontend::DeclaredInterface& declared,
                      std::map<std::string, Array>& arrays) {
  if (!declared.is_supported) return;
  for (size_t i = 0; i < declared.inputs.size(); ++i) {
    std::string path = folder + "/input_" + std::to_string(i) + ".pb";
    if (!std::filesystem::exists(path)) {
      if (i == 0)
        user_error({folder, "", 0, 0}, "the folder holds no input_0.pb",
                   "give a folder of ONNX test data with --data");
      return;
    }
    frontend::TensorFile tensor = frontend::read_tensor_file(path);
    std::string name = tensor.name.empty() ? declared.inputs[i].name : tensor.name;
    arrays[name] = from_tensor(std::move(tensor));
  }
}

std::string session_name(const ModelOptions& options) {
  return options.name.empty()
             ? codegen::default_prefix(std::filesystem::path(options.model).stem().string())
             : options.name;
}

Session compile_for_cuda(frontend::Imported imported, const ModelOptions& options,
                         const std::string& backend, const Progress& progress) {
  if (!options.target.empty() && options.target != target::cuda_target().name)
    user_error({}, "--backend=" + backend + " is not for the target " + options.target,
               "leave --target away");
  if (backend == "cuda") require_cuda_driver();
  Session session{target::cuda_target(), {}, {}, 0};
  Diagnostics diagnostics;
  BuildRequest request;
  request.name = session_name(options);
  session.model =
      describe_model(lower_graph(std::move(imported), options, session.target, progress),
                     session.target, request, diagnostics, progress);
  session.cuda = build_cuda(session.model, target::default_gpu_architectures(),
                            backend == "cuda" ? CudaImages::kCompiled : CudaImages::kEmulated,
                            target::find_target("x86-64-v2").value(), progress);
  progress("");
  print_warnings(diagnostics);
  return session;
}

}  // namespace

Progress terminal_progress(bool quiet) {
  bool terminal = isatty(STDERR_FILENO) && !quiet;
  return [terminal](const std::string& step) {
    if (terminal) std::fprintf(stderr, "\r\033[K%s", step.c_str());
    if (terminal) std::fflush(stderr);
  };
}

void print_warnings(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.all())
    if (diagnostic.severity == Severity::Warning) std::fputs(to_string(diagnostic).c_str(), stderr);
}

GivenInputs read_inputs(const RunOptions& options) {
  GivenInputs given;
  if (!options.inputs_file.empty()) given.arrays = read_npz(options.inputs_file);
  for (const auto& [name, file] : options.input_files) given.arrays[name] = read_npy(file);
  if (!options.data_folder.empty())
    read_data_folder(options.data_folder, frontend::declared_interface(options.model.model),
                     given.arrays);
  given.random = given.arrays.empty();
  return given;
}

void check_sizes(const ModelOptions& options, const frontend::DeclaredInterface& declared) {
  Diagnostics diagnostics;
  std::vector<std::string> known;
  for (const frontend::DeclaredTensor& tensor : declared.inputs)
    for (const std::string& dim : tensor.shape)
      if (!is_literal(dim) && std::find(known.begin(), known.end(), dim) == known.end())
        known.push_back(dim);
  for (const auto& [name, size] : options.at) {
    std::string text = "--at " + name + "=" + std::to_string(size);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string near = nearest_name(name, known);
      diagnostics.error({}, text + ": no input has a dimension " + tenon::quoted(name))
          .help(!near.empty()   ? "did you mean " + near + "?"
                : known.empty() ? "all dimensions of the inputs are fixed"
                                : "its dimensions are " + join(known, ", "));
    } else if (auto bounds = options.dims.find(name);
               bounds != options.dims.end() &&
               (size < bounds->second.least || size > bounds->second.most)) {
      diagnostics
          .error({}, text + " is outside of " + std::to_string(bounds->second.least) + ".." +
                         std::to_string(bounds->second.most))
          .help("give a size within the bounds");
    }
  }
  diagnostics.checkpoint();
}

ModelOptions fix_dimensions(const RunOptions& options, const GivenInputs& inputs) {
  ModelOptions model = options.model;
  frontend::DeclaredInterface declared = frontend::declared_interface(model.model);
  check_sizes(model, declared);
  for (const frontend::DeclaredTensor& tensor : declared.inputs) {
    auto array = inputs.arrays.find(tensor.name);
    for (size_t d = 0; d < tensor.shape.size(); ++d) {
      const std::string& dim = tensor.shape[d];
      if (is_literal(dim) || model.dims.count(dim) || model.shapes.count(tensor.name)) continue;
      if (array != inputs.arrays.end() && d < array->second.shape.size()) {
        int64_t value = array->second.shape[d];
        model.dims[dim] = {value, value};
      } else if (inputs.random) {
        auto at = model.at.find(dim);
        int64_t value = at == model.at.end() ? 1 : at->second;
        model.dims[dim] = {value, value};
      }
    }
  }
  return model;
}

loop::SymbolValues chosen_dimensions(const loop::Module& module,
                                     const std::map<std::string, int64_t>& at) {
  loop::SymbolValues dims;
  for (const loop::Symbol& symbol : module.symbols) {
    auto chosen = at.find(symbol.name);
    dims[symbol.name] = chosen == at.end() ? symbol.max : chosen->second;
  }
  return dims;
}

bool is_cuda(const RunOptions& options) {
  return options.backend == "cuda" || options.backend == "cuda-emulator";
}

std::unique_ptr<CudaRunner> make_cuda_runner(const RunOptions& options, const Session& session) {
  return std::make_unique<CudaRunner>(session.model, *session.cuda,
                                      options.backend == "cuda" ? CudaDevice::kReal
                                      : options.check_kernels   ? CudaDevice::kChecked
                                                                : CudaDevice::kEmulated);
}

Session compile_for_call(const RunOptions& options, const GivenInputs& inputs,
                         const Progress& progress) {
  auto start = std::chrono::steady_clock::now();
  ModelOptions model = fix_dimensions(options, inputs);
  if (!is_cuda(options)) {
    // A wrong name, or a target of another kind of machine, is said before the model is read.
    const target::Target target = resolve_target(model, "native");
    if (target.architecture != target::Architecture::x86_64 && options.backend != "interpreter")
      user_error(
          {}, "this machine does not run code for " + target.name,
          "`tenon compile` writes a library for it; --backend=interpreter runs its loops here");
  }
  Diagnostics diagnostics;
  frontend::Imported imported = import_for(model, diagnostics, progress);
  Session session = is_cuda(options)
                        ? compile_for_cuda(std::move(imported), model, options.backend, progress)
                        : compile_graph_for_call(std::move(imported), model, progress);
  session.compile_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  print_warnings(diagnostics);
  return session;
}

Session compile_graph_for_call(frontend::Imported imported, const ModelOptions& options,
                               const Progress& progress) {
  Session session{resolve_target(options, "native"), {}, {}, 0};
  Diagnostics diagnostics;
  BuildRequest request;
  request.name = session_name(options);
  LoweredModel lowered = lower_graph(std::move(imported), options, session.target, progress);
  if (options.in_source) {
    HostCompiler compiler = HostCompiler::find();
    SourceModel source =
        build_source(std::move(lowered), session.target, request, diagnostics, progress);
    progress("building with " + compiler.name());
    session.objects = host_objects(compiler, source);
    session.model = std::move(source.built);
  } else {
    session.model = build_model(std::move(lowered), session.target, request, diagnostics, progress);
    session.objects = session.model.take_objects();
  }
  progress("");
  print_warnings(diagnostics);
  return session;
}

}  // namespace tenon::driver
