// The text form of the tensor level; docs/text_format.md specifies it. print(parse(text)) == text.
//
//   symbol batch in 1..8
//
//   func @fc1_relu(x: f32[batch, 768], const w: f32[768, 3072], const b: f32[3072]) -> (y: f32[batch, 3072]) anchor(acc: gemm) {
//     acc[m:batch, n:3072] = sum[k:768](x[m, k] * w[k, n]) loc("/fc1/Gemm")
//     y[m:batch, n:3072] = max(acc[m, n] + b[n], 0.0) loc("/fc1/Gemm", "/act/Relu")
//   }
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor/nodes.h"
#include "support/text.h"

namespace tenon::tensor {

/// What a text of the tensor level holds.
struct Program {
  std::shared_ptr<ExprPool> pool;  // owns every expression below
  std::vector<loop::Symbol> symbols;
  std::vector<Function> functions;

  Ranges symbol_ranges() const;
};

std::string to_string(const Program& program);
/// A local stands as `local t: f32[8]` only where its stages do not say as much: it has pieces, or
/// is written in a scan.
std::string to_string(const Function& function);
/// `acc[m:128, n:3072] = sum[k:768](x[m, k] * w[k, n]) loc("/fc1/Gemm")`.
std::string to_string(const Stage& stage);

/// What a function computes, for a reader: its stages without the nodes' names, a line each,
/// `scan t in 8: h[t, n:64] = ...` for one that runs in steps.
std::vector<std::string> stage_lines(const Function& function);

/// Reads a program and makes its pool. Faults throw UserErrors with line, column and caret.
Program parse_program(std::string_view text, const std::string& file_name);
/// The same from where the lexer stands to the end, into `pool`.
Program parse_program(Lexer& lexer, std::shared_ptr<ExprPool> pool);
/// Reads one function from a text that holds nothing else, into `pool`.
Function parse_function(std::string_view text, const std::string& file_name, ExprPool& pool);

}  // namespace tenon::tensor
