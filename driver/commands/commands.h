// The commands of `tenon`; each returns the exit status. Faults of the user are thrown.
#pragma once

#include "driver/build.h"
#include "driver/cuda_runner.h"
#include "driver/npz.h"
#include "driver/options.h"
#include "driver/runner.h"

namespace tenon::driver {

int run_compile(const CompileOptions& options);
/// --target cuda, --emit=cuda.
int run_compile_cuda(const CompileOptions& options);
/// --emit=cpp.
int run_compile_source(const CompileOptions& options);
int run_run(const RunOptions& options);
int run_bench(const BenchOptions& options);
int run_verify(const VerifyOptions& options);
/// Builds and verifies a source tree.
int run_pack(const std::string& folder);
int run_targets(bool markdown);
int run_ops(bool markdown);

/// Prints steps on stderr when it is a terminal; on one line, rewritten.
Progress terminal_progress(bool quiet);
/// Prints the warnings collected.
void print_warnings(const Diagnostics& diagnostics);

/// Inputs as the options give them: files, a data folder, else seeded ones at --at and the upper
/// bounds.
struct GivenInputs {
  std::map<std::string, Array> arrays;
  bool random = false;
};
/// Reads input files. Needs no compiled model: what they say about dimensions is an input of
/// compiling.
GivenInputs read_inputs(const RunOptions& options);
/// Options with each dimension that the inputs fix set to their value; dimensions that nothing
/// bounds are set to 1.
ModelOptions fix_dimensions(const RunOptions& options, const GivenInputs& inputs);
/// Refuses --at for a dimension that the model does not have, or outside of its --dim.
void check_sizes(const ModelOptions& options, const frontend::DeclaredInterface& declared);
/// The values of the module's dimensions for random inputs.
loop::SymbolValues chosen_dimensions(const loop::Module& module,
                                     const std::map<std::string, int64_t>& at);

/// Compiles for calling in this process.
struct Session {
  target::Target target;
  BuiltModel model;
  std::vector<std::string> objects;  // main, then kernels; none where the model is for CUDA
  double compile_seconds = 0;
  std::optional<CudaCode> cuda = {};  // --backend=cuda, cuda-emulator
};
/// True for --backend=cuda and cuda-emulator.
bool is_cuda(const RunOptions& options);
/// What runs a session's model for CUDA.
std::unique_ptr<CudaRunner> make_cuda_runner(const RunOptions& options, const Session& session);
Session compile_for_call(const RunOptions& options, const GivenInputs& inputs,
                         const Progress& progress);
/// The same for a graph of the model, its dimensions fixed.
Session compile_graph_for_call(frontend::Imported imported, const ModelOptions& options,
                               const Progress& progress);

}  // namespace tenon::driver
