// The comment above a kernel: which nodes it is of, what it computes, from what, and how its loops
// were made.
//
//   // fc1.cpp: nodes /fc1/Gemm, /act/Relu of mlp.onnx
//   //   y[m:128, n:64] = max(acc[m, n] + b[n], 0.0)
//   //
//   // y: f32[128, 64]
//   // schedule (x86-64-v3):
//   //   split acc.n by 16 exact -> no, ni
#pragma once

#include <string>
#include <vector>

#include "codegen/program/main_program.h"

namespace tenon::codegen::source {

/// "nodes /fc1/Gemm, /act/Relu of mlp.onnx": of all calls, since equal groups share a kernel; the
/// function's name where no call names a node.
std::string nodes_of(const loop::Module& module, const MainProgram& program,
                     const loop::Function& function);

/// The comment; `names` are what the kernel calls the function's parameters.
std::string about_kernel(const std::string& title, const loop::Function& function,
                         const std::vector<std::string>& names, const std::string& target);

}  // namespace tenon::codegen::source
