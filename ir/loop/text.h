// The text form of the loop level; docs/text_format.md specifies it. print(parse(text)) == text.
//
//   module mlp
//   const w: f32[4] = initializer "fc.weight"
//   input x: f32[4] "x"
//   output y: f32[4] "y"
//
//   func @scale(x: f32[4], const w: f32[4], out y: f32[4]) {
//     for y.i in 4 {
//       stage y[i:4] = x[i] * w[i] with i = y.i
//     }
//   }
//
//   main {
//     call @scale(x, w, y) loc("/fc/Mul")
//   }
#pragma once

#include <string>
#include <string_view>

#include "ir/loop/nodes.h"

namespace tenon::loop {

/// A module: every line of the form above.
std::string to_string(const Module& module);
std::string to_string(const Function& function);
/// One statement with those inside it, without a final newline.
std::string to_string(const Stmt& stmt);
/// The statement alone: of a loop or an if only the line that opens it. For messages.
std::string head_text(const Stmt& stmt);
/// `acc: f32[8, 48] in register`.
std::string to_string(const Buffer& buffer);

/// Reads a module and makes its pool. Faults throw UserErrors with line, column and caret.
Module parse_module(std::string_view text, const std::string& file_name);
/// Reads one function from a text that holds nothing else, into `pool`.
Function parse_function(std::string_view text, const std::string& file_name, ExprPool& pool);

}  // namespace tenon::loop
