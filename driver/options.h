// What the command lines ask for, as plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/compare.h"
#include "frontend/import.h"
#include "target/target.h"

namespace tenon::driver {

/// What is compiled, and for what: shared by compile, run, bench and verify.
struct ModelOptions {
  std::string model;
  std::string name;    // --name; "" for the file's stem
  std::string target;  // --target; "" for the command's default
  std::string triple, cpu, features;
  std::map<std::string, frontend::DimRange> dims;      // --dim
  std::map<std::string, std::vector<int64_t>> shapes;  // --shape
  std::map<std::string, int64_t> at;                   // --at
  std::string schedule_file;                           // --schedule
  std::string dump_folder;                             // --dump
  bool verify_each = false;
  bool time_passes = false;
  bool no_schedule = false;  // keep naive loops
  bool in_source = false;    // --emit=cpp, --backend=cpp
};

struct CompileOptions {
  ModelOptions model;
  std::string output_folder;
  std::string depfile;            // --depfile; "" for none
  std::vector<std::string> emit;  // "lib", "obj", "llvm-ir", "asm", "cpp", "cuda"
  std::string host_target;        // --host-target, of the host part for CUDA; "" for x86-64-v2
  std::vector<std::string> gpu_architectures;  // --gpu-arch; empty: the default ones
  bool weights_in_file = false;
  bool selftest = false;
  bool pool = false;
  bool force = false;
  bool default_visibility = false;
  bool debug_info = false;
  std::map<std::string, std::string> renames;
  bool json = false;
};

struct RunOptions {
  ModelOptions model;
  std::string inputs_file;                         // --inputs F.npz
  std::map<std::string, std::string> input_files;  // --input NAME=F.npy
  std::string data_folder;                         // --data
  std::string outputs_file, output_folder;
  int threads = 1;
  std::string backend = "llvm";
  bool check_kernels = false;  // --check-kernels, for cuda-emulator
  uint64_t seed = 0;
};

struct BenchOptions {
  RunOptions run;
  double seconds = 2;
  bool json = false;
  bool profile = false;
};

struct VerifyOptions {
  RunOptions run;
  std::string reference_file;
  Tolerance tolerance;
  bool per_node = false;
};

/// The target that the options name; throws UserErrors with the nearest names. `otherwise` is the
/// command's default.
target::Target resolve_target(const ModelOptions& options, const std::string& otherwise);

/// "seq=48" -> 48..48, "seq=1..512" -> 1..512; throws UserErrors.
std::pair<std::string, frontend::DimRange> parse_dim(const std::string& text);
/// "image=1,3,224,224".
std::pair<std::string, std::vector<int64_t>> parse_shape(const std::string& text);
/// "NAME=VALUE".
std::pair<std::string, std::string> parse_pair(const std::string& text, const std::string& option);

}  // namespace tenon::driver
