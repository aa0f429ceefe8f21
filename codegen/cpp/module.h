// A loop module becomes C++ kernels and the C functions that the runtime calls.
//
//   main { buffer h: f32[batch, 64] in arena   call @fc1(x, w1, h)   call @fc2(h, w2, y) }
//   ->   kernels/fc1.cpp, kernels/fc2.cpp
//        tn_model_entry, tn_model_sizes
//        tn_model_run_group(env, group, begin, end)   { case 0: mlp_fc1(io->x, ...); ... }
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/cpp/kernel.h"

namespace tenon::codegen::cpp {

/// What the loop module does not say: where things lie in the bundle, and which node is which.
struct ModuleOptions {
  std::string prefix;  // of the symbols
  // symbols in the order of tnr_env.dims; all others are fixed
  std::vector<std::string> dims;
  std::vector<std::string> io_members;  // of N_io: inputs, then outputs
  // of each constant that main uses, from the first weight
  std::map<std::string, uint64_t> weight_offsets;
  std::function<int32_t(const Location&)> node_number = [](const Location&) { return 0; };
};

struct Kernel {
  std::string function;  // of the loop module
  std::string symbol;    // mlp_fc1
  std::string file;      // kernels/fc1.cpp
  std::string text;      // of the file
  KernelText code;
};

/// A call of main: one group of the run.
struct Group {
  size_t kernel = 0;  // number in ModuleText::kernels
  Location location;
};

struct ModuleText {
  std::vector<Kernel> kernels;  // those that main calls, in the order of the loop module
  std::vector<Group> groups;
  std::string declarations;  // <name>_kernels.h
  std::string functions;     // tn_model_entry, tn_model_sizes, tn_model_run_group
  uint32_t size_count = 0;
  uint64_t buffer_bytes_most = 0;   // of the arena's buffers at the upper bounds of all symbols
  uint64_t scratch_bytes_most = 0;  // of one body, likewise
};

/// Needs: functions as print_kernel needs them, and plan_memory.   Fails where a kernel does, or where main holds more
/// than declarations and calls.
Result<ModuleText> print_module(const loop::Module& module, const target::Target& target,
                                const ModuleOptions& options);

}  // namespace tenon::codegen::cpp
